"""A connected part of a network while it is laid out: its cards in layers, with lanes for long wires."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from studio.graph.model import Wire

Size: TypeAlias = tuple[float, float]
Place: TypeAlias = tuple[int, int]
Wires: TypeAlias = Iterable[Wire | tuple[str, str]]

GRID = 8
GAP_BELOW = 48
GAP_BESIDE = 56
LANE = 24
"""the width kept free for a wire that passes a layer"""
_MAX_LANES = 20_000


@dataclass(slots=True)
class Part:
    """A connected part while it is laid out. Numbers from `len(cards)` on are lanes of long wires."""

    cards: list[str]
    widths: list[float]
    heights: list[float]
    layer: list[int]
    above: list[list[int]]
    below: list[list[int]]
    rows: list[list[int]] = field(default_factory=list)
    centre: list[float] = field(default_factory=list)
    columns: list[int] = field(default_factory=lambda: [0])
    """the first layer of each column"""

    @property
    def count(self) -> int:
        return len(self.cards)


def parts(sizes: Mapping[str, Size], wires: Wires) -> tuple[list[Part], list[str]]:
    """The parts that hang together, and the cards without any wire, each in the order given."""
    feeds = _without_circles(_feeds(sizes, wires))
    connected, single = _connected(feeds)
    made = [_part(ids, feeds, sizes) for ids in connected]
    for part in made:
        _add_lanes(part)
    return made, single


def _feeds(sizes: Mapping[str, Size], wires: Wires) -> dict[str, list[str]]:
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


def _connected(feeds: Mapping[str, list[str]]) -> tuple[list[list[str]], list[str]]:
    """The cards of each part that hangs together, and those without any wire."""
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


def _part(ids: list[str], feeds: Mapping[str, list[str]], sizes: Mapping[str, Size]) -> Part:
    number = {id_: i for i, id_ in enumerate(ids)}
    below = [[number[target] for target in feeds[id_]] for id_ in ids]
    above: list[list[int]] = [[] for _ in ids]
    for source, targets in enumerate(below):
        for target in targets:
            above[target].append(source)
    return Part(
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


def _add_lanes(part: Part) -> None:
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


def whole_wires(part: Part) -> Iterator[tuple[int, list[int], int]]:
    """Each wire from card to card, and the lanes between."""
    for source in range(part.count):
        for below in part.below[source]:
            lanes, target = [], below
            while target >= part.count:
                lanes.append(target)
                target = part.below[target][0]
            yield source, lanes, target


def up(value: float) -> int:
    """The next place on the grid at or after `value`."""
    return int(-(-value // GRID)) * GRID
