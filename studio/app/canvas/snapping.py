"""How a dragged card meets the lines of its neighbours. Pure functions on rectangles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count

from studio.app.canvas.geometry import Rect, snap


@dataclass(frozen=True, slots=True)
class Guide:
    """A line that shows with what a card is aligned: from `start` to `end` along `at`."""

    vertical: bool
    at: float
    start: float
    end: float


class Still:
    """Cards that stay where they are. Which of their lines another one meets is looked up in sorted lists."""

    def __init__(self, rects: Iterable[Rect]) -> None:
        self.rects = list(rects)
        self.across = _sorted(map(_across, self.rects))
        self.down = _sorted(map(_down, self.rects))


Lines = list[list[tuple[float, int]]]
"""For each kind of line the places of those, with the number of the card, in order."""


def aligned(moved: Rect, still: Still, reach: float) -> tuple[float, float, list[Guide]]:
    """The place of `moved` after it met its neighbours' lines, or the grid where none is within `reach`.

    Returns left, top and the guides to draw. Across, centres and left and right edges meet; down, tops and
    centres.
    """
    left, top, width, height = moved
    dx = _nearest(_across(moved), still.across, reach)
    dy = _nearest(_down(moved), still.down, reach)
    x = left + dx if dx is not None else snap(left)
    y = top + dy if dy is not None else snap(top)
    placed = (x, y, width, height)
    guides: list[Guide] = []
    if dx is not None:
        guides += _guides(placed, still, vertical=True)
    if dy is not None:
        guides += _guides(placed, still, vertical=False)
    return x, y, guides


def _across(rect: Rect) -> tuple[float, ...]:
    return (rect[0] + rect[2] / 2, rect[0], rect[0] + rect[2])


def _down(rect: Rect) -> tuple[float, ...]:
    return (rect[1], rect[1] + rect[3] / 2)


def _sorted(lines: Iterable[tuple[float, ...]]) -> Lines:
    return [sorted(zip(kind, count(), strict=False)) for kind in zip(*lines, strict=True)]


def _nearest(mine: tuple[float, ...], others: Lines, reach: float) -> float | None:
    """The shortest step that brings one of my lines onto the same line of another."""
    best: float | None = None
    for own, lines in zip(mine, others, strict=False):
        after = bisect_left(lines, (own, 0))
        for line, _ in lines[max(0, after - 1) : after + 1]:
            step = line - own
            if abs(step) <= reach and (best is None or abs(step) < abs(best)):
                best = step
    return best


def _guides(placed: Rect, still: Still, vertical: bool) -> list[Guide]:
    """The guide along a line that `placed` shares, from it to the nearest card on that line.

    A line across all of them would have the whole view painted at every step of a drag.
    """
    mine, others = (_across(placed), still.across) if vertical else (_down(placed), still.down)
    first, length = (1, 3) if vertical else (0, 2)
    start, end = placed[first], placed[first] + placed[length]
    best: tuple[float, Guide] | None = None
    for own, lines in zip(mine, others, strict=False):
        for _, number in lines[bisect_left(lines, (own - 0.5, 0)) : bisect_left(lines, (own + 0.5, 0))]:
            rect = still.rects[number]
            one, other = rect[first], rect[first] + rect[length]
            gap = max(one - end, start - other, 0.0)
            if best is None or gap < best[0]:
                best = (gap, Guide(vertical, own, min(start, one), max(end, other)))
    return [best[1]] if best else []
