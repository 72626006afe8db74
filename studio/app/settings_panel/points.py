"""Samples of two numbers as points in the plane, each in the colour of its class."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app import theme

COLORS = ("accent", "warning", "good", "attention", "recurrent", "merge")
"""of the classes, by their names in the theme's table"""
RADIUS, EDGE, LEGEND = 2.6, 10.0, 90.0

Point = tuple[float, float, int]
"""two numbers, and the class"""


class PointsView(QWidget):
    """A square with the points, and the names of the classes beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_points")
        self._points: tuple[Point, ...] = ()
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier().changed.connect(self.update)

    def display(self, points: tuple[Point, ...], names: tuple[str, ...]) -> None:
        """Shows `points`; their classes are places in `names`."""
        self._points, self._names = points, names
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._points:
            return
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.height(), self.width() - LEGEND)
        frame = QRectF(0.5, 0.5, side - 1, side - 1)
        painter.setPen(colors.color("line"))
        painter.drawRect(frame)
        painter.setPen(Qt.PenStyle.NoPen)
        for place, number in self._places(frame):
            painter.setBrush(colors.series(COLORS[number % len(COLORS)], 0.85))
            painter.drawEllipse(place, RADIUS, RADIUS)
        line = QFontMetricsF(self.font()).height() + 4
        for number, name in enumerate(self._names):
            top = line * (number + 0.5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.series(COLORS[number % len(COLORS)]))
            painter.drawEllipse(QPointF(side + 16, top), 4, 4)
            painter.setPen(colors.color("second"))
            middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(side + 26, top - line / 2, LEGEND, line), middle, name)
        painter.end()

    def _places(self, frame: QRectF) -> list[tuple[QPointF, int]]:
        """Where each point lies: both axes on the same scale, the second one upwards."""
        xs, ys = [p[0] for p in self._points], [p[1] for p in self._points]
        span = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
        scale = (frame.width() - 2 * EDGE) / span
        x0, y0 = (max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2
        center = frame.center()
        return [
            (QPointF(center.x() + (x - x0) * scale, center.y() - (y - y0) * scale), number)
            for x, y, number in self._points
        ]
