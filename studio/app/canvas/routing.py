"""The way a wire takes from an output down to an input, as a painter's path. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from studio.app.canvas.geometry import Rect

AROUND = 22.0
"""how far beside the cards in its way a wire passes"""
TURN = 36.0
LANES = 5
LANE = 7.0


def obstructed(start: QPointF, end: QPointF, cards: Iterable[Rect]) -> list[Rect]:
    """The cards that a plain wire would run behind."""
    if end.y() - start.y() < 60:
        return []
    found = []
    for rect in cards:
        left, top, width, height = rect
        middle = (top + height / 2 - start.y()) / (end.y() - start.y())
        if not 0 < middle < 1:
            continue
        x = start.x() + (end.x() - start.x()) * _ease(middle)
        if left - 4 < x < left + width + 4 and top >= start.y() - 1 and top + height <= end.y() + 1:
            found.append(rect)
    return found


def way(start: QPointF, end: QPointF, around: list[Rect], lane: int = 0) -> QPainterPath:
    """The path of a wire; past `around` on the nearer side, in one of a few lanes."""
    path = QPainterPath(start)
    if around:
        _pass_by(path, start, end, around, lane % LANES * LANE)
    elif abs(start.x() - end.x()) < 0.5 and end.y() >= start.y():
        path.lineTo(end)
    else:
        bend = _bend(start, end)
        path.cubicTo(start.x(), start.y() + bend, end.x(), end.y() - bend, end.x(), end.y())
    return path


def bounds(start: QPointF, end: QPointF) -> QRectF:
    """A rectangle around a plain wire: that of its control points, which needs no path."""
    bend = 0.0 if abs(start.x() - end.x()) < 0.5 and end.y() >= start.y() else _bend(start, end)
    left, right = sorted((start.x(), end.x()))
    top = min(start.y(), end.y(), end.y() - bend)
    bottom = max(start.y(), end.y(), start.y() + bend)
    return QRectF(left, top, right - left, bottom - top)


def _bend(start: QPointF, end: QPointF) -> float:
    down = end.y() - start.y()
    if down >= 0:
        return max(down / 2, min(40.0, abs(end.x() - start.x()) / 4))
    return min(160.0, 40 - down / 3)


def _pass_by(path: QPainterPath, start: QPointF, end: QPointF, around: list[Rect], lane: float) -> None:
    left = min(rect[0] for rect in around) - AROUND - lane
    right = max(rect[0] + rect[2] for rect in around) + AROUND + lane
    on_left = start.x() - left + end.x() - left <= right - start.x() + right - end.x()
    x = left if on_left else right
    top, bottom = start.y() + TURN, end.y() - TURN
    if bottom < top:
        top = bottom = (start.y() + end.y()) / 2
    path.cubicTo(start.x(), start.y() + TURN * 0.7, x, start.y() + TURN * 0.2, x, top)
    path.lineTo(x, bottom)
    path.cubicTo(x, end.y() - TURN * 0.2, end.x(), end.y() - TURN * 0.7, end.x(), end.y())


def _ease(t: float) -> float:
    return t * t * (3 - 2 * t)


def points(path: QPainterPath, steps: int = 12) -> list[QPointF]:
    """Points along a path, near enough to each other to measure a distance to it."""
    found: list[QPointF] = []
    index = 0
    while index < path.elementCount():
        element = path.elementAt(index)
        here = QPointF(element.x, element.y)
        if element.isCurveTo():
            one, two = path.elementAt(index + 1), path.elementAt(index + 2)
            found += _cubic(found[-1], here, QPointF(one.x, one.y), QPointF(two.x, two.y), steps)
            index += 3
        else:
            found.append(here)
            index += 1
    return found


def _cubic(a: QPointF, b: QPointF, c: QPointF, d: QPointF, steps: int) -> list[QPointF]:
    made = []
    for step in range(1, steps + 1):
        t = step / steps
        u = 1 - t
        made.append(a * (u * u * u) + b * (3 * u * u * t) + c * (3 * u * t * t) + d * (t * t * t))
    return made


def distance(points_: list[QPointF], at: QPointF) -> float:
    """How far `at` is from a line through the points."""
    best = float("inf")
    for one, two in pairwise(points_):
        line = two - one
        length = QPointF.dotProduct(line, line)
        t = 0.0 if length == 0 else max(0.0, min(1.0, QPointF.dotProduct(at - one, line) / length))
        gap = at - (one + line * t)
        best = min(best, QPointF.dotProduct(gap, gap))
    return math.sqrt(best)


def middle(points_: list[QPointF]) -> QPointF:
    """The point half way along."""
    lengths = [_length(two - one) for one, two in pairwise(points_)]
    left = sum(lengths) / 2
    for (one, two), length in zip(pairwise(points_), lengths, strict=True):
        if left <= length and length > 0:
            return one + (two - one) * (left / length)
        left -= length
    return points_[0]


def _length(vector: QPointF) -> float:
    return math.hypot(vector.x(), vector.y())
