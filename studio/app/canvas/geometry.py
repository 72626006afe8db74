"""Sizes of a card and the places of its ports, in scene units: one is a pixel at 100 %. Knows no Qt."""

from __future__ import annotations

from typing import Literal, TypeAlias

from studio.graph.routing import Rect as Rect

Side: TypeAlias = Literal["in", "out"]

GRID = 8
CARD_WIDTH = 184
CARD_HEIGHT = 56
DOT = 16
"""the side of the square that a dot on a wire takes"""
DOT_RADIUS = 5.0
CORNER = 8
BAR = 5
MARGIN = 8
"""how far a card paints outside its rectangle: ports, outline, badge"""
PORT_RADIUS = 4.0
PORT_STEP = 20
"""ports are never nearer to each other than this; a card with many grows wider"""
THUMB = 36
"""the side of the picture beside a card"""
THUMB_GAP = 8
THUMB_CORNER = 4
ROW = 40
"""the gap between a card and the next below it"""
MAGNET = 24
"""how near the mouse must be to a port for a wire to jump to it, in pixels on screen"""


def card_width(inputs: int, outputs: int) -> int:
    """The width of a card with so many ports, on the grid."""
    needed = (max(inputs, outputs) + 1) * PORT_STEP
    return max(CARD_WIDTH, -(-needed // GRID) * GRID)


def port_x(width: float, count: int, index: int) -> float:
    """Where a port stands on its edge, from the card's left."""
    return width * (index + 1) / (count + 1)


def snap(value: float) -> int:
    """The nearest place on the grid."""
    return round(value / GRID) * GRID


def overlaps(one: Rect, other: Rect, gap: float = 0) -> bool:
    """Whether two rectangles are nearer than `gap`; touching is no overlap."""
    return (
        one[0] < other[0] + other[2] + gap
        and other[0] < one[0] + one[2] + gap
        and one[1] < other[1] + other[3] + gap
        and other[1] < one[1] + one[3] + gap
    )


def union(rects: list[Rect]) -> Rect | None:
    """The smallest rectangle around all of them."""
    if not rects:
        return None
    left = min(r[0] for r in rects)
    top = min(r[1] for r in rects)
    right = max(r[0] + r[2] for r in rects)
    bottom = max(r[1] + r[3] for r in rects)
    return (left, top, right - left, bottom - top)
