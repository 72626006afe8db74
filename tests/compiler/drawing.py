"""Networks written shortly: `fc="nn.Linear(flat)"` would hide too much, so a node a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studio.compiler.analysis import Context, N, TensorSpec
from studio.graph.model import Network, Node, ProjectData

DIGITS = Context((TensorSpec((N, 1, 8, 8)),), 10, "classification", tuple("0123456789"))
IRIS = Context((TensorSpec((N, 4)),), 3, "classification", ("setosa", "versicolor", "virginica"))
DIABETES = Context((TensorSpec((N, 10)),), 1, "regression")


def wire(name: Any) -> Any:
    """ "lstm" is the wire from lstm, "lstm:0" from its first output; anything else stays as it is."""
    if not isinstance(name, str):
        return name
    source, _, index = name.partition(":")
    return {"n": source, "i": int(index)} if index else {"n": source}


def node(id_: str, type_: str, *args: Any, kwargs: dict[str, Any] | None = None, **params: Any) -> Node:
    """A node whose text arguments are wires."""
    path = params.pop("path", None)
    return Node(
        id_, type_, params=params, args=tuple(map(_argument, args)), kwargs=_wired(kwargs or {}), path=path
    )


def _argument(value: Any) -> Any:
    return [wire(item) for item in value] if isinstance(value, list) else wire(value)


def _wired(kwargs: dict[str, Any]) -> dict[str, Any]:
    return {name: wire(value) if name.endswith("mask") else value for name, value in kwargs.items()}


def network(*nodes: Node, **parameters: Any) -> Network:
    placed = {n.id: n for n in nodes}
    return Network(placed, parameters)


def project(*nodes: Node, blocks: dict[str, Network] | None = None, **settings: Any) -> ProjectData:
    """A project whose network "model" has these nodes."""
    networks = {"model": network(*nodes), **(blocks or {})}
    return ProjectData("Test", networks, settings)


def chain(*layers: Node, shape: list[Any] | None = None) -> tuple[Node, ...]:
    """Input, layers one after the other, output. Layers are written without wires."""
    made = [Node("image", "input", params={} if shape is None else {"shape": shape})]
    for layer in layers:
        args = layer.args or ({"n": made[-1].id},)
        made.append(replace(layer, args=args))
    made.append(Node("output", "output", args=({"n": made[-1].id},)))
    return tuple(made)
