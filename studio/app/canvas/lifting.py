"""Cards in the hand: lifted off the picture of the scene while they are dragged, and painted over it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QTransform

if TYPE_CHECKING:
    from studio.app.canvas.node_item import NodeItem
    from studio.app.canvas.scene import GraphScene


class Lift:
    """The cards that a gesture drags, with their wires. A step of the drag paints these and nothing else."""

    def __init__(self, graph: GraphScene) -> None:
        self._graph = graph
        self.cards: dict[str, NodeItem] = {}
        self.offset = (0, 0)
        """how far they are from where they were taken up"""
        self.by_color: dict[str, list[QRectF]] = {}
        self.chosen: list[QRectF] = []
        """where they were, by colour, and those of them that are selected"""
        self._from: list[tuple[NodeItem, float, float]] = []
        self._bounds = QRectF()
        self._shown = QRectF()

    def take(self, ids: Iterable[str]) -> None:
        """Takes cards up: what lies below is painted once without them."""
        self.drop()
        self.cards = {id_: self._graph.cards[id_] for id_ in ids}
        self.offset = (0, 0)
        self._from = [(card, card.pos().x(), card.pos().y()) for card in self.cards.values()]
        self._bounds, self.by_color, self.chosen = QRectF(), {}, []
        selected = self._graph.marks.selected
        for id_, card in self.cards.items():
            card.lifted = True
            self._bounds |= card.sceneBoundingRect()
            rect = QRectF(*card.box())
            self.by_color.setdefault(card.category, []).append(rect)
            if id_ in selected:
                self.chosen.append(rect)
        if self.cards:
            self._graph.stain(self._bounds)
        self._graph.edges.lift(self.cards)
        self._shown = self._bounds

    def move(self, offset: tuple[int, int], near: bool) -> None:
        """Shows them so far from where they were; `near` enough for curved wires, or not."""
        self.offset = offset
        for card, x, y in self._from:
            card.setPos(x + offset[0], y + offset[1])
        by = QPointF(*offset)
        around = self._bounds.translated(by).united(self._graph.edges.float_by(by, near))
        self._graph.overlay.changed.emit(self._shown.united(around))
        self._shown = around
        self._graph.refit_thumbs(self.cards)

    def drop(self) -> None:
        """Lets them go where they are."""
        if not self.cards:
            return
        self._graph.overlay.changed.emit(self._shown)
        for card in self.cards.values():
            card.lifted = False
            card.repaint()
        moved, self.cards, self._from = self.cards, {}, []
        self._graph.edges.settle()
        self._graph.changed_places.emit(moved)

    def draw(self, painter: QPainter, exposed: QRectF, transform: QTransform) -> None:
        """Paints them as from nearby; the painter works in pixels of the viewport, before and after."""
        if not self.cards:
            return
        painter.setWorldTransform(transform)
        self._graph.edges.draw_floating(painter, exposed)
        painter.resetTransform()
        zoom, left, top = transform.m11(), transform.dx(), transform.dy()
        for card in self.cards.values():
            at = card.pos()
            card.draw(painter, QPointF(left + at.x() * zoom, top + at.y() * zoom))
