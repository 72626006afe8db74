"""What a gesture shows above the cards: the wire being drawn, guides, the rubber band, a card to come."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen, QPolygonF

from studio.app import theme as themes
from studio.app.canvas import painting, routing
from studio.app.canvas.geometry import CORNER, MARGIN, Rect
from studio.app.canvas.snapping import Guide


class Overlay(QObject):
    """Lies over the picture of the scene and is no part of it. A tool sets what is shown; `clear` at its end
    takes all away. `changed(QRectF)` says where in the scene it looks different."""

    changed = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._zoom = 1.0
        self._shown = QRectF()
        self.clear()

    def clear(self) -> None:
        self.band: QRectF | None = None
        self.guides: list[Guide] = []
        self.ghosts: list[Rect] = []
        self.wires: list[tuple[QPointF, QPointF]] = []
        self.cut: list[QPointF] = []
        """the line that cuts wires"""
        self.swipe: list[QPointF] = []
        """the line that arranges cards"""
        self.refused = False
        self.port: QPointF | None = None
        self.labels: list[tuple[QPointF, str, bool]] = []
        """where, what, and whether it stands above the point"""
        self.refresh()

    def begin_frame(self, zoom: float) -> None:
        self._zoom = zoom

    def refresh(self) -> None:
        """Repaints what was shown and what is shown now."""
        now = self._extent()
        changed = self._shown.united(now)
        if not changed.isEmpty():
            self.changed.emit(changed)
        self._shown = now

    def _extent(self) -> QRectF:
        found = QRectF()
        if self.band is not None:
            found = found.united(self.band)
        for left, top, width, height in self.ghosts:
            found = found.united(QRectF(left, top, width, height))
        for guide in self.guides:
            found = found.united(_guide_line(guide))
        for start, end in self.wires:
            found = found.united(routing.way(start, end, []).boundingRect().adjusted(-1, -1, 1, 1))
        for drawn in filter(None, (self.cut, self.swipe)):
            found = found.united(QPolygonF(drawn).boundingRect().adjusted(-1, -1, 1, 1))
        if self.port is not None:
            found = found.united(QRectF(self.port.x() - 12, self.port.y() - 12, 24, 24))
        reach = 40 / max(self._zoom, 0.01)
        for at, text, _ in self.labels:
            wide = (len(text) * 12 + 40) / max(self._zoom, 0.01)
            found = found.united(QRectF(at.x() - wide, at.y() - reach, 2 * wide, 2 * reach))
        margin = 2 * MARGIN / max(self._zoom, 0.05)
        return found.adjusted(-margin, -margin, margin, margin) if not found.isNull() else found

    # -- painting --------------------------------------------------------------------------------

    def draw(self, painter: QPainter) -> None:
        """Paints in scene units."""
        theme = themes.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.ghosts:
            self._draw_ghosts(painter, theme)
        for guide in self.guides:
            pen = QPen(theme.color("accent", 0.8), 1, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            line = _guide_line(guide)
            painter.drawLine(line.topLeft(), line.bottomRight())
        if self.wires:
            self._draw_wires(painter, theme)
        if self.port is not None:
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.setBrush(theme.color("accent", 0.3))
            painter.drawEllipse(self.port, 8, 8)
        for drawn, color in ((self.cut, "error"), (self.swipe, "accent")):
            pen = QPen(theme.color(color), 2, Qt.PenStyle.DashLine)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(drawn))
        if self.band is not None:
            pen = QPen(theme.color("accent"), 1)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.setBrush(theme.color("accent", 0.12))
            painter.drawRect(self.band)
        for at, text, above in self.labels:
            self._draw_label(painter, theme, at, text, above)

    def _draw_ghosts(self, painter: QPainter, theme: themes.Theme) -> None:
        painter.setPen(QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(theme.color("accent", 0.12))
        for left, top, width, height in self.ghosts:
            painter.drawRoundedRect(QRectF(left, top, width, height), CORNER, CORNER)

    def _draw_wires(self, painter: QPainter, theme: themes.Theme) -> None:
        pen = QPen(theme.color("error" if self.refused else "accent"), 2)
        pen.setCosmetic(True)
        if self.refused:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for start, end in self.wires:
            painter.drawPath(routing.way(start, end, []))

    def _draw_label(
        self, painter: QPainter, theme: themes.Theme, at: QPointF, text: str, above: bool
    ) -> None:
        """A small tip whose size stays the same at every zoom."""
        painter.save()
        painter.translate(at)
        painter.scale(1 / self._zoom, 1 / self._zoom)
        chosen = painting.font(11)
        width = QFontMetricsF(chosen).horizontalAdvance(text) + 14
        box = QRectF(-width / 2, -32 if above else 12, width, 20)
        painter.setPen(QPen(theme.color("error" if self.refused else "line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(box, 5, 5)
        painter.setFont(chosen)
        painter.setPen(theme.color("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
        painter.restore()


def _guide_line(guide: Guide) -> QRectF:
    if guide.vertical:
        return QRectF(guide.at, guide.start - 12, 0, guide.end - guide.start + 24)
    return QRectF(guide.start - 12, guide.at, guide.end - guide.start + 24, 0)
