"""A drawing of layers from nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio.graph.layout.across import completed, place_from_nothing, straighten
from studio.graph.layout.columns import corners, fold
from studio.graph.layout.part import GAP_BELOW, GAP_BESIDE, Part, Place, Size, Wires, parts, up
from studio.graph.layout.rows import crossed, order_as_standing, order_from_nothing

_SETTLED = 2
"""how often a drawing from nothing is tidied, so that it is as it will stay"""
_LARGE = 2000
"""parts with more cards and lanes are drawn once"""


def layered(sizes: Mapping[str, Size], wires: Wires, origin: Place = (0, 0)) -> dict[str, Place]:
    """The top left corner of each card, in integers on a grid of `GRID`, from `origin` on.

    `sizes` are (width, height) by id; their order settles every tie. Wires that close a circle, lead
    nowhere or stand twice do not matter. Connected parts stand side by side, single cards in rows below.
    """
    if not sizes:
        return {}
    made, single = parts(sizes, wires)
    placed: dict[str, Place] = {}
    right = bottom = 0
    for part in made:
        draw(part)
        for id_, (x, y) in corners(part).items():
            placed[id_] = (x + right, y)
            bottom = max(bottom, up(y + sizes[id_][1] + GAP_BELOW))
        right = up(max(placed[i][0] + sizes[i][0] for i in part.cards) + 2 * GAP_BESIDE)
    row_of_singles(single, sizes, (0, bottom), placed)
    left, top = min(x for x, _ in placed.values()), min(y for _, y in placed.values())
    return {i: (placed[i][0] - left + origin[0], placed[i][1] - top + origin[1]) for i in sizes}


def draw(part: Part) -> None:
    """Orders, folds and places a part."""
    order_from_nothing(part)
    fold(part)
    place_from_nothing(part)
    straighten(part)
    for _ in range(_SETTLED if len(part.layer) <= _LARGE else 0):
        again = replace(part)
        settle(again, part.centre[: part.count])
        if crossed(again) > crossed(part):
            break
        part.rows, part.centre = again.rows, again.centre


def settle(part: Part, known: Sequence[float | None]) -> None:
    """Orders and places the cards of a part from how far to the right their middles are."""
    part.centre = completed(part, known)
    order_as_standing(part, part.centre)
    straighten(part)


def row_of_singles(
    single: Sequence[str], sizes: Mapping[str, Size], corner: Place, placed: dict[str, Place]
) -> None:
    """Cards without wires, in rows from `corner` on about as wide as what stands above them."""
    left, top = corner
    limit = max([left + 1200.0, *(x + sizes[i][0] for i, (x, _) in placed.items())])
    x, lowest = left, 0
    for id_ in single:
        width, height = sizes[id_]
        if x > left and x + width > limit:
            x, top = left, lowest
        placed[id_] = (x, top)
        lowest = max(lowest, up(top + height + GAP_BELOW))
        x = up(x + width + GAP_BESIDE)
