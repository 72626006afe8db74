"""What cures a block that is repeated in a way that cannot be."""

from __future__ import annotations

from collections.abc import Iterator

from studio.compiler.problems.finding import Remedy
from studio.graph import repeats
from studio.graph.edit import Edit
from studio.graph.model import Node
from studio.words import Message, NetloomError


def remedies(network: str, node: Node) -> Iterator[Remedy]:
    """As many repetitions as there are values; or none, with the first of the values."""
    lengths = {
        len(s): None for v in node.params.values() for s in repeats.schedules(v) if isinstance(s, list)
    }
    if node.block is not None:
        for length in lengths:
            if length:
                yield times(network, node.id, length)
    yield once(network, node)


def times(network: str, node: str, count: int) -> Remedy:
    return Remedy(
        Message("Repeat {node} {count} times", node=node, count=count),
        lambda edit: edit.set_repeat(network, node, count),
    )


def once(network: str, node: Node) -> Remedy:
    """No repetition; of values for each repetition, the first stays."""

    def apply(edit: Edit) -> None:
        edit.set_repeat(network, node.id, None)
        for name, value in node.params.items():
            if any(repeats.schedules(value)):
                edit.set_param(network, node.id, name, _first(value))

    return Remedy(Message("Do not repeat {node}", node=node.id), apply)


def _first(value: object) -> object:
    try:
        return repeats.at(value, 0)
    except NetloomError:
        return None
