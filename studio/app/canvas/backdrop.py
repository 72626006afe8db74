"""What lies under the cards: the dotted ground, and on an empty canvas a word on how to begin."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF, QTransform

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.words import tr

SPACING = 24
NEAREST = 14.0
"""dots are never nearer on screen than this; from farther away, every second or fourth is shown"""
GRID = 32
"""so many dots across and down are painted at a time"""


def step(zoom: float) -> float:
    """The distance of two dots on screen."""
    gap = SPACING * zoom
    while gap < NEAREST:
        gap *= 2
    return gap


def paint(painter: QPainter, exposed: QRect, origin: QPointF, zoom: float) -> None:
    """Fills a part of the viewport, in whose pixels the painter works and to which it is clipped; `origin` is
    the scene's.

    A dot stands on the pixel next to its place: for a camera that moved by whole pixels it moved by as many.
    """
    theme, gap = themes.current(), step(zoom)
    painter.fillRect(exposed, theme.color("canvas"))
    left, right = _dots(exposed.left(), exposed.width(), origin.x(), gap)
    top, bottom = _dots(exposed.top(), exposed.height(), origin.y(), gap)
    pen = QPen(theme.color("dots"), 2)
    pen.setCosmetic(True)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(pen)
    for row in range(top, bottom, GRID):
        for column in range(left, right, GRID):
            painter.setTransform(
                QTransform(gap, 0, 0, gap, origin.x() + column * gap, origin.y() + row * gap)
            )
            painter.drawPoints(_grid(_rounded(right - column), _rounded(bottom - row)))
    painter.resetTransform()


def _dots(start: int, length: int, origin: float, gap: float) -> tuple[int, int]:
    """The first dot of a stretch, counted from the scene's origin, and the one behind its last."""
    return math.floor((start - 2 - origin) / gap), math.ceil((start + length + 2 - origin) / gap) + 1


def _rounded(count: int) -> int:
    """At least so many, or `GRID`: a power of two, for which points are soon at hand."""
    return min(GRID, 1 << (count - 1).bit_length())


@lru_cache(maxsize=64)
def _grid(across: int, down: int) -> QPolygonF:
    """Points one apart."""
    return QPolygonF([QPointF(x, y) for y in range(down) for x in range(across)])


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
