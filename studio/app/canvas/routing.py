"""The way of a wire (see `graph.routing`) as a painter's path, and places along it. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath

from studio.app.canvas.geometry import Rect
from studio.graph import routing


def obstructed(start: QPointF, end: QPointF, cards: Iterable[Rect]) -> list[Rect]:
    """The cards that a plain wire would run behind."""
    return routing.obstructed((start.x(), start.y()), (end.x(), end.y()), cards)


def way(start: QPointF, end: QPointF, around: list[Rect], lane: int = 0) -> QPainterPath:
    """The path of a wire; past `around` on the nearer side, in one of a few lanes."""
    path = QPainterPath(start)
    for segment in routing.way((start.x(), start.y()), (end.x(), end.y()), around, lane):
        if len(segment) == 2:
            path.lineTo(*segment)
        else:
            path.cubicTo(*segment)
    return path


def bounds(start: QPointF, end: QPointF) -> QRectF:
    """A rectangle around a plain wire: that of its control points, which needs no path."""
    ends = (start.x(), start.y()), (end.x(), end.y())
    bend = 0.0 if routing.is_straight(*ends) else routing.bend(*ends)
    left, right = sorted((start.x(), end.x()))
    top = min(start.y(), end.y(), end.y() - bend)
    bottom = max(start.y(), end.y(), start.y() + bend)
    return QRectF(left, top, right - left, bottom - top)


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


def crosses(points_: list[QPointF], line: QLineF) -> bool:
    """Whether a line through the points meets `line`."""
    bounded = QLineF.IntersectionType.BoundedIntersection
    return any(QLineF(one, two).intersects(line)[0] == bounded for one, two in pairwise(points_))


def middle(points_: list[QPointF]) -> QPointF:
    """The point half way along."""
    lengths = [_length(two - one) for one, two in pairwise(points_)]
    left = sum(lengths) / 2
    for (one, two), length in zip(pairwise(points_), lengths, strict=True):
        if left <= length and length > 0:
            return one + (two - one) * (left / length)
        left -= length
    return points_[0]


def heading(start: QPointF, end: QPointF) -> tuple[QPointF, QPointF]:
    """The point half way along a plain wire, and in which direction it goes there, as long as one."""
    bend = routing.bend((start.x(), start.y()), (end.x(), end.y()))
    at = (start + end) / 2
    way = QPointF(end.x() - start.x(), 2 * (end.y() - start.y() - bend))
    return at, way / (_length(way) or 1.0)


def _length(vector: QPointF) -> float:
    return math.hypot(vector.x(), vector.y())
