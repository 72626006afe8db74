"""The canvas at rest: selects, and starts the other gestures. The rubber band is here too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtWidgets import QApplication

from studio.app.canvas import edits, hover
from studio.app.canvas.geometry import DOT_RADIUS
from studio.app.canvas.hover import PORT_REACH, WIRE_REACH
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.tools.connect import ConnectTool
from studio.app.canvas.tools.frame import FrameTool
from studio.app.canvas.tools.move import DuplicateTool, MoveTool
from studio.app.canvas.tools.tool import Pointer

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView


GRIP = DOT_RADIUS + 1


class SelectTool:
    """Waits for a press and decides by what lies under it which gesture begins."""

    follows_edge = False
    needs_button = False
    button = Qt.MouseButton.LeftButton

    def __init__(self, view: GraphView) -> None:
        self._view = view
        self._pressed: Pointer | None = None
        self._card: str | None = None

    def press(self, pointer: Pointer) -> None:
        self._pressed, self._card = None, None
        if pointer.button != Qt.MouseButton.LeftButton:
            return
        scene = self._view.graph
        reach = PORT_REACH / self._view.zoom
        port = scene.port_at(pointer.scene, reach)
        card = scene.card_at(pointer.scene)
        grabs_dot = card is not None and card.is_dot and _is_grip(card, pointer.scene)
        if port is not None and port[0].is_dot:
            port = (port[0], "in" if pointer.scene.y() < port[0].port("in", 0).y() else "out", 0)
        if port is not None and not pointer.shift and self._view.shows_ports and not grabs_dot:
            if pointer.alt:
                edits.cut(scene.session, hover.wires_of(scene, *port))
                return
            self._view.begin(ConnectTool.from_port(self._view, *port, pointer))
            return
        wire = None if card else scene.edges.edge_at(pointer.scene, WIRE_REACH / self._view.zoom)
        if wire is not None and pointer.alt:
            edits.cut(scene.session, [wire])
            return
        frame = scene.frames.at(pointer.scene, self._view.zoom) if card is None and wire is None else None
        if frame is not None:
            self._view.begin(FrameTool(self._view, *frame, pointer))
            return
        self._pressed = pointer
        if card is not None:
            self._card = card.node.id
            self._press_card(card.node.id, pointer)

    def _press_card(self, id_: str, pointer: Pointer) -> None:
        session = self._view.session
        if id_ not in session.selection and not (pointer.ctrl or pointer.shift):
            session.select((id_,))

    def move(self, pointer: Pointer) -> None:
        if self._pressed is None:
            self._hover(pointer)
            return
        if (pointer.view - self._pressed.view).manhattanLength() < QApplication.startDragDistance():
            return
        pressed, card = self._pressed, self._card
        self._pressed = None
        if card is None:
            self._view.begin(BandTool(self._view, pressed))
        elif pressed.ctrl:
            self._view.begin(DuplicateTool(self._view, self._dragged(card), pressed))
        else:
            self._view.begin(MoveTool(self._view, self._dragged(card), card, pressed, pressed.alt))
        self._view.tool.move(pointer)

    def _dragged(self, card: str) -> list[str]:
        """The cards a drag takes along: the selection when the card is in it."""
        session = self._view.session
        if card not in session.selection:
            session.select((card,))
        return list(session.selection)

    def release(self, pointer: Pointer) -> None:
        """It was a click: now the selection is what it says."""
        if self._pressed is None:
            return
        session, card = self._view.session, self._card
        self._pressed = None
        if card is None:
            if not (pointer.ctrl or pointer.shift):
                session.select(())
        elif pointer.ctrl or pointer.shift:
            chosen = [i for i in session.selection if i != card]
            session.select(chosen if card in session.selection else [*chosen, card])
        else:
            session.select((card,))

    def cancel(self) -> None:
        self._pressed = None

    def _hover(self, pointer: Pointer) -> None:
        hover.highlight(self._view, pointer.scene)


def _is_grip(dot: NodeItem, at: QPointF) -> bool:
    """Whether a press at a dot takes hold of it; at its rim a wire begins."""
    gap = dot.port("out", 0) - at
    return QPointF.dotProduct(gap, gap) <= GRIP**2


class BandTool:
    """Drags a rectangle; the cards in it are selected. Ctrl or Shift adds them."""

    follows_edge = True
    needs_button = True
    button = Qt.MouseButton.LeftButton

    def __init__(self, view: GraphView, pressed: Pointer) -> None:
        self._view = view
        self._from = QPointF(pressed.scene)
        self._before = view.session.selection
        self._kept = view.session.selection if pressed.ctrl or pressed.shift else ()

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        band = QRectF(self._from, pointer.scene).normalized()
        overlay = self._view.graph.overlay
        overlay.band = band
        overlay.refresh()
        inside = [
            card.node.id for card in self._view.graph.cards_in(band) if band.intersects(QRectF(*card.box()))
        ]
        self._view.session.select([*self._kept, *sorted(inside, key=self._rank)])

    def _rank(self, id_: str) -> int:
        return self._view.session.document.rank(self._view.session.network, id_)

    def release(self, pointer: Pointer) -> None:
        self._view.finish()

    def cancel(self) -> None:
        self._view.session.select(self._before)
