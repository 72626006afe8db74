"""One network for both modes of a module: what differs between training and evaluation is said in place.

The module was read once in each mode. Nodes of both readings are matched in their order; an argument that
differs becomes `{"if_training": [a, b]}`, and a node that only one mode has stays, used by that mode alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from studio.catalog import signatures, table
from studio.graph import naming
from studio.graph.model import BLOCK, OUTPUT, Node
from studio.graph.operations import same
from studio.graph.values import Json, form
from studio.importing.errors import UntraceableError
from studio.importing.scope import Scope
from studio.words import Message

_NAMED = ("param", "buffer", "input", "opaque")


def merged(training: Scope, evaluation: Scope) -> Scope:
    """`training` with what `evaluation` does otherwise put in. Raises UntraceableError."""
    found = matched(training, evaluation)
    nodes: dict[str, Node] = {}
    for one, other in found.nodes:
        if one is not None and other is not None:
            nodes[one.id] = both(one, other, lambda a, b: {"if_training": [a, b]})
            if one.id in training.children:
                merged(training.children[one.id], evaluation.children[found.whose[one.id]])
        elif one is not None:
            by_mode = ({"if_training": [one.args[0], None]},) if one.type == OUTPUT else one.args
            nodes[one.id] = replace(one, args=by_mode)
        elif other is not None:
            nodes[other.id] = other
            if found.whose[other.id] in evaluation.children:
                training.children[other.id] = evaluation.children[found.whose[other.id]]
    training.nodes = nodes
    training.notes += [note for note in evaluation.notes if note not in training.notes]
    return training


# -- two readings side by side -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Matched:
    """The nodes of two readings in one order, each beside that which it is the same as, or beside None.

    Those of the second are called as they are in both; `whose` says how the second called them.
    """

    nodes: list[tuple[Node | None, Node | None]]
    whose: dict[str, str]


def matched(first: Scope, second: Scope, begin: int = 0) -> Matched:
    """Which node of `second` is which of `first`. The first `begin` nodes are the same in both."""
    ones, others = list(first.nodes.values()), list(second.nodes.values())
    order: list[tuple[Node | None, Node | None]] = list(zip(ones[:begin], others[:begin], strict=True))
    ones, others = ones[begin:], others[begin:]
    matcher = SequenceMatcher(None, [_sort(n) for n in ones], [_sort(n) for n in others], autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            order += zip(ones[start:end], others[other_start:other_end], strict=True)
        else:
            order += [(node, None) for node in ones[start:end]]
            order += [(None, node) for node in others[other_start:other_end]]
    names = {other.id: one.id for one, other in order if one is not None and other is not None}
    taken = set(first.nodes)
    for one, other in order:
        if one is None and other is not None:
            free = other.id not in taken
            names[other.id] = other.id if free else naming.fresh(naming.stem(other.id), taken | first.taken)
            taken.add(names[other.id])
    found = [(one, other and _renamed(other, names)) for one, other in order]
    return Matched(found, {name: other for other, name in names.items()})


def _sort(node: Node) -> tuple[str, ...]:
    """Equal for nodes that may be the same in both modes."""
    if node.type == OUTPUT:
        return (node.type,)
    if node.type in _NAMED or node.type.startswith(BLOCK) or table.is_module(node.type):
        return (node.type, node.path or node.id)
    return (node.type,)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    said = node.arguments.map_references(lambda reference: {**reference, "n": names[reference["n"]]})
    moved = names[node.id]
    holds = node.block is not None or table.is_module(node.type) or node.type in ("param", "buffer")
    path = node.path or (node.id if holds and moved != node.id else None)
    return replace(node, id=moved, path=path, args=said.args, kwargs=said.kwargs)


Choose = Callable[[Json, Json], Json]


def both(one: Node, other: Node, choose: Choose) -> Node:
    """`one`, with `choose(a, b)` for an argument that `other` has otherwise. Raises UntraceableError."""
    if not same(dict(one.params), dict(other.params)):
        raise UntraceableError(Message("its layers differ between training and evaluation"))
    if one.type != OUTPUT and len(one.args) != len(other.args):
        raise UntraceableError(Message("it is called differently in training and evaluation"))
    defaults = {p.name: p.default for p in signatures.parameters(one.type)}
    kwargs = {
        name: _either(
            one.kwargs.get(name, defaults.get(name)), other.kwargs.get(name, defaults.get(name)), choose
        )
        for name in {**one.kwargs, **other.kwargs}
    }
    args = tuple(_either(a, b, choose) for a, b in zip(one.args, other.args, strict=True))
    return replace(one, args=args, kwargs=kwargs)


def _either(one: Json, other: Json, choose: Choose) -> Json:
    if same(one, other):
        return one
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_either(a, b, choose) for a, b in zip(one, other, strict=True)]
    if isinstance(one, dict) and isinstance(other, dict) and form(one) == (name := form(other)):
        if name in ("t", "slice"):
            return {name: _either(one[name], other[name], choose)}
        if name == "expr" and one["expr"] == other["expr"]:
            return {**one, "of": _either(one["of"], other["of"], choose)}
    return choose(one, other)
