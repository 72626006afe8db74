"""Edits as JSON, for the journal: each operation to a small table and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.graph import operations as op
from studio.graph.document import Change
from studio.graph.fragment import network_from_json, network_to_json, node_from_json, node_to_json
from studio.graph.model import Arguments
from studio.graph.operations import MISSING, Operation
from studio.graph.values import Json
from studio.project.canonical import plain
from studio.words import Message

_CLASSES: dict[str, type[Any]] = {
    "add-node": op.AddNode,
    "remove-node": op.RemoveNode,
    "rename-node": op.RenameNode,
    "arguments": op.SetArguments,
    "attribute": op.SetAttribute,
    "add-network": op.AddNetwork,
    "remove-network": op.RemoveNetwork,
    "rename-network": op.RenameNetwork,
    "network": op.SetNetwork,
    "setting": op.SetSetting,
}
_NAMES = {class_: name for name, class_ in _CLASSES.items()}


def encode_change(change: Change) -> dict[str, Json]:
    return {"label": str(change.label), "ops": [encode(operation) for operation in change.operations]}


def decode_change(table: Mapping[str, Json]) -> Change:
    """Raises KeyError, TypeError, ValueError or NetloomError for what `encode_change` did not write."""
    label = Message("{label}", label=table["label"])
    return Change(label, tuple(decode(operation) for operation in table["ops"]))


def encode(operation: Operation) -> dict[str, Json]:
    """An operation as plain JSON; a value that is `MISSING` is left out."""
    table: dict[str, Json] = {"op": _NAMES[type(operation)]}
    for name in operation.__dataclass_fields__:
        value = getattr(operation, name)
        if value is not MISSING:
            table[name] = _encode_field(operation, name, value)
    return table


def _encode_field(operation: Operation, name: str, value: Json) -> Json:
    match operation, name:
        case ((op.AddNode() | op.RemoveNode()), "node"):
            return plain(node_to_json(value))
        case ((op.AddNetwork() | op.RemoveNetwork()), "network"):
            return plain(network_to_json(value))
        case op.SetArguments(), ("old" | "new"):
            return {"args": plain(list(value.args)), "kwargs": plain(dict(value.kwargs))}
        case _:
            return plain(value)


def decode(table: Mapping[str, Json]) -> Operation:
    """Raises KeyError, TypeError, ValueError or NetloomError for what `encode` did not write."""
    class_ = _CLASSES[table["op"]]
    fields = {name: _decode_field(class_, name, table) for name in class_.__dataclass_fields__}
    return class_(**fields)


def _decode_field(class_: type[Any], name: str, table: Mapping[str, Json]) -> Json:
    if name in ("old", "new") and name not in table:
        return MISSING
    value = table[name]
    match class_, name:
        case ((op.AddNode | op.RemoveNode), "node"):
            return node_from_json(value)
        case ((op.AddNetwork | op.RemoveNetwork), "network"):
            return network_from_json(value)
        case op.SetArguments, ("old" | "new"):
            return Arguments(tuple(value["args"]), value["kwargs"])
        case _, ("path" | "node_ranks") if isinstance(value, list):
            return tuple(value)
        case _:
            return value
