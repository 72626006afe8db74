"""How far to the right each card of a part stands: as its layer's order allows, chains of cards straight.

From nothing, each card is drawn to the middle of its neighbours. What stands already is then moved as little
as gets it straight: cards in line move as one run, each to where its wires lead least sideways.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from studio.graph.layout.part import GAP_BESIDE, LANE, Part, whole_wires

_CARD_WEIGHT, _LANE_WEIGHT = 1e6, 1.0
"""a passing wire makes way and never bends a chain of cards"""
_STAY = 0.02
"""what it costs a card to move by one, where a wire that leads sideways by one costs 1"""
_ROUNDS = 8
_MARGIN = 32
"""what lanes between two cards need beside their own width"""


def place_from_nothing(part: Part) -> None:
    """Puts each card as near to the middle of its neighbours as the order in its layer allows."""
    part.centre = [0.0] * len(part.layer)
    for row in part.rows:
        _settle(part, row, [0.0] * len(row))
    for neighbours, rows in (
        (part.above, part.rows),
        (part.below, part.rows[::-1]),
        (part.above, part.rows),
        (part.below, part.rows[::-1]),
        (part.above, part.rows),
    ):
        for row in rows:
            _settle(part, row, [_middle(part, card, neighbours[card]) for card in row])


def _middle(part: Part, card: int, neighbours: Sequence[int]) -> float:
    """The weighted middle of the neighbours: a card pulls harder than a wire that passes."""
    if not neighbours:
        return part.centre[card]
    weights = [_weight(part, n) for n in neighbours]
    return sum(w * part.centre[n] for w, n in zip(weights, neighbours, strict=True)) / sum(weights)


def _weight(part: Part, card: int) -> float:
    return _CARD_WEIGHT if card < part.count else _LANE_WEIGHT


def _settle(part: Part, row: Sequence[int], wanted: Sequence[float]) -> None:
    """Sets the centres of a row: the least squares distance from `wanted` that keeps order and gaps.

    Neighbours that would be too near become a block that moves as one (pool adjacent violators).
    """
    offset = 0.0
    offsets: list[float] = []
    for index, card in enumerate(row):
        if index:
            offset += (part.widths[row[index - 1]] + part.widths[card]) / 2 + _gap(part, row[index - 1], card)
        offsets.append(offset)
    blocks: list[tuple[float, float, int]] = []
    for index, card in enumerate(row):
        weight = _weight(part, card)
        middle, count = wanted[index] - offsets[index], 1
        while blocks and blocks[-1][0] >= middle:
            other, other_weight, other_count = blocks.pop()
            middle = (middle * weight + other * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        blocks.append((middle, weight, count))
    starts = [middle for middle, _, count in blocks for _ in range(count)]
    for index, card in enumerate(row):
        part.centre[card] = starts[index] + offsets[index]


def _gap(part: Part, left: int, right: int) -> float:
    return GAP_BESIDE if left < part.count and right < part.count else GAP_BESIDE / 2


# -- from where they stand ---------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """Cards in line below each other, which move as one."""

    cards: list[int]
    at: float = 0.0
    left: dict[int, float] = field(default_factory=dict)
    """the runs directly to the left, and how far off their middles must be"""
    right: dict[int, float] = field(default_factory=dict)


def completed(part: Part, known: Sequence[float | None]) -> list[float]:
    """Where each card and lane stands: what is `known`, else between what the wires lead to.

    A card is put in the middle of its neighbours, a lane as far on its way as its layer says.
    """
    wires = list(whole_wires(part))
    near: list[list[int]] = [[] for _ in range(part.count)]
    for source, _, target in wires:
        near[source].append(target)
        near[target].append(source)
    found = {card: x for card, x in enumerate(known) if x is not None}
    everywhere = sum(found.values()) / max(1, len(found))
    for card in sorted(set(range(part.count)) - found.keys(), key=part.layer.__getitem__):
        beside = [found[other] for other in near[card] if other in found]
        found[card] = sum(beside) / len(beside) if beside else everywhere
    stands = [found[card] for card in range(part.count)] + [0.0] * (len(part.layer) - part.count)
    for source, lanes, target in wires:
        for passed, lane in enumerate(lanes, 1):
            share = passed / (len(lanes) + 1)
            stands[lane] = stands[source] + (stands[target] - stands[source]) * share
    return stands


def straighten(part: Part) -> None:
    """Moves the cards from where they stand (`centre`) as little as makes room and gets wires straight."""
    stands = list(part.centre)
    runs, run_of = _runs(part, stands)
    order = _in_order(runs)
    _make_room(runs, order)
    wires = [(source, target) for source, target in card_wires(part) if run_of[source] != run_of[target]]
    pulls: list[list[int]] = [[] for _ in runs]
    for source, target in wires:
        pulls[run_of[source]].append(run_of[target])
        pulls[run_of[target]].append(run_of[source])
    for turn in range(_ROUNDS):
        moved = False
        for number in order if turn % 2 else reversed(order):
            moved |= _move(runs, number, pulls[number], stands)
        if not moved:
            break
    for run in runs:
        for card in run.cards:
            part.centre[card] = run.at


def card_wires(part: Part) -> Iterator[tuple[int, int]]:
    """The wires from a card to one in the layer below, in the same column."""
    first = set(part.columns)
    for source in range(part.count):
        for target in part.below[source]:
            below = part.layer[target] == part.layer[source] + 1  # of too many long wires there are no lanes
            if target < part.count and below and part.layer[target] not in first:
                yield source, target


def _runs(part: Part, stands: Sequence[float]) -> tuple[list[_Run], list[int]]:
    """Cards that stand in line or are each other's only neighbour, as runs; the run of each card."""
    fed: list[list[int]] = [[] for _ in range(part.count)]
    feeds: list[list[int]] = [[] for _ in range(part.count)]
    for source, target in card_wires(part):
        fed[target].append(source)
        feeds[source].append(target)
    runs: list[_Run] = []
    run_of = [-1] * part.count
    for row, above in zip(part.rows, [[], *part.rows], strict=False):
        place = {card: index for index, card in enumerate(above)}
        last = -1
        for card in (card for card in row if card < part.count):
            over = _in_line(card, fed[card], feeds, stands)
            if over is not None and place[over] > last and runs[run_of[over]].cards[-1] == over:
                last = place[over]
                run_of[card] = run_of[over]
                runs[run_of[card]].cards.append(card)
            else:
                run_of[card] = len(runs)
                runs.append(_Run([card]))
    for run in runs:
        run.at = _most_common([stands[card] for card in run.cards])
    for row in part.rows:
        for left, right, apart in _neighbours(part, row):
            one, other = run_of[left], run_of[right]
            runs[one].right[other] = max(runs[one].right.get(other, 0.0), apart)
            runs[other].left[one] = runs[one].right[other]
    return runs, run_of


def _in_line(
    card: int, sources: Sequence[int], feeds: Sequence[Sequence[int]], stands: Sequence[float]
) -> int | None:
    if len(sources) == 1 and len(feeds[sources[0]]) == 1:
        return sources[0]
    return next((source for source in sources if abs(stands[source] - stands[card]) < 1), None)


def _most_common(values: list[float]) -> float:
    counts: dict[float, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return max(counts, key=lambda value: counts[value])


def _neighbours(part: Part, row: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """The cards of a layer that stand side by side, and how far apart their middles must be."""
    before, lanes = -1, 0
    for card in row:
        if card >= part.count:
            lanes += 1
            continue
        if before >= 0:
            gap = max(GAP_BESIDE, lanes * LANE + _MARGIN)
            yield before, card, (part.widths[before] + part.widths[card]) / 2 + gap
        before, lanes = card, 0


def _in_order(runs: Sequence[_Run]) -> list[int]:
    """The runs from left to right. Runs do not cross, so there is such an order."""
    waiting = [len(run.left) for run in runs]
    order = [number for number, count in enumerate(waiting) if not count]
    for number in order:
        for other in runs[number].right:
            waiting[other] -= 1
            if not waiting[other]:
                order.append(other)
    return order


def _make_room(runs: Sequence[_Run], order: Sequence[int]) -> None:
    """Pushes runs apart that are too near, all to the right or all to the left, whichever moves fewer."""
    to_right = [run.at for run in runs]
    for number in order:
        for other, apart in runs[number].left.items():
            to_right[number] = max(to_right[number], to_right[other] + apart)
    to_left = [run.at for run in runs]
    for number in reversed(order):
        for other, apart in runs[number].right.items():
            to_left[number] = min(to_left[number], to_left[other] - apart)
    chosen = min(to_right, to_left, key=lambda places: _cards_moved(runs, places))
    for run, at in zip(runs, chosen, strict=True):
        run.at = at


def _cards_moved(runs: Sequence[_Run], places: Sequence[float]) -> int:
    return sum(len(run.cards) for run, at in zip(runs, places, strict=True) if run.at != at)


def _move(runs: Sequence[_Run], number: int, pulls: Iterable[int], stands: Sequence[float]) -> bool:
    """Moves a run to where its wires lead least sideways, as far as there is room."""
    run = runs[number]
    weights: list[tuple[float, float]] = [(stands[card], _STAY) for card in run.cards]
    for other in pulls:
        weights.append((runs[other].at, 1.0))
    wanted = _median(sorted(weights), run.at)
    low = max((runs[other].at + apart for other, apart in run.left.items()), default=-inf)
    high = min((runs[other].at - apart for other, apart in run.right.items()), default=inf)
    at = max(min(wanted, high), low)
    if abs(at - run.at) < 0.5:
        return False
    run.at = at
    return True


def _median(weights: Sequence[tuple[float, float]], near: float) -> float:
    """The weighted median; of several the one nearest to `near`."""
    half = sum(weight for _, weight in weights) / 2
    passed = 0.0
    for (value, weight), after in pairwise([*weights, (near, 0.0)]):
        passed += weight
        if abs(passed - half) < 1e-9:
            return max(value, min(near, after[0]))
        if passed > half:
            return value
    return near
