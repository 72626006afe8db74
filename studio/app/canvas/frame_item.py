"""A frame on the scene: a coloured ground below wires and cards, with its title in a strip at its top."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.app.canvas.frame_edits import TITLE
from studio.app.canvas.geometry import CORNER
from studio.graph.frames import Frame
from studio.words import Message

COLOR_NAMES = {
    "second": Message("Grey frame"),
    "convolution": Message("Blue frame"),
    "normalisation": Message("Green frame"),
    "activation": Message("Orange frame"),
    "attention": Message("Pink frame"),
    "recurrent": Message("Violet frame"),
}
"""what a frame may be coloured, by the names of the colour table"""
CORNER_GRIP = 14
Part = Literal["title", "corner"]


class FrameItem(QGraphicsRectItem):
    """Shows one frame. Its place while it is dragged is the item's; the document's is `frame`."""

    def __init__(self, id_: str, frame: Frame, stain: Callable[[QRectF], None]) -> None:
        super().__init__()
        self._stain = stain
        self.id = id_
        self.frame = frame
        self.setPen(Qt.PenStyle.NoPen)
        self.setZValue(-2)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.show_frame(frame)

    def show_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.show_at(QPointF(*frame.at), frame.size)

    def show_at(self, at: QPointF, size: tuple[int, int]) -> None:
        """Shows it elsewhere, or in another size, than the document has it."""
        self.repaint()
        self.setPos(at)
        self.setRect(QRectF(0, 0, *size))
        self.repaint()

    def repaint(self) -> None:
        """It looks different where it is."""
        if not self.rect().isEmpty():
            self._stain(self.sceneBoundingRect())

    def _color(self) -> str:
        return self.frame.color if self.frame.color in COLOR_NAMES else "second"

    def ground(self) -> QColor:
        """What it is filled with from afar."""
        return themes.current().color(self._color(), 0.22)

    def part_at(self, at: QPointF, zoom: float) -> Part | None:
        """What of it can be taken hold of at a point of the scene."""
        inner, rect = at - self.pos(), self.rect()
        grip = CORNER_GRIP / min(zoom, 1.0)
        if QRectF(rect.right() - grip, rect.bottom() - grip, grip, grip).contains(inner):
            return "corner"
        return "title" if QRectF(0, 0, rect.width(), TITLE).contains(inner) else None

    def draw(self, painter: QPainter) -> None:
        """Paints it with its corner at the origin, in scene units."""
        theme, color = themes.current(), self._color()
        rect = self.rect().adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(theme.color(color, 0.7), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(theme.color(color, 0.09))
        painter.drawRoundedRect(rect, CORNER, CORNER)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(color, 0.22))
        painter.drawRoundedRect(QRectF(rect.left(), rect.top(), rect.width(), TITLE), CORNER, CORNER)
        chosen = painting.font(13, bold=True)
        room = QRectF(rect.left() + 12, rect.top(), rect.width() - 24, TITLE)
        text = QFontMetricsF(chosen).elidedText(self.frame.title, Qt.TextElideMode.ElideRight, room.width())
        painter.setFont(chosen)
        painter.setPen(theme.color("text"))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), text)
        painter.setPen(pen)
        end = rect.bottomRight()
        for step in (5.0, 9.0):
            painter.drawLine(end - QPointF(step, 1), end - QPointF(1, step))
