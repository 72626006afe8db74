"""A type that is dragged onto the canvas from the palette: a gesture that Qt begins and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

from studio.app.canvas.tools.place import PlaceTool
from studio.catalog import table

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

NODE_TYPE = "application/x-netloom-node-type"


def enter(view: GraphView, event: QDragEnterEvent) -> None:
    """Takes a type that there is in hand; anything else is refused."""
    type_ = bytes(event.mimeData().data(NODE_TYPE).data()).decode("utf-8", errors="replace")
    if table.entry(type_) is None and not type_.startswith("block:"):
        event.ignore()
        return
    view.cancel_gesture()
    view.begin(PlaceTool(view, type_))
    event.acceptProposedAction()


def move(view: GraphView, event: QDragMoveEvent) -> None:
    if isinstance(view.tool, PlaceTool):
        view.tool.move(view.pointer(event))
        event.acceptProposedAction()
    else:
        event.ignore()


def drop(view: GraphView, event: QDropEvent) -> None:
    if isinstance(view.tool, PlaceTool):
        view.tool.release(view.pointer(event))
        event.acceptProposedAction()
        view.setFocus(Qt.FocusReason.MouseFocusReason)
