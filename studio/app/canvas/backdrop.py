"""What lies under the cards: the dotted ground, and on an empty canvas a word on how to begin."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.words import tr

SPACING = 24
NEAREST = 14.0
"""dots are never nearer on screen than this; from farther away, every second or fourth is shown"""


def step(zoom: float) -> float:
    """The distance of two dots on screen."""
    gap = SPACING * zoom
    while gap < NEAREST:
        gap *= 2
    return gap


class Backdrop:
    """The ground with its dots. A zoom that stays is drawn once and then only copied; panning moves it."""

    def __init__(self) -> None:
        self._zoom = 0.0
        self._size = QSize()
        self._picture: QPixmap | None = None

    def forget(self) -> None:
        self._zoom = 0.0

    def paint(self, painter: QPainter, exposed: QRect, room: QWidget, origin: QPointF, zoom: float) -> None:
        """Fills the exposed part of `room`; the painter works in its pixels. `origin` is the scene's."""
        gap = step(zoom)
        offset = QPointF(origin.x() % gap - gap, origin.y() % gap - gap)
        if (zoom, room.size()) != (self._zoom, self._size):
            self._zoom, self._size, self._picture = zoom, room.size(), None
            painter.fillRect(exposed, themes.current().color("canvas"))
            _draw(painter, room.width(), room.height(), offset, gap)
            return
        if self._picture is None:
            self._picture = self._make(gap, room.devicePixelRatioF())
        painter.drawPixmap(QPointF(round(offset.x()), round(offset.y())), self._picture)

    def _make(self, gap: float, ratio: float) -> QPixmap:
        width, height = self._size.width() + 2 * gap, self._size.height() + 2 * gap
        picture = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(themes.current().color("canvas"))
        painter = QPainter(picture)
        _draw(painter, width, height, QPointF(0, 0), gap)
        painter.end()
        return picture


@cache
def _grid(across: int, down: int) -> QPolygonF:
    """Points one apart."""
    return QPolygonF([QPointF(x, y) for y in range(down) for x in range(across)])


def _draw(painter: QPainter, width: float, height: float, offset: QPointF, gap: float) -> None:
    """Sets the dots of a room of this size, the first at `offset`."""
    sheet = 32
    pen = QPen(themes.current().color("dots"), 2)
    pen.setCosmetic(True)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(pen)
    painter.translate(offset)
    painter.scale(gap, gap)
    across, down = (
        math.ceil((width - offset.x()) / gap / sheet),
        math.ceil((height - offset.y()) / gap / sheet),
    )
    for row in range(down):
        for column in range(across):
            painter.translate(column * sheet, row * sheet)
            painter.drawPoints(_grid(sheet, sheet))
            painter.translate(-column * sheet, -row * sheet)
    painter.restore()


def paint_hint(painter: QPainter, room: QRect) -> None:
    """What an empty canvas says."""
    theme = themes.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QRectF(room).center()
    card = QRectF(middle.x() - 92, middle.y() - 64, 184, 56)
    painter.setPen(QPen(theme.color("line"), 1.5, Qt.PenStyle.DashLine))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(card, 8, 8)
    painter.setPen(QPen(theme.color("second"), 1.6))
    center = card.center()
    painter.drawLine(center - QPointF(7, 0), center + QPointF(7, 0))
    painter.drawLine(center - QPointF(0, 7), center + QPointF(0, 7))
    painter.setFont(painting.font(13))
    painter.setPen(theme.color("second"))
    text = QRectF(room.left(), middle.y() + 8, room.width(), 24)
    center_flag = int(Qt.AlignmentFlag.AlignCenter)
    painter.drawText(text, center_flag, tr("Drag a layer here, or press Space to search"))
