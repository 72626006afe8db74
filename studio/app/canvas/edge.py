"""One wire as it lies."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from PySide6.QtCore import QLineF, QPointF
from PySide6.QtGui import QPainterPath, QPolygonF

from studio.app.canvas import routing
from studio.app.canvas.geometry import Rect
from studio.graph.model import Wire

ARROW = 7.0


class Edge:
    """One wire as it lies: its ends, the way between them and the rectangle around it."""

    __slots__ = (
        "_arrow",
        "_path",
        "_points",
        "_run",
        "_sketch",
        "around",
        "bounds",
        "end",
        "lane",
        "line",
        "reach",
        "start",
        "straight",
        "wire",
    )

    def __init__(self, wire: Wire, start: QPointF, end: QPointF, around: list[Rect], lane: int) -> None:
        self.wire = wire
        self.start, self.end, self.around, self.lane = start, end, around, lane
        self._path: QPainterPath | None = None
        self._points: list[QPointF] | None = None
        self._arrow: QPolygonF | None = None
        self._sketch: QPolygonF | None = None
        self._run: tuple[list[float], list[QPointF]] | None = None
        self.straight = not around and abs(start.x() - end.x()) < 0.5 and end.y() >= start.y()
        self.line = QLineF(start, end)
        exact = self.path.boundingRect() if around else routing.bounds(start, end)
        self.bounds = exact.adjusted(-4, -4, 4, 4)
        self.reach = self.bounds.width() + self.bounds.height()

    @property
    def path(self) -> QPainterPath:
        if self._path is None:
            self._path = routing.way(self.start, self.end, self.around, self.lane)
        return self._path

    @property
    def points(self) -> list[QPointF]:
        if self._points is None:
            self._points = [self.start, self.end] if self.straight else routing.points(self.path)
        return self._points

    @property
    def sketch(self) -> QPolygonF:
        """The way as a line of straight pieces, flattened by Qt: to be painted in haste."""
        if self._sketch is None:
            self._sketch = self.path.toSubpathPolygons()[0]
        return self._sketch

    @property
    def arrow(self) -> QPolygonF:
        """The sign half way that says where it leads."""
        if self._arrow is None:
            tip, way = routing.heading(self.start, self.end)
            side, back = QPointF(-way.y(), way.x()) * ARROW * 0.6, tip - way * ARROW
            self._arrow = QPolygonF([tip, back + side, back - side])
        return self._arrow

    @property
    def slides(self) -> bool:
        """Whether it runs from one side to the other without turning back: then a part of it can be found."""
        return not self.around and not self.straight

    def part(self, left: float, right: float) -> list[QPointF]:
        """The points of the stretch between two places across, and one more at each end."""
        if self._run is None:
            made = self.sketch.toList()
            if made[0].x() > made[-1].x():
                made.reverse()
            self._run = ([at.x() for at in made], made)
        across, points = self._run
        return points[max(0, bisect_left(across, left) - 1) : bisect_right(across, right) + 1]
