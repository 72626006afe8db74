"""The way a wire takes from an output down to an input, past the cards between. Pure arithmetic.

A way is a list of segments from its start: `(x, y)` is a straight line, `(x1, y1, x2, y2, x, y)` a cubic
curve with its two control points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]
Rect: TypeAlias = tuple[float, float, float, float]
"""left, top, width, height"""
Segment: TypeAlias = tuple[float, ...]

AROUND = 22.0
"""how far beside the cards in its way a wire passes"""
TURN = 36.0
LANES = 5
LANE = 7.0


def obstructed(start: Point, end: Point, cards: Iterable[Rect]) -> list[Rect]:
    """The cards that a plain wire would run behind."""
    down = end[1] - start[1]
    if down < 60:
        return []
    found = []
    for rect in cards:
        left, top, width, height = rect
        if top < start[1] - 1 or top + height > end[1] + 1:
            continue
        one, other = (_x_at(start, end, (y - start[1]) / down) for y in (top, top + height))
        if min(one, other) < left + width + 4 and max(one, other) > left - 4:
            found.append(rect)
    return found


def way(start: Point, end: Point, around: Sequence[Rect] = (), lane: int = 0) -> list[Segment]:
    """The segments of a wire; past `around` on the nearer side, in one of a few lanes."""
    if around:
        return _pass_by(start, end, around, lane % LANES * LANE)
    if is_straight(start, end):
        return [end]
    bent = bend(start, end)
    return [(start[0], start[1] + bent, end[0], end[1] - bent, *end)]


def is_straight(start: Point, end: Point) -> bool:
    """Whether a plain wire goes straight down."""
    return abs(start[0] - end[0]) < 0.5 and end[1] >= start[1]


def bend(start: Point, end: Point) -> float:
    """How far the control points of a plain wire lie from its ends."""
    down = end[1] - start[1]
    if down >= 0:
        return max(down / 2, min(40.0, abs(end[0] - start[0]) / 4))
    return min(160.0, 40 - down / 3)


def _pass_by(start: Point, end: Point, around: Sequence[Rect], lane: float) -> list[Segment]:
    left = min(rect[0] for rect in around) - AROUND - lane
    right = max(rect[0] + rect[2] for rect in around) + AROUND + lane
    on_left = start[0] - left + end[0] - left <= right - start[0] + right - end[0]
    x = left if on_left else right
    top, bottom = start[1] + TURN, end[1] - TURN
    if bottom < top:
        top = bottom = (start[1] + end[1]) / 2
    return [
        (start[0], start[1] + TURN * 0.7, x, start[1] + TURN * 0.2, x, top),
        (x, bottom),
        (x, end[1] - TURN * 0.2, end[0], end[1] - TURN * 0.7, *end),
    ]


def _x_at(start: Point, end: Point, t: float) -> float:
    """How far to the right a plain wire is at the share `t` of its way down."""
    t = min(1.0, max(0.0, t))
    return start[0] + (end[0] - start[0]) * t * t * (3 - 2 * t)
