"""A mouse that drags something to the border of the view scrolls it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer

from studio.app.canvas.tools.tool import Pointer

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

BORDER = 24
"""within so many pixels of the border"""
STEP = 14


class BorderScroll(QTimer):
    """Ticks while a gesture that follows the border is under way, and tells its tool where the mouse is."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view, interval=16)
        self._view = view
        self.timeout.connect(self._tick)

    def _tick(self) -> None:
        view, at = self._view, self._view.under
        if at is None:
            return
        room = view.viewport().rect()
        step = QPoint(_outside(at.x(), room.width()), _outside(at.y(), room.height()))
        if not step.isNull():
            view.pan_by(-step)
            scene = view.viewportTransform().inverted()[0].map(QPointF(at))
            no_button, no_key = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier
            view.tool.move(Pointer(scene, at, no_button, no_key))


def _outside(at: int, room: int) -> int:
    """How far to scroll for a mouse at `at` of a border to border `room`."""
    if at < BORDER:
        return -STEP
    return STEP if at > room - BORDER else 0
