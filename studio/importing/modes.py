"""One network for both modes of a module: what differs between training and evaluation is said in place.

The module was read once in each mode. Nodes of both readings are matched in their order; an argument that
differs becomes `{"if_training": [a, b]}`, and a node that only one mode has stays, used by that mode alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from studio.catalog import signatures, table
from studio.graph.model import BLOCK, OUTPUT, Node
from studio.graph.operations import same
from studio.graph.values import Json
from studio.importing.errors import UntraceableError
from studio.importing.scope import Scope
from studio.words import Message

_NAMED = ("param", "buffer", "input")


def merged(training: Scope, evaluation: Scope) -> Scope:
    """`training` with what `evaluation` does otherwise put in. Raises UntraceableError."""
    pairs, order = _matched(list(training.nodes.values()), list(evaluation.nodes.values()))
    names = {other: one for one, other in pairs.items()}
    for node in order[1]:
        names[node.id] = training.free(node.id)
        training.taken.add(names[node.id])
    nodes: dict[str, Node] = {}
    for mode, node in order[0]:
        if mode == "evaluation":
            moved = _renamed(node, names)
            nodes[moved.id] = moved
            if node.id in evaluation.children:
                training.children[moved.id] = evaluation.children[node.id]
        elif node.id in pairs:
            other = evaluation.nodes[pairs[node.id]]
            nodes[node.id] = _both(node, _renamed(other, {**names, other.id: node.id}))
            if node.id in training.children:
                merged(training.children[node.id], evaluation.children[other.id])
        elif node.type == OUTPUT:
            nodes[node.id] = replace(node, args=({"if_training": [node.args[0], None]},))
        else:
            nodes[node.id] = node
    training.nodes = nodes
    return training


def _matched(
    ones: list[Node], others: list[Node]
) -> tuple[dict[str, str], tuple[list[tuple[str, Node]], list[Node]]]:
    """Which node of the first is which of the second; all of them in one order; those of the second alone."""
    pairs: dict[str, str] = {}
    order: list[tuple[str, Node]] = []
    alone: list[Node] = []
    matcher = SequenceMatcher(None, [_sort(n) for n in ones], [_sort(n) for n in others], autojunk=False)
    for tag, begin, end, other_begin, other_end in matcher.get_opcodes():
        for place in range(begin, end):
            order.append(("training", ones[place]))
            if tag == "equal":
                pairs[ones[place].id] = others[other_begin + place - begin].id
        if tag != "equal":
            alone += others[other_begin:other_end]
            order += [("evaluation", node) for node in others[other_begin:other_end]]
    return pairs, (order, alone)


def _sort(node: Node) -> tuple[str, ...]:
    """Equal for nodes that may be the same in both modes."""
    if node.type == OUTPUT:
        return (node.type,)
    if node.type in _NAMED or node.type.startswith(BLOCK) or table.is_module(node.type):
        return (node.type, node.path or node.id)
    return (node.type,)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    said = node.arguments.map_references(lambda reference: {**reference, "n": names[reference["n"]]})
    return replace(node, id=names[node.id], args=said.args, kwargs=said.kwargs)


def _both(one: Node, other: Node) -> Node:
    if not same(dict(one.params), dict(other.params)):
        raise UntraceableError(Message("its layers differ between training and evaluation"))
    if one.type != OUTPUT and len(one.args) != len(other.args):
        raise UntraceableError(Message("it is called differently in training and evaluation"))
    defaults = {p.name: p.default for p in signatures.parameters(one.type)}
    kwargs = {
        name: _either(one.kwargs.get(name, defaults.get(name)), other.kwargs.get(name, defaults.get(name)))
        for name in {**one.kwargs, **other.kwargs}
    }
    args = tuple(_either(a, b) for a, b in zip(one.args, other.args, strict=True))
    return replace(one, args=args, kwargs=kwargs)


def _either(one: Json, other: Json) -> Json:
    if same(one, other):
        return one
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_either(a, b) for a, b in zip(one, other, strict=True)]
    return {"if_training": [one, other]}
