"""How a dragged card meets the lines of its neighbours. Pure functions on rectangles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.app.canvas.geometry import Rect, snap


@dataclass(frozen=True, slots=True)
class Guide:
    """A line that shows with what a card is aligned: from `start` to `end` along `at`."""

    vertical: bool
    at: float
    start: float
    end: float


def aligned(moved: Rect, neighbours: Iterable[Rect], reach: float) -> tuple[float, float, list[Guide]]:
    """The place of `moved` after it met its neighbours' lines, or the grid where none is within `reach`.

    Returns left, top and the guides to draw. Across, centres and left and right edges meet; down, tops and
    centres.
    """
    others = list(neighbours)
    left, top, width, height = moved
    dx = _nearest((left + width / 2, left, left + width), (_across(rect) for rect in others), reach)
    dy = _nearest((top, top + height / 2), (_down(rect) for rect in others), reach)
    x = left + dx if dx is not None else snap(left)
    y = top + dy if dy is not None else snap(top)
    placed = (x, y, width, height)
    guides: list[Guide] = []
    if dx is not None:
        guides += _guides(placed, others, vertical=True)
    if dy is not None:
        guides += _guides(placed, others, vertical=False)
    return x, y, guides


def _across(rect: Rect) -> tuple[float, float, float]:
    return (rect[0] + rect[2] / 2, rect[0], rect[0] + rect[2])


def _down(rect: Rect) -> tuple[float, float]:
    return (rect[1], rect[1] + rect[3] / 2)


def _nearest(mine: tuple[float, ...], others: Iterable[tuple[float, ...]], reach: float) -> float | None:
    """The shortest step that brings one of my lines onto the same line of another."""
    best: float | None = None
    for lines in others:
        for own, other in zip(mine, lines, strict=True):
            step = other - own
            if abs(step) <= reach and (best is None or abs(step) < abs(best)):
                best = step
    return best


def _guides(placed: Rect, others: list[Rect], vertical: bool) -> list[Guide]:
    """The guide along a line that `placed` shares, from it to the nearest card on that line.

    A line across all of them would have the whole view painted at every step of a drag.
    """
    lines = _across(placed) if vertical else _down(placed)
    first, length = (1, 3) if vertical else (0, 2)
    start, end = placed[first], placed[first] + placed[length]
    best: tuple[float, Guide] | None = None
    for rect in others:
        one, other = rect[first], rect[first] + rect[length]
        gap = max(one - end, start - other, 0.0)
        if best is not None and gap >= best[0]:
            continue
        for own, line in zip(lines, _across(rect) if vertical else _down(rect), strict=True):
            if abs(own - line) < 0.5:
                best = (gap, Guide(vertical, own, min(start, one), max(end, other)))
                break
    return [best[1]] if best else []
