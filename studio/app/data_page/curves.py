"""The columns of a series over time, one below the other, each as the range that it takes in a span."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QScrollArea, QWidget

from studio import quantities
from studio.app import theme
from studio.insight.data_look.facts import Curve
from studio.words import tr

LEAST, NAME, GAP = 64, 120, 8
"""pixels: of a curve's height, of the names at the left, between two curves"""


class CurvesView(QScrollArea):
    """Curves that share the width; they scroll where there are too many to be seen at once."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, widgetResizable=True)
        self.setObjectName("explore_curves")
        self._drawing = _Drawing()
        self.setWidget(self._drawing)
        theme.notifier().changed.connect(self._drawing.update)

    def display(self, curves: tuple[Curve, ...], trained: float) -> None:
        """Shows `curves`; the share `trained` of the time is for training, the rest for validation."""
        self._drawing.curves, self._drawing.trained = curves, trained
        self._drawing.setMinimumHeight(len(curves) * LEAST)
        self._drawing.update()


class _Drawing(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.curves: tuple[Curve, ...] = ()
        self.trained = 1.0

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.curves:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        height = self.height() / len(self.curves)
        for place, curve in enumerate(self.curves):
            area = QRectF(NAME, place * height + GAP / 2, self.width() - NAME - GAP, height - GAP)
            self._curve(painter, area, curve)
        self._border(painter)

    def _curve(self, painter: QPainter, area: QRectF, curve: Curve) -> None:
        colors = theme.current()
        low, high = min(curve.low), max(curve.high)
        span = (high - low) or 1.0
        step = area.width() / max(1, len(curve.low) - 1)

        def point(i: int, value: float) -> QPointF:
            return QPointF(area.left() + i * step, area.bottom() - (value - low) / span * area.height())

        above = [point(i, value) for i, value in enumerate(curve.high)]
        below = [point(i, value) for i, value in reversed(list(enumerate(curve.low)))]
        painter.setPen(QPen(colors.color("accent"), 1))
        painter.setBrush(colors.color("accent", 0.35))
        painter.drawPolygon(QPolygonF([*above, *below]))
        painter.setPen(colors.color("text"))
        left = QRectF(0, area.top(), NAME - GAP, area.height())
        name = painter.fontMetrics().elidedText(curve.name, Qt.TextElideMode.ElideRight, NAME - GAP - 44)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(left, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.setPen(colors.color("second"))
        right = Qt.AlignmentFlag.AlignRight
        painter.drawText(left, right | Qt.AlignmentFlag.AlignTop, quantities.significant(high))
        painter.drawText(left, right | Qt.AlignmentFlag.AlignBottom, quantities.significant(low))

    def _border(self, painter: QPainter) -> None:
        """A line where validation begins."""
        if not 0 < self.trained < 1:
            return
        x = NAME + (self.width() - NAME - GAP) * self.trained
        painter.setPen(QPen(theme.current().color("second"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.setPen(theme.current().color("second"))
        painter.drawText(QPointF(x + 4, 11), tr("validation"))
