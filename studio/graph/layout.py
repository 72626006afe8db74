"""Where the cards go: layers from top to bottom, few crossings, straight chains, no card on another.

Pure arithmetic on sizes and wires (K. Sugiyama, S. Tagawa, M. Toda: Methods for Visual Understanding of
Hierarchical System Structures, 1981). The same input always gives the same picture. Nothing recurses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from studio.graph.model import Wire

Size: TypeAlias = tuple[float, float]
Place: TypeAlias = tuple[int, int]

GRID = 8
GAP_BELOW = 48
GAP_BESIDE = 56
LANE = 24
"""the width kept free for a wire that passes a layer"""
MAX_LAYERS = 60
"""a part with more layers is folded into columns"""
_SWEEPS = 4
_MAX_LANES = 20_000
_CARD_WEIGHT, _LANE_WEIGHT = 1e6, 1.0
"""a passing wire makes way and never bends a chain of cards"""


@dataclass(slots=True)
class _Part:
    """A connected part while it is laid out. Numbers from `len(cards)` on are lanes of long wires."""

    cards: list[str]
    widths: list[float]
    heights: list[float]
    layer: list[int]
    above: list[list[int]]
    below: list[list[int]]
    rows: list[list[int]] = field(default_factory=list)
    centre: list[float] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.cards)


def layered(
    sizes: Mapping[str, Size],
    wires: Iterable[Wire | tuple[str, str]],
    origin: Place = (0, 0),
) -> dict[str, Place]:
    """The top left corner of each card, in integers on a grid of `GRID`, from `origin` on.

    `sizes` are (width, height) by id; their order settles every tie. Wires that close a circle, lead
    nowhere or stand twice do not matter. Connected parts stand side by side, single cards in rows below.
    """
    if not sizes:
        return {}
    feeds = _without_circles(_feeds(sizes, wires))
    parts, single = _parts(feeds)
    placed: dict[str, Place] = {}
    right = bottom = 0
    for ids in parts:
        positions = _lay_out(ids, feeds, sizes)
        for id_, (x, y) in positions.items():
            placed[id_] = (x + right, y)
            bottom = max(bottom, _up(y + sizes[id_][1] + GAP_BELOW))
        right = _up(max(placed[i][0] + sizes[i][0] for i in ids) + 2 * GAP_BESIDE)
    _row_of_singles(single, sizes, bottom, placed)
    left, top = min(x for x, _ in placed.values()), min(y for _, y in placed.values())
    return {i: (placed[i][0] - left + origin[0], placed[i][1] - top + origin[1]) for i in sizes}


def _feeds(sizes: Mapping[str, Size], wires: Iterable[Wire | tuple[str, str]]) -> dict[str, list[str]]:
    feeds: dict[str, dict[str, None]] = {id_: {} for id_ in sizes}
    for wire in wires:
        source, target = (wire.source, wire.target) if isinstance(wire, Wire) else wire
        if source in feeds and target in feeds and source != target:
            feeds[source][target] = None
    return {id_: list(targets) for id_, targets in feeds.items()}


def _without_circles(feeds: dict[str, list[str]]) -> dict[str, list[str]]:
    """The same without the wires that lead back to where a walk from the top came from."""
    kept: dict[str, list[str]] = {id_: [] for id_ in feeds}
    done: set[str] = set()
    fed = {target for targets in feeds.values() for target in targets}
    for start in [*(i for i in feeds if i not in fed), *feeds]:
        if start in done:
            continue
        walk = [(start, iter(feeds[start]))]
        on_walk = {start}
        while walk:
            here, targets = walk[-1]
            for target in targets:
                if target in on_walk:
                    continue
                kept[here].append(target)
                if target not in done:
                    on_walk.add(target)
                    walk.append((target, iter(feeds[target])))
                    break
            else:
                walk.pop()
                on_walk.discard(here)
                done.add(here)
    return kept


def _parts(feeds: Mapping[str, list[str]]) -> tuple[list[list[str]], list[str]]:
    """The parts that hang together, and the cards without any wire, each in the order given."""
    near: dict[str, list[str]] = {id_: [] for id_ in feeds}
    for source, targets in feeds.items():
        for target in targets:
            near[source].append(target)
            near[target].append(source)
    part_of: dict[str, int] = {}
    parts: list[list[str]] = []
    for start in feeds:
        if start in part_of or not near[start]:
            continue
        part_of[start] = len(parts)
        open_ = [start]
        while open_:
            for other in near[open_.pop()]:
                if other not in part_of:
                    part_of[other] = len(parts)
                    open_.append(other)
        parts.append([])
    for id_ in feeds:
        if id_ in part_of:
            parts[part_of[id_]].append(id_)
    return parts, [id_ for id_ in feeds if id_ not in part_of]


def _lay_out(ids: list[str], feeds: Mapping[str, list[str]], sizes: Mapping[str, Size]) -> dict[str, Place]:
    part = _part(ids, feeds, sizes)
    _add_lanes(part)
    _order_rows(part)
    _place_across(part)
    return _fold(part)


def _part(ids: list[str], feeds: Mapping[str, list[str]], sizes: Mapping[str, Size]) -> _Part:
    number = {id_: i for i, id_ in enumerate(ids)}
    below = [[number[target] for target in feeds[id_]] for id_ in ids]
    above: list[list[int]] = [[] for _ in ids]
    for source, targets in enumerate(below):
        for target in targets:
            above[target].append(source)
    return _Part(
        ids,
        [sizes[i][0] for i in ids],
        [sizes[i][1] for i in ids],
        _layers(above, below),
        above,
        below,
    )


def _layers(above: list[list[int]], below: list[list[int]]) -> list[int]:
    """Each card one below the lowest that feeds it; those fed by nothing directly above what they feed."""
    waiting = [len(sources) for sources in above]
    order = [card for card, count in enumerate(waiting) if not count]
    layer = [0] * len(above)
    for card in order:
        for target in below[card]:
            layer[target] = max(layer[target], layer[card] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    for card in reversed(order):
        if not above[card] and below[card]:
            layer[card] = min(layer[target] for target in below[card]) - 1
    return layer


def _add_lanes(part: _Part) -> None:
    """Gives a wire over several layers a lane in each, so that it runs beside the cards."""
    long = [
        (source, target)
        for source in range(part.count)
        for target in part.below[source]
        if part.layer[target] - part.layer[source] > 1
    ]
    if sum(part.layer[target] - part.layer[source] - 1 for source, target in long) > _MAX_LANES:
        return
    for source, target in long:
        before = source
        part.below[source].remove(target)
        part.above[target].remove(source)
        for layer in range(part.layer[source] + 1, part.layer[target]):
            lane = len(part.layer)
            part.layer.append(layer)
            part.widths.append(LANE)
            part.heights.append(0)
            part.above.append([before])
            part.below.append([])
            part.below[before].append(lane)
            before = lane
        part.below[before].append(target)
        part.above[target].append(before)


def _order_rows(part: _Part) -> None:
    """Orders each layer by where its neighbours stand; keeps the order with the fewest crossings seen."""
    part.rows = _first_rows(part)
    place = _places(part.rows, len(part.layer))
    best, fewest = [list(row) for row in part.rows], _crossings(part, place)
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        neighbours = part.above if downwards else part.below
        for row in part.rows if downwards else reversed(part.rows):
            _sort_by_neighbours(row, neighbours, place)
        crossings = _crossings(part, place)
        if crossings < fewest:
            best, fewest = [list(row) for row in part.rows], crossings
        if not fewest:
            break
    part.rows = best


def _first_rows(part: _Part) -> list[list[int]]:
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


def _crossings(part: _Part, place: Sequence[int]) -> int:
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


def _place_across(part: _Part) -> None:
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


def _middle(part: _Part, card: int, neighbours: Sequence[int]) -> float:
    """The weighted middle of the neighbours: a card pulls harder than a wire that passes."""
    if not neighbours:
        return part.centre[card]
    weights = [_weight(part, n) for n in neighbours]
    return sum(w * part.centre[n] for w, n in zip(weights, neighbours, strict=True)) / sum(weights)


def _weight(part: _Part, card: int) -> float:
    return _CARD_WEIGHT if card < part.count else _LANE_WEIGHT


def _settle(part: _Part, row: Sequence[int], wanted: Sequence[float]) -> None:
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


def _gap(part: _Part, left: int, right: int) -> float:
    return GAP_BESIDE if left < part.count and right < part.count else GAP_BESIDE / 2


def _fold(part: _Part) -> dict[str, Place]:
    """Corners from centres; a part of many layers goes on at the top of the next column."""
    layers = len(part.rows)
    columns = -(-layers // MAX_LAYERS) if layers > MAX_LAYERS else 1
    height = -(-layers // columns)
    placed: dict[str, Place] = {}
    left = 0.0
    for first in range(0, layers, height):
        rows = part.rows[first : first + height]
        cards = [card for row in rows for card in row]
        shift = left - min(part.centre[c] - part.widths[c] / 2 for c in cards)
        top = 0
        for row in rows:
            for card in row:
                if card < part.count:
                    # 0.01: cards in line that differ by a hair are rounded to the same side
                    x = part.centre[card] - part.widths[card] / 2 + shift
                    placed[part.cards[card]] = (round(x / GRID + 0.01) * GRID, top)
            top = _up(top + max(part.heights[card] for card in row) + GAP_BELOW)
        left = max(part.centre[c] + part.widths[c] / 2 + shift for c in cards) + 2 * GAP_BESIDE
    return placed


def _row_of_singles(
    single: Sequence[str], sizes: Mapping[str, Size], top: int, placed: dict[str, Place]
) -> None:
    """Cards without wires, in rows about as wide as what stands above them."""
    limit = max([1200.0, *(x + sizes[i][0] for i, (x, _) in placed.items())])
    x = lowest = 0
    for id_ in single:
        width, height = sizes[id_]
        if x and x + width > limit:
            x, top = 0, lowest
        placed[id_] = (x, top)
        lowest = max(lowest, _up(top + height + GAP_BELOW))
        x = _up(x + width + GAP_BESIDE)


def _up(value: float) -> int:
    """The next place on the grid at or after `value`."""
    return int(-(-value // GRID)) * GRID
