"""The far view, under 30 % zoom: a rectangle a card, a line a wire, painted in two passes and nothing more.

The lists are kept between frames and only rebuilt when cards come, go or move.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPen

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.app.canvas.scene import GraphScene

OVERVIEW_BELOW = 0.3


class Overview:
    """Paints a scene from afar."""

    def __init__(self, graph: GraphScene) -> None:
        self._graph = graph
        self._rects: dict[str, QRectF] = {}
        self._by_color: dict[str, list[QRectF]] | None = None
        self._lines: list[QLineF] = []
        graph.changed_cards.connect(self.forget)
        graph.changed_places.connect(self.forget)

    def forget(self) -> None:
        self._by_color = None

    def paint(self, painter: QPainter) -> None:
        """Paints all cards and wires; the painter works in scene units."""
        by_color = self._collect()
        theme = themes.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for frame in self._graph.frames.items.values():
            painter.fillRect(frame.rect().translated(frame.pos()), frame.ground())
        pen = QPen(painting.blend(theme.color("second"), theme.color("canvas"), 0.45), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        if self._lines:
            painter.drawLines(self._lines)
        pen = QPen(theme.color("canvas"), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        for category, rects in by_color.items():
            painter.setBrush(theme.color(category))
            painter.drawRects(rects)
        self._outline(painter, theme, self._graph.session.selection, "accent")
        for severity in ("warning", "error"):
            ids = [id_ for id_, found in self._graph.faulty().items() if found == severity]
            self._outline(painter, theme, ids, severity)
        painter.setPen(pen)

    def _outline(self, painter: QPainter, theme: themes.Theme, ids: Iterable[str], color: str) -> None:
        rects = [self._rects[id_] for id_ in ids if id_ in self._rects]
        if rects:
            pen = QPen(theme.color(color), 2)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.setBrush(theme.color(color, 0.35))
            painter.drawRects(rects)

    def _collect(self) -> dict[str, list[QRectF]]:
        if self._by_color is None:
            found: dict[str, list[QRectF]] = {}
            self._rects = {}
            for id_, card in self._graph.cards.items():
                rect = QRectF(card.pos().x(), card.pos().y(), card.shape_.width, card.shape_.height)
                self._rects[id_] = rect
                found.setdefault(card.category, []).append(rect)
            self._by_color = found
            self._lines = list(self._graph.edges.overview_lines.values())
        return self._by_color
