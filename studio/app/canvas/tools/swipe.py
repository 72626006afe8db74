"""Arranges by a swipe with A held: over several cards it aligns them, from one it lays out its branch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, Qt

from studio.app.canvas import arranging, wire_edits
from studio.app.canvas.arranging import Places
from studio.app.canvas.tools.tool import Pointer
from studio.graph import order
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

_STEP = 12.0
"""how far apart the points of the line are at which a card is looked for, in scene units"""
_SHORT = 24
"""a swipe from one card says nothing until it is so long, in pixels"""


class SwipeTool:
    """Shows where the cards would go while the line is drawn, and puts them there when it ends.

    Cards that a line down passes come to stand in a column, those of a line across in a row. A line from one
    card down to no other lays out what it feeds, one up what feeds it; the card stays where it is.
    """

    follows_edge = False
    needs_button = True

    def __init__(self, view: GraphView, pressed: Pointer) -> None:
        self._view = view
        self.button = pressed.button
        self._start = pressed
        self._last = QPointF(pressed.scene)
        self._passed: dict[str, None] = {}
        self._places: Places = {}
        self._label: Message | None = None
        view.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        view = self._view
        self._pass(pointer.scene)
        self._places, self._label, said = self._wanted(pointer)
        rects = view.graph.rects()
        overlay = view.graph.overlay
        overlay.swipe = [self._start.scene, pointer.scene]
        overlay.ghosts = [(*at, *rects[id_][2:]) for id_, at in self._places.items()]
        overlay.labels = [(pointer.scene, said, False)] if said else []
        overlay.refresh()
        view.graph.set_targets([*self._passed])

    def _pass(self, to: QPointF) -> None:
        """Takes up the cards between the last point and this one."""
        line = QLineF(self._last, to)
        steps = max(1, int(line.length() / _STEP))
        for step in range(steps + 1):
            card = self._view.graph.card_at(line.pointAt(step / steps))
            if card is not None:
                self._passed[card.node.id] = None
        self._last = QPointF(to)

    def _wanted(self, pointer: Pointer) -> tuple[Places, Message | None, str]:
        """Where which cards go, the name of that step, and what is said of it."""
        across, down = pointer.view.x() - self._start.view.x(), pointer.view.y() - self._start.view.y()
        ids, rects = list(self._passed), self._view.graph.rects()
        if len(ids) > 1:
            label = Message("Align {count} nodes", count=len(ids))
            if abs(across) > abs(down):
                return arranging.in_a_row(ids, rects), label, tr("{count} cards in a row", count=len(ids))
            return arranging.in_a_column(ids, rects), label, tr("{count} cards in a column", count=len(ids))
        if not ids or abs(down) < _SHORT:
            return {}, None, ""
        return self._branch(ids[0], down > 0)

    def _branch(self, held: str, below: bool) -> tuple[Places, Message | None, str]:
        graph, session = self._view.graph, self._view.session
        network = session.document.network(session.network)
        found = (order.downstream if below else order.upstream)(network, held) - {held}
        ids = [id_ for id_ in network.nodes if id_ in found and id_ in graph.cards]
        if not ids:
            return {}, None, ""
        wires = [(wire.source, wire.target) for wire in network.wires()]
        places = arranging.branch(held, ids, graph.rects(), wires)
        if below:
            return places, Message("Lay out what {node} feeds", node=held), tr("What {node} feeds", node=held)
        return places, Message("Lay out what feeds {node}", node=held), tr("What feeds {node}", node=held)

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        view, places, label = self._view, self._places, self._label
        view.finish()
        if label is not None:
            before = view.graph.rects()
            wire_edits.arrange(view.session, label, places)
            view.arranged.emit({id_: before[id_][:2] for id_ in places})

    def cancel(self) -> None:
        pass
