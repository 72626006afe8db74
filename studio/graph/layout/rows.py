"""In which order the cards of each layer stand, so that few wires cross. Every tie is settled by what was.

Sweeps by the middle of the neighbours (Sugiyama, Tagawa, Toda, 1981), then long wires are led anew and cards
of a layer change sides wherever that undoes a crossing.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.graph.layout.lanes import lead_lanes
from studio.graph.layout.part import Part

_SWEEPS = 4
_TURNS = 3
"""how often long wires are led anew and cards change sides in turn"""
_SWITCHES = 12
"""how often the layers are gone through for cards to change sides"""
_FAR = 30
"""how many others of its layer a card may pass at a time"""


def order_from_nothing(part: Part) -> None:
    """Orders each layer by where its neighbours stand; keeps the order with the fewest crossings seen."""
    part.rows = _first_rows(part)
    place = _places(part.rows, len(part.layer))
    best, fewest = [list(row) for row in part.rows], crossings(part, place)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = part.above if downwards else part.below
        for row in part.rows if downwards else reversed(part.rows):
            _sort_by_neighbours(row, neighbours, place)
        found = crossings(part, place)
        if found < fewest:
            best, fewest = [list(row) for row in part.rows], found
        if not fewest:
            break
    part.rows = best
    _improve(part)


def order_as_standing(part: Part, stands: Sequence[float]) -> None:
    """Leaves each layer in the order in which its cards stand but where a change undoes a crossing.

    `stands` is how far to the right each card and lane is.
    """
    part.rows = [[] for _ in range(max(part.layer) + 1)]
    for card in sorted(range(len(part.layer)), key=lambda card: (stands[card], card)):
        part.rows[part.layer[card]].append(card)
    _improve(part)


def crossed(part: Part) -> int:
    """How many wires cross."""
    return crossings(part, _places(part.rows, len(part.layer)))


def _improve(part: Part) -> None:
    """Undoes crossings one by one, as far as that goes."""
    for _ in range(_TURNS):
        if not (lead_lanes(part) | _switch_sides(part)):
            return


def _switch_sides(part: Part) -> bool:
    """Moves cards and lanes along their layers wherever that undoes a crossing; whether any moved."""
    place = _places(part.rows, len(part.layer))
    waiting, moved = set(range(len(part.rows))), False
    for _ in range(_SWITCHES):
        changed: set[int] = set()
        for layer in sorted(waiting):
            if _switch_in_row(part, part.rows[layer], place):
                changed |= {layer - 1, layer, layer + 1}
        waiting = changed & set(range(len(part.rows)))
        moved |= bool(waiting)
        if not waiting:
            break
    return moved


def _switch_in_row(part: Part, row: list[int], place: list[int]) -> bool:
    """Lets each card and lane of a layer pass its neighbours to where it crosses least; whether any did."""
    changed = False
    for card in list(row):
        start = place[card]
        best, fewest = start, 0
        for step, end in ((1, len(row)), (-1, -1)):
            more = 0
            for index in range(start + step, end, step)[:_FAR]:
                pair = (card, row[index]) if step > 0 else (row[index], card)
                more += _turned(part, *pair, place)
                if more < fewest:
                    best, fewest = index, more
        if best != start:
            row.insert(best, row.pop(start))
            for index in range(min(start, best), max(start, best) + 1):
                place[row[index]] = index
            changed = True
    return changed


def _turned(part: Part, left: int, right: int, place: Sequence[int]) -> int:
    """How many crossings more there are when two cards of a layer have changed sides.

    Called for each pair of each layer, again and again: plain loops take half the time of sums.
    """
    more = 0
    for near in (part.above, part.below):
        others = near[right]
        for one in near[left] if others else ():
            here = place[one]
            for other in others:
                there = place[other]
                if there > here:
                    more += 1
                elif there < here:
                    more -= 1
    return more


def _first_rows(part: Part) -> list[list[int]]:
    """Depth first from the top: what hangs together starts out together."""
    rows: list[list[int]] = [[] for _ in range(max(part.layer) + 1)]
    seen: set[int] = set()
    for start in range(part.count):
        open_ = [] if part.above[start] else [start]
        while open_:
            card = open_.pop()
            if card not in seen:
                seen.add(card)
                rows[part.layer[card]].append(card)
                open_ += reversed(part.below[card])
    return rows


def _places(rows: Sequence[Sequence[int]], count: int) -> list[int]:
    place = [0] * count
    for row in rows:
        for index, card in enumerate(row):
            place[card] = index
    return place


def _sort_by_neighbours(row: list[int], neighbours: Sequence[Sequence[int]], place: list[int]) -> None:
    def wanted(card: int) -> tuple[float, int]:
        near = neighbours[card]
        return (sum(place[n] for n in near) / len(near) if near else place[card], place[card])

    row.sort(key=wanted)
    for index, card in enumerate(row):
        place[card] = index


def crossings(part: Part, place: Sequence[int]) -> int:
    """How many wires cross between neighbouring layers, counted with a binary indexed tree."""
    total = 0
    for row in part.rows:
        ends = [
            place[t]
            for card in sorted(row, key=place.__getitem__)
            for t in sorted(part.below[card], key=place.__getitem__)
        ]
        width = max(ends, default=0) + 1
        tree = [0] * (width + 1)
        for seen, end in enumerate(ends):
            total += seen - _count_up_to(tree, end + 1)
            index = end + 1
            while index <= width:
                tree[index] += 1
                index += index & -index
    return total


def _count_up_to(tree: Sequence[int], index: int) -> int:
    found = 0
    while index > 0:
        found += tree[index]
        index -= index & -index
    return found
