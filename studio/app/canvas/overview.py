"""The far view, under 40 % zoom: a rectangle a card, a line a wire, painted in two passes and nothing more.

There a title would be seven pixels high, and nobody reads it. The lists are kept between frames and rebuilt
only when cards come or go; of a view on a part of the network, that part alone is painted.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.app.canvas.scene import GraphScene

OVERVIEW_BELOW = 0.4
OUTLINES_FROM = 0.18
"""the zoom from which a card, ten pixels high, has an outline also in a crowd"""
CROWD = 2000
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
        """Cards were moved: their rectangles, which the lists hold, go along."""
        for id_ in ids if self._by_color is not None else ():
            if id_ in self._rects:
                self._rects[id_].moveTo(self._graph.cards[id_].pos())

    def paint(self, painter: QPainter, exposed: QRectF, zoom: float) -> None:
        """Paints the cards and wires of a part of the scene; the painter works in scene units."""
        by_color = self._collect()
        edges, lifted = self._graph.edges, self._graph.lift.cards
        span = self._graph.sceneRect()
        if exposed.width() * exposed.height() < span.width() * span.height() * PART:
            by_color = self._within(exposed)
            lines = edges.lines_in(exposed)
        else:
            lines = list(edges.lines.values())
            if lifted:
                by_color = self._without(lifted)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for frame in self._graph.frames.items.values():
            painter.fillRect(frame.rect().translated(frame.pos()), frame.ground())
        self._paint_lines(painter, lines)
        self._paint_cards(painter, by_color, zoom)
        self._outline(painter, self._rects_of(self._graph.marks.selected), "accent", zoom)
        self._paint_faults(painter, zoom)

    def fills(self, zoom: float) -> bool:
        """Whether a card is nothing but its rectangle in one colour, so that it can be painted over."""
        return not self._outlined(zoom) and self._by_color is not None

    def paint_again(self, painter: QPainter, ids: frozenset[str], zoom: float) -> None:
        """Paints some cards over themselves where `fills` holds: they were selected, or are no longer."""
        chosen = ids & self._graph.marks.selected
        plain = ids - chosen
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        every = len(plain) == len(self._rects)
        self._paint_cards(painter, self._collect() if every else self._of(plain), zoom)
        self._outline(painter, self._rects_of(chosen), "accent", zoom)
        self._paint_faults(painter, zoom)

    def _of(self, ids: Iterable[str]) -> dict[str, list[QRectF]]:
        """The rectangles of some cards, by colour."""
        found: dict[str, list[QRectF]] = {}
        for id_ in ids:
            if id_ in self._rects and id_ not in self._graph.lift.cards:
                found.setdefault(self._graph.cards[id_].category, []).append(self._rects[id_])
        return found

    def _rects_of(self, ids: Collection[str]) -> list[QRectF]:
        """The rectangles of those of some cards that are not in the hand."""
        rects, lifted = self._rects, self._graph.lift.cards
        if lifted:
            ids = [id_ for id_ in ids if id_ not in lifted]
        elif rects.keys() == ids:
            return list(rects.values())
        return [rect for rect in map(rects.get, ids) if rect is not None]

    def _paint_faults(self, painter: QPainter, zoom: float) -> None:
        faulty = self._graph.faces.faulty()
        for severity in ("warning", "error"):
            ids = [id_ for id_, found in faulty.items() if found == severity]
            self._outline(painter, self._rects_of(ids), severity, zoom)

    def paint_lifted(self, painter: QPainter, zoom: float) -> None:
        """Paints the cards that are dragged, with their wires; the painter works in scene units."""
        graph = self._graph
        if not graph.lift.cards:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_lines(painter, graph.edges.drifting())
        by_color: dict[str, list[QRectF]] = {}
        chosen: list[QRectF] = []
        selected = graph.marks.selected
        for id_, card in graph.lift.cards.items():
            rect = QRectF(*card.box())
            by_color.setdefault(card.category, []).append(rect)
            if id_ in selected:
                chosen.append(rect)
        self._paint_cards(painter, by_color, zoom)
        self._outline(painter, chosen, "accent", zoom)

    def _paint_lines(self, painter: QPainter, lines: list[QLineF]) -> None:
        theme = themes.current()
        painter.setPen(_pen(painting.blend(theme.color("second"), theme.color("canvas"), 0.45), 1))
        if lines:
            painter.drawLines(lines)

    def _paint_cards(self, painter: QPainter, by_color: dict[str, list[QRectF]], zoom: float) -> None:
        theme = themes.current()
        painter.setPen(_pen(theme.color("canvas"), 1) if self._outlined(zoom) else Qt.PenStyle.NoPen)
        for category, rects in by_color.items():
            painter.setBrush(theme.color(category))
            painter.drawRects(rects)

    def _outlined(self, zoom: float) -> bool:
        return zoom >= OUTLINES_FROM or len(self._graph.cards) < CROWD

    def _outline(self, painter: QPainter, rects: list[QRectF], color: str, zoom: float) -> None:
        """Outlines cards; those that are too small for an outline are filled."""
        if not rects:
            return
        theme = themes.current()
        fine = self._outlined(zoom)
        painter.setPen(_pen(theme.color(color), 2) if fine else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(color, 0.35) if fine else theme.color(color))
        painter.drawRects(rects)

    def _without(self, lifted: Container[str]) -> dict[str, list[QRectF]]:
        """The rectangles of all cards but some, by colour."""
        found: dict[str, list[QRectF]] = {}
        for id_, card in self._graph.cards.items():
            if id_ not in lifted:
                found.setdefault(card.category, []).append(self._rects[id_])
        return found

    def _within(self, exposed: QRectF) -> dict[str, list[QRectF]]:
        """The rectangles of the cards in a part of the scene, by colour."""
        found: dict[str, list[QRectF]] = {}
        for card in self._graph.cards_in(exposed):
            if not card.lifted:
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


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen
