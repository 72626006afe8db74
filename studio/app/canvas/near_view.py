"""The view from nearby: frames, wires, and each card by its picture."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QTransform

from studio.app.canvas.scene import GraphScene

AT_A_TIME = 6
"""so many cards that wait for their picture are painted again in one frame"""


class NearView:
    """Paints parts of a scene, and knows which cards it owes a picture of their exact size."""

    def __init__(self, graph: GraphScene) -> None:
        self._graph = graph
        self._owed: dict[str, None] = {}

    def paint(self, painter: QPainter, exposed: QRectF, transform: QTransform) -> None:
        """Paints a part of the scene; the painter works in the pixels of the viewport, before and after."""
        graph, owed = self._graph, self._owed
        painter.setWorldTransform(transform)
        for frame in graph.frames.items.values():
            at = frame.pos()
            if frame.rect().translated(at).adjusted(-1, -1, 1, 1).intersects(exposed):
                painter.translate(at)
                frame.draw(painter)
                painter.translate(-at)
        graph.edges.draw(painter, exposed)
        painter.resetTransform()
        zoom, left, top = transform.m11(), transform.dx(), transform.dy()
        for card in reversed(graph.cards_in(exposed)):
            if card.lifted:
                continue
            at = card.pos()
            if card.draw(painter, QPointF(left + at.x() * zoom, top + at.y() * zoom)):
                owed.pop(card.node.id, None)
            else:
                owed[card.node.id] = None

    @property
    def owes(self) -> bool:
        return bool(self._owed)

    def forget(self) -> None:
        """No card is painted by itself any more."""
        self._owed.clear()

    def owed(self, visible: QRectF) -> list[QRectF]:
        """Where some of the cards in sight are that wait for their picture."""
        cards = self._graph.cards
        places = {id_: cards[id_].sceneBoundingRect() for id_ in self._owed if id_ in cards}
        waiting = [id_ for id_, rect in places.items() if rect.intersects(visible)]
        self._owed = dict.fromkeys(waiting[AT_A_TIME:])
        return [places[id_] for id_ in waiting[:AT_A_TIME]]
