"""Cuts wires by a line drawn across them: with the right button and Ctrl, or with Y held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from studio.app.canvas import edits
from studio.app.canvas.edge_layer import DIMMED
from studio.app.canvas.tools.tool import Pointer
from studio.graph.model import Wire

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView


class CutTool:
    """Draws the line; what it crossed is dimmed, and cut when the button is let go."""

    follows_edge = False
    needs_button = True

    def __init__(self, view: GraphView, pressed: Pointer) -> None:
        self._view = view
        self.button = pressed.button
        self._line = [QPointF(pressed.scene)]
        self._crossed: dict[Wire, None] = {}
        view.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        graph = self._view.graph
        for wire in graph.edges.crossed(self._line[-1], pointer.scene):
            self._crossed[wire] = None
        self._line.append(QPointF(pointer.scene))
        graph.overlay.cut = self._line
        graph.overlay.refresh()
        graph.edges.set_states(dict.fromkeys(self._crossed, DIMMED))

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        wires = list(self._crossed)
        self._view.finish()
        edits.cut(self._view.session, wires)

    def cancel(self) -> None:
        pass
