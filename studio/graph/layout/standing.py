"""A drawing of layers from one that stands: what is good stays where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import median

from studio.graph.layout.across import card_wires
from studio.graph.layout.columns import corners, fold_as_standing
from studio.graph.layout.drawing import draw, layered, row_of_singles, settle
from studio.graph.layout.part import GAP_BELOW, GAP_BESIDE, GRID, Part, Place, Size, Wires, parts, up
from studio.graph.layout.rows import crossed

_WORSE = 1.05
"""how many times the crossings of a drawing from nothing, and one, the standing order may have"""
_BENT = 1.25
"""how many times as far sideways its wires may lead"""


def tidied(sizes: Mapping[str, Size], wires: Wires, standing: Mapping[str, Place]) -> dict[str, Place]:
    """The same where the cards in `standing` have a corner already: they stay as far as that is tidy.

    Cards keep their side of each other but where a change undoes a crossing, their columns, and how far to
    the right they are but where that gets wires straight. A part whose cards stand so that its wires cross
    or bend much more than they need is drawn from nothing, about where it was.
    """
    if not any(id_ in standing for id_ in sizes):
        return layered(sizes, wires)
    made, single = parts(sizes, wires)
    boxes: list[_Box] = []
    placed: dict[str, Place] = {}
    for band, part in _in_bands(made, sizes, standing):
        places = _tidied(part, standing)
        box = _free(_box(band, places, sizes), boxes)
        boxes.append(box)
        left = min(x for x, _ in places.values())
        placed |= {i: (x - left + box.left, y + box.top) for i, (x, y) in places.items()}
    known = [standing[id_] for id_ in sizes if id_ in standing]
    corner = min((box.left for box in boxes), default=min(x for x, _ in known))
    single.sort(key=lambda id_: _reading(standing.get(id_)))
    row_of_singles(single, sizes, (corner, max((box.bottom for box in boxes), default=0)), placed)
    top = min(y for _, y in known) - min(y for _, y in placed.values())
    return {id_: (placed[id_][0], placed[id_][1] + top) for id_ in sizes}


def _reading(at: Place | None) -> tuple[float, float]:
    """A key that puts cards in the order in which one reads."""
    return (inf, inf) if at is None else (at[1], at[0])


def _tidied(part: Part, standing: Mapping[str, Place]) -> dict[str, Place]:
    """The corners of the cards of a part, from 0 downwards and about as far to the right as they stand."""
    fresh = replace(part)
    draw(fresh)
    if _as_standing(part, standing) and _will_do(part, fresh):
        return corners(part, standing=True)
    places = corners(fresh)
    shifts = [standing[i][0] - x for i, (x, _) in places.items() if i in standing]
    shift = round(median(shifts)) if shifts else 0
    return {id_: (x + shift // GRID * GRID, y) for id_, (x, y) in places.items()}


def _as_standing(part: Part, standing: Mapping[str, Place]) -> bool:
    """Lays out a part from where its cards stand; whether they stand in columns that will do."""
    part.rows = [[] for _ in range(max(part.layer) + 1)]
    for card, layer in enumerate(part.layer):
        part.rows[layer].append(card)
    places = [standing.get(id_) for id_ in part.cards]
    if not fold_as_standing(part, [None if at is None else at[1] for at in places]):
        return False
    known = [
        None if at is None else at[0] + width / 2 for at, width in zip(places, part.widths, strict=False)
    ]
    settle(part, known)
    return True


def _will_do(part: Part, fresh: Part) -> bool:
    """Whether a part is nearly as good as from nothing."""
    return (
        crossed(part) <= _WORSE * crossed(fresh) + 1
        and _sideways(part) <= _BENT * _sideways(fresh) + 2 * GAP_BESIDE
    )


def _sideways(part: Part) -> float:
    return sum(abs(part.centre[source] - part.centre[target]) for source, target in card_wires(part))


@dataclass(frozen=True, slots=True)
class _Box:
    """What a part takes, and in which band from the top it stands."""

    band: int
    left: int
    top: int
    right: int
    bottom: int


def _in_bands(
    made: Sequence[Part], sizes: Mapping[str, Size], standing: Mapping[str, Place]
) -> list[tuple[int, Part]]:
    """The parts band by band from the top, each from the left; parts of a band stand beside each other."""
    boxes = [_box(0, {i: standing[i] for i in part.cards if i in standing}, sizes) for part in made]
    banded = []
    band, lowest = 0, float("inf")
    for number in sorted(range(len(made)), key=lambda number: (boxes[number].top, number)):
        box = boxes[number]
        if box.top >= lowest:
            band += 1
        lowest = box.bottom if box.top >= lowest or lowest == float("inf") else max(lowest, box.bottom)
        banded.append((band, box.left, number))
    return [(band, made[number]) for band, _, number in sorted(banded)]


def _box(band: int, places: Mapping[str, Place], sizes: Mapping[str, Size]) -> _Box:
    if not places:
        return _Box(band, 0, 0, 0, 0)
    return _Box(
        band,
        min(x for x, _ in places.values()),
        min(y for _, y in places.values()),
        up(max(x + sizes[i][0] for i, (x, _) in places.items())),
        up(max(y + sizes[i][1] for i, (_, y) in places.items())),
    )


def _free(box: _Box, taken: Sequence[_Box]) -> _Box:
    """The box below those of earlier bands and to the right of those of its own that it would be too near."""
    while True:
        near = next((other for other in taken if _too_near(box, other)), None)
        if near is None:
            return box
        across = near.right + 2 * GAP_BESIDE - box.left if near.band == box.band else 0
        down = near.bottom + GAP_BELOW - box.top if near.band != box.band else 0
        box = _Box(box.band, box.left + across, box.top + down, box.right + across, box.bottom + down)


def _too_near(box: _Box, other: _Box) -> bool:
    return (
        box.left < other.right + 2 * GAP_BESIDE
        and other.left < box.right + 2 * GAP_BESIDE
        and box.top < other.bottom + GAP_BELOW
        and other.top < box.bottom + GAP_BELOW
    )
