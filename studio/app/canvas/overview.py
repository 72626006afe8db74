"""The far view, under 40 % zoom: a rectangle a card, a line a wire, painted in two passes and nothing more.

There a title would be seven pixels high, and nobody reads it. The lists are kept between frames and rebuilt
only when cards come or go; of a view on a part of the network, that part alone is painted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

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
BATCH = 1000
"""so many cards are painted over at a time"""

Batch = tuple[str, list[QRectF]]
"""A colour, and the cards to be filled with it."""


class Overview:
    """Paints a scene from afar."""

    def __init__(self, graph: GraphScene) -> None:
        self._graph = graph
        self._rects: dict[str, QRectF] = {}
        self._colors: dict[str, str] = {}
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
        edges, marked = self._graph.edges, self._graph.marks.selected
        span = self._graph.sceneRect()
        part = exposed.width() * exposed.height() < span.width() * span.height() * PART
        if part:
            inside = [card.node.id for card in self._graph.cards_in(exposed) if not card.lifted]
            by_color, marked = self._of(inside), marked.intersection(inside) if marked else marked
        elif self._graph.lift.cards:
            by_color = self._of(self._rects)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for frame in self._graph.frames.items.values():
            painter.fillRect(frame.rect().translated(frame.pos()), frame.ground())
        self._paint_lines(painter, edges.lines_in(exposed) if part else list(edges.lines.values()))
        self._paint_cards(painter, by_color, zoom)
        self._outline(painter, self._rects_of(marked), "accent", zoom)
        self.paint_faults(painter, zoom)

    def fills(self, zoom: float) -> bool:
        """Whether a card is nothing but its rectangle in one colour, so that it can be painted over."""
        return not self._outlined(zoom) and self._by_color is not None

    def batches(self, ids: frozenset[str]) -> list[Batch]:
        """What to paint over where `fills` holds: some cards were selected, or are no longer."""
        selected = self._graph.marks.selected
        chosen = ids if ids is selected else ids & selected
        plain = ids - chosen if len(chosen) < len(ids) else frozenset()
        found = [("accent", self._rects_of(chosen))]
        found += (self._collect() if len(plain) == len(self._rects) else self._of(plain)).items()
        return [(color, rects[i : i + BATCH]) for color, rects in found for i in range(0, len(rects), BATCH)]

    def paint_batch(self, painter: QPainter, batch: Batch) -> None:
        """Paints one of `batches`; the painter works in scene units."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(themes.current().color(batch[0]))
        painter.drawRects(batch[1])

    def takes(self, ids: frozenset[str]) -> bool:
        """Whether the outlines of cards that are selected now can be painted over what is there."""
        known = self._by_color is not None and not self._graph.lift.cards
        return known and ids <= self._graph.marks.selected and not self._graph.faces.faulty()

    def paint_outlines(self, painter: QPainter, ids: frozenset[str], zoom: float) -> None:
        """Outlines cards that were selected, where `takes` holds; the painter works in scene units."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._outline(painter, self._rects_of(ids), "accent", zoom)

    def _of(self, ids: Iterable[str]) -> dict[str, list[QRectF]]:
        """The rectangles of some cards, by colour."""
        found: dict[str, list[QRectF]] = {}
        rects, colors, lifted = self._rects, self._colors, self._graph.lift.cards
        for id_ in ids:
            if id_ in rects and id_ not in lifted:
                found.setdefault(colors[id_], []).append(rects[id_])
        return found

    def _rects_of(self, ids: Collection[str]) -> list[QRectF]:
        """The rectangles of those of some cards that are not in the hand."""
        rects, lifted = self._rects, self._graph.lift.cards
        if lifted:
            ids = [id_ for id_ in ids if id_ not in lifted]
        elif rects.keys() == ids:
            return list(rects.values())
        return [rect for rect in map(rects.get, ids) if rect is not None]

    def paint_faults(self, painter: QPainter, zoom: float) -> None:
        """Outlines the cards with a problem; the painter works in scene units."""
        faulty = self._graph.faces.faulty()
        for severity in ("warning", "error"):
            ids = [id_ for id_, found in faulty.items() if found == severity]
            self._outline(painter, self._rects_of(ids), severity, zoom)

    def paint_lifted(self, painter: QPainter, zoom: float) -> None:
        """Paints the cards that are dragged, with their wires; the painter works in scene units before."""
        lift = self._graph.lift
        if not lift.cards:
            return
        inner, outer = self._graph.edges.drifting()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_lines(painter, outer)
        painter.translate(*lift.offset)
        self._paint_lines(painter, inner)
        self._paint_cards(painter, lift.by_color, zoom)
        self._outline(painter, lift.chosen, "accent", zoom)

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
        """Outlines cards; those that are too small for an outline are filled.

        An outline is two of one pixel, one beside the other: one of two pixels costs twice as much.
        """
        if not rects:
            return
        theme = themes.current()
        if not self._outlined(zoom):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(color))
            painter.drawRects(rects)
            return
        pixel = 1 / (zoom * painter.device().devicePixelRatio())
        painter.setPen(_pen(theme.color(color), 1))
        painter.setBrush(theme.color(color, 0.35))
        painter.drawRects(rects)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.translate(-pixel, -pixel)
        painter.drawRects(rects)
        painter.translate(pixel, pixel)

    def _collect(self) -> dict[str, list[QRectF]]:
        if self._by_color is None:
            found: dict[str, list[QRectF]] = {}
            self._rects, self._colors = {}, {}
            for id_, card in self._graph.cards.items():
                self._rects[id_], self._colors[id_] = QRectF(*card.box()), card.category
                found.setdefault(self._colors[id_], []).append(self._rects[id_])
            self._by_color = found
        return self._by_color


def _pen(color: QColor, width: float) -> QPen:
    pen = QPen(color, width)
    pen.setCosmetic(True)
    return pen
