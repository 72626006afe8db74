"""A type dragged from the palette: a card to come, on the canvas or in a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from studio.app.canvas import edits
from studio.app.canvas.edge_layer import HOT
from studio.app.canvas.geometry import CARD_HEIGHT, Rect
from studio.app.canvas.placing import free_place
from studio.app.canvas.tools.tool import Pointer
from studio.catalog import ports
from studio.graph.model import Wire

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

WIRE_REACH = 16


class PlaceTool:
    """Follows a drag with a ghost of the card; the drop adds it, in the wire under the mouse if any.

    With Shift held it stays out of wires.
    """

    follows_edge = False
    needs_button = False
    button = Qt.MouseButton.LeftButton

    def __init__(self, view: GraphView, type_: str) -> None:
        self._view = view
        self._type = type_
        node = edits.fresh_node(view.session, type_)
        project = view.session.document.data()
        self._width = float(edits.width_of(view.session, node))
        self._passes_on = bool(ports.outputs(node, project)) and ports.free_slot(node, project) is not None
        self._wire: Wire | None = None

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        graph = self._view.graph
        wire = None
        if self._passes_on and not pointer.shift and graph.card_at(pointer.scene) is None:
            wire = graph.edges.edge_at(pointer.scene, WIRE_REACH / self._view.zoom)
        self._wire = wire
        graph.edges.set_states({wire: HOT} if wire else {})
        graph.overlay.ghosts = [self._ghost(pointer.scene)]
        graph.overlay.refresh()

    def _ghost(self, at: QPointF) -> Rect:
        if self._wire is not None:
            return self._around(at)
        left, top = self._place(at)
        return (left, top, self._width, float(CARD_HEIGHT))

    def _around(self, at: QPointF) -> Rect:
        return (at.x() - self._width / 2, at.y() - CARD_HEIGHT / 2, self._width, float(CARD_HEIGHT))

    def _place(self, at: QPointF) -> tuple[int, int]:
        wanted = self._around(at)
        return free_place(wanted, self._view.graph.rects_near(wanted))

    def release(self, pointer: Pointer) -> None:
        """The drop."""
        self.move(pointer)
        view, wire = self._view, self._wire
        at = self._place(pointer.scene)
        view.finish()
        if wire is not None:
            near = (pointer.scene.x(), pointer.scene.y())
            edits.insert(view.session, self._type, wire, view.graph.rects(), near)
        else:
            edits.add(view.session, self._type, at)

    def cancel(self) -> None:
        pass
