"""Where a new card goes so that it covers no other. Positions are those of the upper left corners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studio.graph.model import Node

Point = tuple[int, int]

CARD = (208, 64)
"""room for one card, its gap to the next included"""
ROW = 96
"""from one card of a chain to the next"""
_COLUMNS = 12


def beside(nodes: Mapping[str, Node], wanted: Point) -> Point:
    """`wanted` where that is free, else the nearest free place to its right or left, else below."""
    for row in range(len(nodes) + 1):
        for step in range(_COLUMNS):
            for side in (1, -1) if step else (1,):
                place = (wanted[0] + side * step * CARD[0], wanted[1] + row * ROW)
                if is_free(nodes.values(), place):
                    return place
    return (wanted[0], max(node.at[1] for node in nodes.values()) + ROW)


def below(nodes: Mapping[str, Node], node: str) -> Point:
    """A free place for what follows `node`."""
    x, y = nodes[node].at
    return beside(nodes, (x, y + ROW))


def at_end(nodes: Mapping[str, Node]) -> Point:
    """A free place under everything, for a card that follows nothing."""
    if not nodes:
        return (0, 0)
    lowest = max(nodes.values(), key=lambda node: (node.at[1], -node.at[0]))
    return beside(nodes, (lowest.at[0], lowest.at[1] + ROW))


def pushed(nodes: Mapping[str, Node], after: str) -> tuple[Point, dict[str, Point]]:
    """The place right under `after`, and where the cards below move to make room there, if they must."""
    x, y = nodes[after].at
    place = (x, y + ROW)
    if is_free(nodes.values(), place):
        return place, {}
    lower = [node for node in nodes.values() if node.at[1] > y]
    rest = (node for node in nodes.values() if node.at[1] <= y)
    shift = y + 2 * ROW - min((node.at[1] for node in lower), default=y + 2 * ROW)
    if shift <= 0 or not is_free(rest, place):
        return beside(nodes, place), {}
    return place, {node.id: (node.at[0], node.at[1] + shift) for node in lower}


def is_free(nodes: Iterable[Node], place: Point) -> bool:
    """Whether a card at `place` would cover none of `nodes`."""
    return not any(
        abs(node.at[0] - place[0]) < CARD[0] and abs(node.at[1] - place[1]) < CARD[1] for node in nodes
    )
