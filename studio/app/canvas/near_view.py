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
        self._owed: dict[str, QRectF] = {}
        """where in the scene something stands in for a card's picture"""

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
            sharp = card.draw(painter, QPointF(left + at.x() * zoom, top + at.y() * zoom))
            id_ = card.node.id
            if not sharp:
                part = card.sceneBoundingRect() & exposed
                owed[id_] = owed[id_] | part if id_ in owed else part
            elif id_ in owed:
                owed[id_] = _without(owed[id_], exposed)
                if owed[id_].isEmpty():
                    del owed[id_]

    @property
    def owes(self) -> bool:
        return bool(self._owed)

    def forget(self) -> None:
        """No card is painted by itself any more."""
        self._owed.clear()

    def owed(self, visible: QRectF) -> list[QRectF]:
        """Where some of the cards in sight are that wait for their picture."""
        cards = self._graph.cards
        waiting = [
            (id_, rect) for id_, rect in self._owed.items() if id_ in cards and rect.intersects(visible)
        ]
        self._owed = dict(waiting[AT_A_TIME:])
        return [cards[id_].sceneBoundingRect() for id_, _ in waiting[:AT_A_TIME]]


def _without(rect: QRectF, painted: QRectF) -> QRectF:
    """What is left of a rectangle where a part of it was painted: the rectangle around that."""
    left, right = rect.left() >= painted.left(), rect.right() <= painted.right()
    top, bottom = rect.top() >= painted.top(), rect.bottom() <= painted.bottom()
    found = QRectF(rect)
    if not rect.intersects(painted):
        return found
    if left and right and top and bottom:
        return QRectF()
    if left and right and top:
        found.setTop(painted.bottom())
    elif left and right and bottom:
        found.setBottom(painted.top())
    elif top and bottom and left:
        found.setLeft(painted.right())
    elif top and bottom and right:
        found.setRight(painted.left())
    return found
