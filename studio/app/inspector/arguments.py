"""An argument of a node, wherever the document keeps it: in `params`, among the named or the nameless values.

Reading gives MISSING where nothing is written; writing the default takes what is written away.
"""

from __future__ import annotations

from typing import Literal

from studio.catalog import signatures, table
from studio.catalog.entry import Entry, Parameter
from studio.graph.edit import Edit
from studio.graph.model import Arguments, Node
from studio.graph.operations import MISSING
from studio.graph.values import Json, references

AUTO = "auto"


def parameters(node: Node, block_parameters: dict[str, Json] | None = None) -> tuple[Parameter, ...]:
    """What can be set of `node`. Of a block its own parameters, with the defaults it declares."""
    if node.block is not None:
        declared = block_parameters or {}
        return tuple(Parameter(name, _kind(default), default) for name, default in declared.items())
    return signatures.parameters(node.type)


def is_auto(node: Node, name: str) -> bool:
    """Whether the argument follows from the input, or from the data, when it is left out."""
    entry = table.entry(node.type)
    return entry is not None and (name in entry.auto or name == entry.auto_out)


def read(node: Node, name: str) -> Json:
    """What is written for the argument; MISSING where it is left to PyTorch or to `auto`."""
    if not _is_call(node):
        value = node.params.get(name, MISSING)
        return MISSING if value == AUTO else value
    if name in node.kwargs:
        return node.kwargs[name]
    place = signatures.positions(node.type).get(name)
    if place is None or place >= len(node.args) or node.args[place] is None:
        return MISSING
    return node.args[place]


def is_wired(value: Json) -> bool:
    """Whether a value holds wires, so that no editor may write over it."""
    return value is not MISSING and any(references(value))


def write(edit: Edit, network: str, node_id: str, parameter: Parameter, value: Json) -> None:
    """Sets an argument. MISSING, and a value equal to the default, leave it to PyTorch or to `auto`."""
    node = edit.document.node(network, node_id)
    if value is not MISSING and not parameter.required and equals_default(value, parameter):
        value = MISSING
    if not _is_call(node):
        edit.set_param(network, node_id, parameter.name, value)
        return
    edit.set_arguments(network, node_id, _with_literal(node, parameter, value))


def equals_default(value: Json, parameter: Parameter) -> bool:
    """Whether a value says the same as leaving it out: 1 and [1, 1] are one stride."""
    default = parameter.default
    if parameter.kind == "int_tuple" and parameter.length:
        return bool(_spread(value, parameter.length) == _spread(default, parameter.length))
    if isinstance(value, bool) != isinstance(default, bool):
        return False
    return bool(value == default)


def _with_literal(node: Node, parameter: Parameter, value: Json) -> Arguments:
    """The call with the literal where it stands already, else by name; by place where names are not taken."""
    place = signatures.positions(node.type).get(parameter.name)
    by_name = parameter.name in node.kwargs
    if place is None or by_name or not (place < len(node.args) or node.type.startswith("op.")):
        kwargs = {name: held for name, held in node.kwargs.items() if name != parameter.name}
        return Arguments(node.args, kwargs if value is MISSING else {**kwargs, parameter.name: value})
    args = list(node.args) + [None] * (place + 1 - len(node.args))
    if value is MISSING and place == len(args) - 1:
        return Arguments(tuple(args[:-1]), node.kwargs)
    args[place] = parameter.default if value is MISSING else value
    return Arguments(tuple(args), node.kwargs)


def _is_call(node: Node) -> bool:
    entry: Entry | None = table.entry(node.type)
    return entry is not None and entry.kind in {"function", "method"}


def _spread(value: Json, length: int) -> Json:
    return [value] * length if isinstance(value, int) else value


def _kind(default: Json) -> Literal["bool", "int", "float", "text", "any"]:
    if isinstance(default, bool):
        return "bool"
    if isinstance(default, int):
        return "int"
    if isinstance(default, float):
        return "float"
    return "text" if isinstance(default, str) else "any"
