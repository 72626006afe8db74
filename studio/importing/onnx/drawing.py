"""The network while it is drawn: nodes and their names, their weights, what each value has become."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from studio.catalog import table
from studio.graph import naming
from studio.graph.model import Node
from studio.graph.values import Json
from studio.importing.onnx.file import Graph, Operator
from studio.importing.onnx.values import Const, Dims, Filled, Lengths, Ref, Unsupported, Value
from studio.words import Message

Array = np.ndarray[Any, Any]


@dataclass(slots=True)
class Drawing:
    """Nodes in order, weights by the names they have in the module's state_dict."""

    graph: Graph
    nodes: dict[str, Node] = field(default_factory=dict)
    weights: dict[str, Array] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    users: dict[str, list[Operator]] = field(default_factory=dict)
    owners: dict[tuple[Any, ...], str] = field(default_factory=dict)
    """layers by their type, arguments and initialisers: what uses the same matrix is one layer

    Equal vectors are no sign: exporters keep one of all that hold the same numbers.
    """
    module: str = ""
    """the path of the module whose operator is being drawn"""
    homes: dict[str, str] = field(default_factory=dict)
    """the path of the module that each node stands in"""
    _taken: set[str] = field(default_factory=set)

    # -- names -----------------------------------------------------------------------------------

    def name(self, wanted: str, type_: str) -> str:
        """A free name: `wanted` where a node may have it, else one that the type suggests."""
        if wanted and naming.fault(wanted) is None and not self._clashes(wanted):
            chosen = wanted
        else:
            chosen = naming.fresh(naming.base_name(type_), self._taken)
        parts = chosen.split(".")
        self._taken.update(".".join(parts[:n]) for n in range(1, len(parts) + 1))
        return chosen

    def _clashes(self, name: str) -> bool:
        parts = name.split(".")
        return name in self._taken or any(".".join(parts[:n]) in self.nodes for n in range(1, len(parts)))

    # -- nodes -----------------------------------------------------------------------------------

    def add(
        self,
        type_: str,
        args: tuple[Json, ...],
        *,
        params: Mapping[str, Json] | None = None,
        kwargs: Mapping[str, Json] | None = None,
        weights: Mapping[str, Array] | None = None,
        sources: tuple[str, ...] = (),
        known: Dims | None = None,
    ) -> Ref:
        """A node with the weights of its layer. `sources` are the initialisers it was made of.

        `known` is the shape of what it gives.
        Raises Unsupported for a type that the catalogue lacks.
        """
        if type_ not in ("input", "output") and table.entry(type_) is None:
            raise Unsupported(Message("there is no {type} among the layers", type=type_))
        mark = (type_, repr(sorted((params or {}).items())), sources)
        shared = any(array.ndim > 1 for array in (weights or {}).values()) and any(sources)
        path = self.owners.get(mark) if shared else None
        wanted = _layer_name(sources) if path is None else ""
        if not wanted and table.is_module(type_) and naming.fault(self.module) is None:
            wanted = self.module
        id_ = self.name(wanted, type_)
        self._settle(id_, wanted, table.is_module(type_))
        said = {k: v for k, v in (params or {}).items() if not _follows(type_, k, v)}
        self.nodes[id_] = Node(id_, type_, said, args, dict(kwargs or {}), path=path)
        if path is None:
            self.owners[mark] = id_
            self.weights |= {f"{id_}.{name}": array for name, array in (weights or {}).items()}
        return Ref(id_, None, known)

    def _settle(self, id_: str, wanted: str, layer: bool) -> None:
        """Where a node stands: by its own name where that is a path, else where its operator does."""
        if id_ == wanted:
            self.homes[id_] = id_.rpartition(".")[0]
        else:
            self.homes[id_] = self.module.rpartition(".")[0] if layer else self.module

    def tensor(self, value: Value) -> Json:
        """A value as an argument: a reference, a number, or a node that holds the constant."""
        match value:
            case Ref():
                return value.json
            case Const() if value.array.ndim == 0 or (value.array.size == 1 and not value.name):
                return _number(value.array)
            case Const():
                return self.constant(value).json
            case Lengths():
                if value.scalar:
                    return value.items[0]
                raise Unsupported(Message("it computes with sizes in a way not known here"))
            case Filled():
                raise Unsupported(Message("it takes a constant whose size follows from the input"))

    def constant(self, value: Const) -> Ref:
        """A node that holds a constant: learned where it was an initialiser of floats, else fixed."""
        mark = ("constant", value.name or id(value.array), ())
        shape = value.array.shape
        if mark not in self.owners:
            learned = value.array.dtype.kind == "f" and bool(value.name)
            type_ = "param" if learned else "buffer"
            id_ = self.name(identifier(value.name), type_)
            self._settle(id_, identifier(value.name), False)
            params: dict[str, Json] = {"shape": list(shape)}
            if not learned:
                params["dtype"] = "bool" if value.array.dtype.kind == "b" else value.array.dtype.name
            self.nodes[id_] = Node(id_, type_, params)
            self.weights[id_] = value.array
            self.owners[mark] = id_
        return Ref(self.owners[mark], None, shape)


def _follows(type_: str, name: str, value: Json) -> bool:
    """Whether an argument follows from the input, so that it may be left out: then edits before it fit."""
    entry = table.entry(type_)
    return entry is not None and name in entry.auto and not (isinstance(value, list) and len(value) > 1)


def _number(array: Array) -> Json:
    value = array.reshape(()).item()
    if isinstance(value, float) and not np.isfinite(value):
        return {"f": "nan" if np.isnan(value) else "inf" if value > 0 else "-inf"}
    return value


def _layer_name(sources: tuple[str, ...]) -> str:
    """`layer1.0.conv1` of `layer1.0.conv1.weight`: how PyTorch's own exporter names initialisers."""
    first = next((source for source in sources if source), "")
    owner, _, last = first.rpartition(".")
    return owner if last in ("weight", "bias", "weight_ih_l0") else ""


def identifier(name: str) -> str:
    cleaned = re.sub(r"[^\w.]+", "_", name).strip("_.")
    return cleaned if re.search(r"[A-Za-z]", cleaned) else ""
