"""The far view, under 40 % zoom: a rectangle a card, a line a wire, painted in two passes and nothing more.

There a title would be seven pixels high, and nobody reads it. The lists are kept between frames and rebuilt
only when cards come or go; of a view on a part of the network, that part alone is painted.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPen

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.app.canvas.scene import GraphScene

OVERVIEW_BELOW = 0.4
PART = 0.5
"""a view on less than this share of the network asks what is in it"""


class Overview:
    """Paints a scene from afar."""

    def __init__(self, graph: GraphScene) -> None:
        self._graph = graph
        self._rects: dict[str, QRectF] = {}
        self._by_color: dict[str, list[QRectF]] | None = None
        graph.changed_cards.connect(self.forget)
        graph.changed_places.connect(self._move)

    def forget(self) -> None:
        self._by_color = None

    def _move(self, ids: Iterable[str]) -> None:
        """Cards are dragged: their rectangles, which the lists hold, go along."""
        for id_ in ids if self._by_color is not None else ():
            if id_ in self._rects:
                self._rects[id_].moveTo(self._graph.cards[id_].pos())

    def paint(self, painter: QPainter, exposed: QRectF) -> None:
        """Paints the cards and wires of a part of the scene; the painter works in scene units."""
        by_color = self._collect()
        edges = self._graph.edges
        span = self._graph.sceneRect()
        if exposed.width() * exposed.height() < span.width() * span.height() * PART:
            by_color = self._within(exposed)
            lines = edges.lines_in(exposed)
        else:
            lines = list(edges.lines.values())
        theme = themes.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for frame in self._graph.frames.items.values():
            painter.fillRect(frame.rect().translated(frame.pos()), frame.ground())
        pen = QPen(painting.blend(theme.color("second"), theme.color("canvas"), 0.45), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        if lines:
            painter.drawLines(lines)
        drifting, offset = edges.drifting()
        if drifting:
            painter.translate(offset)
            painter.drawLines(drifting)
            painter.translate(-offset)
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

    def _within(self, exposed: QRectF) -> dict[str, list[QRectF]]:
        """The rectangles of the cards in a part of the scene, by colour."""
        found: dict[str, list[QRectF]] = {}
        for card in self._graph.cards_in(exposed):
            found.setdefault(card.category, []).append(self._rects[card.node.id])
        return found

    def _collect(self) -> dict[str, list[QRectF]]:
        if self._by_color is None:
            found: dict[str, list[QRectF]] = {}
            self._rects = {}
            for id_, card in self._graph.cards.items():
                rect = QRectF(card.pos().x(), card.pos().y(), card.shape_.width, card.shape_.height)
                self._rects[id_] = rect
                found.setdefault(card.category, []).append(rect)
            self._by_color = found
        return self._by_color
