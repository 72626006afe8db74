"""Where a part with many layers goes on at the top of the next column, and the corners of its cards."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from studio.graph.layout.part import GAP_BELOW, GAP_BESIDE, GRID, Part, Place, up

MAX_LAYERS = 60
"""a part with more layers is folded into columns"""
_SPARE = 12
"""how many layers more a column may come to have before everything is folded anew"""
_WIDE = 8 * GAP_BESIDE
"""how much farther than need be a column may stand from the one before"""


def fold(part: Part) -> None:
    """Divides the layers into columns of about the same number."""
    layers = len(part.rows)
    columns = -(-layers // MAX_LAYERS)
    part.columns = list(range(0, layers, -(-layers // columns)))


def fold_as_standing(part: Part, heights: Sequence[float | None]) -> bool:
    """Takes the columns in which the cards stand; whether they will do. `heights` is how far down each is."""
    tops = [_height(part, row, heights) for row in part.rows]
    columns, lowest = [0], float("-inf")
    for layer, top in enumerate(tops):
        if top is not None and top < lowest - 1:
            columns.append(layer)
            lowest = float("-inf")
        lowest = lowest if top is None else max(lowest, top)
    part.columns = columns
    lengths = [end - start for start, end in zip(columns, [*columns[1:], len(part.rows)], strict=True)]
    if len(columns) == 1:
        return lengths[0] <= MAX_LAYERS + _SPARE
    return max(lengths) <= MAX_LAYERS + _SPARE and min(lengths) > MAX_LAYERS // 4


def _height(part: Part, row: Sequence[int], heights: Sequence[float | None]) -> float | None:
    known = [y for card in row if card < part.count and (y := heights[card]) is not None]
    return median(known) if known else None


def corners(part: Part, standing: bool = False) -> dict[str, Place]:
    """The top left corner of each card; columns side by side, or where they stand if there is room."""
    placed: dict[str, Place] = {}
    left = 0.0
    for first, end in zip(part.columns, [*part.columns[1:], len(part.rows)], strict=True):
        rows = [[card for card in row if card < part.count] for row in part.rows[first:end]]
        cards = [card for row in rows for card in row]
        begin = min(part.centre[c] - part.widths[c] / 2 for c in cards)
        stays = standing and (first == 0 or left <= begin < left + _WIDE)
        shift = 0.0 if stays else left - begin
        top = 0
        for row in rows:
            for card in row:
                # 0.01: cards in line that differ by a hair are rounded to the same side
                x = part.centre[card] - part.widths[card] / 2 + shift
                placed[part.cards[card]] = (round(x / GRID + 0.01) * GRID, top)
            top = up(top + max(part.heights[card] for card in row) + GAP_BELOW)
        left = max(part.centre[c] + part.widths[c] / 2 + shift for c in cards) + 2 * GAP_BESIDE
    return placed
