"""Where a long wire passes each layer between its ends, so that it crosses as few others as may be.

One wire after another is taken out and led anew: a shortest way through the gaps between the cards of each
layer, where a step costs the wires that it crosses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from studio.graph.layout.part import Part, whole_wires

_WIDEST = 40
"""layers with more cards and lanes are left as they are"""
_NEAR = 1e-4
"""of ways that cross as few, the one nearest to what was"""

Ends: TypeAlias = list[tuple[int, int]]
"""of each wire between two layers, its place above and its place below"""


def lead_lanes(part: Part) -> bool:
    """Leads each long wire anew; whether any runs elsewhere now."""
    changed = False
    for source, lanes, target in whole_wires(part):
        rows = [part.rows[part.layer[card]] for card in (source, *lanes, target)]
        if lanes and max(map(len, rows)) <= _WIDEST:
            changed |= _lead(part, rows, source, lanes, target)
    return changed


def _lead(part: Part, rows: Sequence[list[int]], source: int, lanes: Sequence[int], target: int) -> bool:
    was = [row.index(lane) for row, lane in zip(rows[1:-1], lanes, strict=True)]
    for row, index in zip(rows[1:-1], was, strict=True):
        del row[index]
    gaps = _way(part, rows, source, target, was)
    for row, lane, gap in zip(rows[1:-1], lanes, gaps, strict=True):
        row.insert(gap, lane)
    return gaps != was


def _way(part: Part, rows: Sequence[list[int]], source: int, target: int, was: Sequence[int]) -> list[int]:
    """The gap to pass through in each layer; gap i is to the left of the card at place i."""
    places = [{card: index for index, card in enumerate(row)} for row in rows]
    first = places[0][source]
    costs = _crossed_from(first, first + 1, _ends(part, rows[0], places[1]), len(rows[1]))
    costs = [cost + _NEAR * abs(gap - was[0]) for gap, cost in enumerate(costs)]
    came: list[list[int]] = []
    for step in range(1, len(rows) - 2):
        ends = _ends(part, rows[step], places[step + 1])
        steps = [_crossed_from(gap, gap, ends, len(rows[step + 1])) for gap in range(len(costs))]
        here, origin = [], []
        for gap in range(len(rows[step + 1]) + 1):
            best = min(range(len(costs)), key=lambda before: costs[before] + steps[before][gap])
            origin.append(best)
            here.append(costs[best] + steps[best][gap] + _NEAR * abs(gap - was[step]))
        costs = here
        came.append(origin)
    last = places[-1][target]
    ends = [(below, above) for above, below in _ends(part, rows[-2], places[-1])]
    final = _crossed_from(last, last + 1, ends, len(rows[-2]))
    gap = min(range(len(costs)), key=lambda gap: costs[gap] + final[gap])
    gaps = [gap]
    for origin in reversed(came):
        gap = origin[gap]
        gaps.append(gap)
    return gaps[::-1]


def _ends(part: Part, row: Sequence[int], below: dict[int, int]) -> Ends:
    return [
        (index, below[other])
        for index, card in enumerate(row)
        for other in part.below[card]
        if other in below
    ]


def _crossed_from(left: int, right: int, ends: Ends, count: int) -> list[float]:
    """How many wires one crosses that leads to each gap of a layer of `count` cards.

    It starts between place `left` - 1 and place `right` of the other layer.
    """
    before, after = [0] * (count + 1), [0] * (count + 1)
    for here, there in ends:
        if here < left:
            before[there] += 1
        elif here >= right:
            after[there] += 1
    crossed = float(sum(before))
    found = [crossed]
    for place in range(count):
        crossed += after[place] - before[place]
        found.append(crossed)
    return found
