"""Problems between the network and the data: what comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.catalog import placing
from studio.compiler.analysis import SYMBOLS, Context, Dim, Size, TensorSpec
from studio.compiler.problems import remedies
from studio.compiler.problems.finding import Diagnosis, Finding, Remedy
from studio.graph.edit import Edit
from studio.graph.model import INPUT, Network, Node
from studio.graph.operations import MISSING
from studio.graph.values import Json
from studio.words import Message


def spec(network: str, node: Node, place: int, context: Context) -> TensorSpec | Diagnosis:
    """What the `place`-th input is: what it declares, else what the data gives."""
    declared, kind = node.params.get("shape"), node.params.get("dtype")
    given = context.input(node.id, place)
    if given is None and context.names:
        return _unfed(network, node, context)
    if declared in (None, "auto"):
        if given is None:
            text = Message("The shape of {node} is not known: choose the data, or set a shape.", node=node.id)
            return Diagnosis("input-shape-unknown", text)
        declared = [str(dim) if isinstance(dim, Size) else dim for dim in given.shape]
    shape = _dims(declared)
    if shape is None:
        text = Message(
            "{node} has the shape {shape}. A shape is N for the batch and then whole numbers from 1 up, or L "
            "for a length left open.",
            node=node.id,
            shape=remedies.shown(declared),
        )
        return Diagnosis("bad-shape", text, _follow(network, node, given))
    if given is not None and (shape != given.shape or (kind not in (None, given.dtype))):
        text = Message(
            "{node} is set to {declared}, but the data gives {given}.",
            node=node.id,
            declared=_named(TensorSpec(shape, str(kind or given.dtype)), given),
            given=_named(given, TensorSpec(shape, str(kind or given.dtype))),
        )
        return Diagnosis("input-differs", text, _follow(network, node, given))
    return TensorSpec(shape, str(kind or (given.dtype if given else "float32")))


def _unfed(network: str, node: Node, context: Context) -> Diagnosis:
    """An Input that is none of those that the data feed by name."""
    text = Message(
        "No columns of the data go to {node}: they go to {names}. Rename it, or give it columns in the Data "
        "panel.",
        node=node.id,
        names=", ".join(context.names),
    )
    return Diagnosis("input-not-fed", text, tuple(_be(network, node.id, name) for name in context.names))


def _be(network: str, node: str, name: str) -> Remedy:
    return Remedy(
        Message("Rename it to {name}", name=name), lambda edit: edit.rename_node(network, node, name)
    )


def findings(name: str, network: Network, context: Context) -> Iterator[Finding]:
    """Inputs that the data give by name and no Input takes."""
    there = {node.id for node in network.of_type(INPUT)}
    missing = {given: context.input(given, 0) for given in context.names if given not in there}
    if there and missing:
        text = Message(
            "The data give {inputs}, and no Input has that name: nothing is learned from those columns. Add "
            "it, or give the columns to another input in the Data panel.",
            inputs=", ".join(f"{given} ({spec})" for given, spec in missing.items()),
        )
        yield Finding("data-not-taken", "warning", name, None, text, "", _takers(name, network, [*missing]))


def _takers(name: str, network: Network, missing: Sequence[str]) -> tuple[Remedy, ...]:
    """An Input more for each of these names."""
    if any(given in network.nodes for given in missing):
        return ()

    def add(edit: Edit) -> None:
        last = max(network.of_type(INPUT), key=lambda node: node.at[0])
        for given in missing:
            at = placing.beside(edit.document.nodes(name), last.at)
            edit.add_node(name, Node(given, INPUT, at=at))

    return (Remedy(Message("Add the Input {name}", name=", ".join(missing)), add),)


def _named(one: TensorSpec, other: TensorSpec) -> str:
    return str(one) if one.shape != other.shape else f"{one} ({one.dtype})"


def _dims(shape: Json) -> tuple[Dim, ...] | None:
    if not isinstance(shape, list | tuple):
        return None
    dims: list[Dim] = []
    for dim in shape:
        if isinstance(dim, str) and dim in SYMBOLS:
            dims.append(SYMBOLS[dim])
        elif type(dim) is int and dim > 0:
            dims.append(dim)
        else:
            return None
    return tuple(dims)


def _follow(network: str, node: Node, given: TensorSpec | None) -> tuple[Remedy, ...]:
    if given is None:
        return ()

    def apply(edit: Edit) -> None:
        for name in ("shape", "dtype"):
            if name in node.params:
                edit.set_param(network, node.id, name, MISSING)

    return (Remedy(Message("Follow the data ({shape})", shape=str(given)), apply),)
