"""Moves the view with the mouse: the middle button, or the left one with Space held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt

from studio.app.canvas.tools.tool import Pointer

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView


class PanTool:
    """Lies over another gesture and gives way to it again: one can pan while wiring."""

    follows_edge = False
    needs_button = True

    def __init__(self, view: GraphView, at: QPoint, button: Qt.MouseButton) -> None:
        self.button = button
        self._view = view
        self._last = at
        view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        self._view.pan_by(pointer.view - self._last)
        self._last = pointer.view

    def release(self, pointer: Pointer) -> None:
        self._view.finish()

    def cancel(self) -> None:
        pass
