"""A small chart: lines and points over an axis that may go by the logarithm. Painted, nothing to import."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.app import theme

LEFT, RIGHT, TOP, BOTTOM = 52, 14, 12, 34
TICK = 4
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Series:
    """Points in one colour of the theme, joined by a line or as dots."""

    points: Sequence[Point]
    color: str = "accent"
    dots: bool = False
    width: float = 1.6
    counts: bool = True
    """whether all of it has to be in view"""


class Chart(QWidget):
    """`mark` is where a vertical line stands, with the text beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series: tuple[Series, ...] = ()
        self.log = False
        self.x_title = self.y_title = ""
        self.mark: float | None = None
        self.mark_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 150)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 240)

    def show_series(self, *series: Series, mark: float | None = None, mark_text: str = "") -> None:
        self.series, self.mark, self.mark_text = series, mark, mark_text
        self.update()

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place = QRectF(LEFT, TOP, self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM)
        self._paint_frame(painter, place)
        points = [p for series in self.series for p in series.points]
        if not points or place.width() < 20 or place.height() < 20:
            return
        x_span = _span([self._x(x) for x, _ in points], 0.02)
        y_span = _span([y for series in self.series if series.counts for _, y in series.points], 0.06)
        self._paint_ticks(painter, place, x_span, y_span)
        painter.save()
        painter.setClipRect(place.adjusted(-4, -4, 4, 4))
        for series in self.series:
            self._paint_series(painter, place, series, x_span, y_span)
        painter.restore()
        if self.mark is not None:
            self._paint_mark(painter, place, _to(self._x(self.mark), x_span, place.left(), place.right()))

    def _x(self, x: float) -> float:
        return math.log10(x) if self.log else x

    def _paint_frame(self, painter: QPainter, place: QRectF) -> None:
        colors = theme.current()
        painter.setPen(QPen(colors.color("line"), 1))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.drawLine(place.topLeft(), place.bottomLeft())
        painter.setPen(colors.color("second"))
        below = QRectF(place.left(), self.height() - 17, place.width(), 16)
        painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self.x_title)
        beside = QRectF(place.left() + 6, place.top() - 8, place.width(), 16)
        painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, self.y_title)

    def _paint_ticks(self, painter: QPainter, place: QRectF, xs: Point, ys: Point) -> None:
        colors = theme.current()
        for value in _ticks(xs, max(2, int(place.width() / 80)), whole=self.log):
            x = _to(value, xs, place.left(), place.right())
            painter.setPen(colors.color("dots"))
            painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
            painter.setPen(colors.color("second"))
            text = _power(value) if self.log else f"{value:g}"
            painter.drawText(
                QRectF(x - 40, place.bottom() + TICK, 80, 14), Qt.AlignmentFlag.AlignCenter, text
            )
        for value in _ticks(ys, max(2, int(place.height() / 40))):
            y = _to(value, ys, place.bottom(), place.top())
            painter.setPen(colors.color("dots"))
            painter.drawLine(QPointF(place.left(), y), QPointF(place.right(), y))
            painter.setPen(colors.color("second"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, place.left() - TICK - 2, 16), right, f"{value:.4g}")

    def _paint_series(self, painter: QPainter, place: QRectF, series: Series, xs: Point, ys: Point) -> None:
        color = theme.current().series(series.color)
        shown = [
            QPointF(_to(self._x(x), xs, place.left(), place.right()), _to(y, ys, place.bottom(), place.top()))
            for x, y in series.points
            if math.isfinite(y)
        ]
        if series.dots:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color)
            for at in shown:
                painter.drawEllipse(at, 3.5, 3.5)
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, series.width))
        painter.drawPolyline(QPolygonF(shown))

    def _paint_mark(self, painter: QPainter, place: QRectF, x: float) -> None:
        color = theme.current().ink("good")
        painter.setPen(QPen(color, 1.4, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, place.top()), QPointF(x, place.bottom()))
        painter.setPen(color)
        room = 120
        left = x + 6 if x + room < place.right() else x - room - 6
        align = Qt.AlignmentFlag.AlignLeft if left > x else Qt.AlignmentFlag.AlignRight
        at = QRectF(left, place.top() + 10, room, 16)
        painter.drawText(at, align | Qt.AlignmentFlag.AlignVCenter, self.mark_text)


def _span(values: Sequence[float], beyond: float) -> Point:
    good = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(good), max(good)
    room = (high - low) * beyond or max(abs(low) * 0.05, 0.5)
    return low - room, high + room


def _to(value: float, span: Point, begin: float, end: float) -> float:
    return begin + (value - span[0]) / (span[1] - span[0]) * (end - begin)


def _ticks(span: Point, most: int, whole: bool = False) -> list[float]:
    """Round values within the span, `most` of them at most."""
    width = span[1] - span[0]
    base = 10 ** math.floor(math.log10(width / most))
    steps = (base * factor for factor in (1, 2, 5, 10, 20))
    step = next(step for step in steps if width / step <= most)
    if whole:
        step = max(1.0, math.ceil(step))
    first = math.ceil(span[0] / step)
    count = math.floor(span[1] / step) - first + 1
    return [round((first + i) * step, 10) for i in range(max(0, count))]


def _power(exponent: float) -> str:
    return f"1e{int(exponent)}"
