"""Drags a frame by its title, with what is in it, or by its corner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from studio.app.canvas import frame_edits
from studio.app.canvas.frame_edits import SMALLEST, TITLE
from studio.app.canvas.frame_item import FrameItem, Part
from studio.app.canvas.geometry import Rect, snap
from studio.app.canvas.tools.tool import Pointer

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView


class FrameTool:
    """Moves a frame and the cards in it, or resizes it. With Shift held at the press the cards stay."""

    follows_edge = True
    needs_button = True
    button = Qt.MouseButton.LeftButton

    def __init__(self, view: GraphView, item: FrameItem, part: Part, pressed: Pointer) -> None:
        self._view = view
        self._item = item
        self._part = part
        self._start = QPointF(pressed.scene)
        self._inside: dict[str, Rect] = {}
        if part == "title" and not pressed.shift:
            ids = frame_edits.inside(item.frame, view.graph.rects())
            self._inside = {id_: view.graph.cards[id_].box() for id_ in ids}
            view.graph.lift.take(ids)
        self._delta = (0, 0)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        gap = pointer.scene - self._start
        self._delta = (snap(gap.x()), snap(gap.y()))
        self._show(self._delta)

    def _place(self, delta: tuple[int, int]) -> tuple[tuple[int, int], tuple[int, int]]:
        """Where the frame is and how large, after the mouse went so far."""
        frame = self._item.frame
        if self._part == "title":
            return (frame.at[0] + delta[0], frame.at[1] + delta[1]), frame.size
        return frame.at, (
            max(SMALLEST, frame.size[0] + delta[0]),
            max(SMALLEST + TITLE, frame.size[1] + delta[1]),
        )

    def _show(self, delta: tuple[int, int]) -> None:
        at, size = self._place(delta)
        self._item.show_at(QPointF(*at), size)
        if self._inside:
            self._view.graph.lift.move(delta, self._view.near)

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        dx, dy = self._delta
        at, size = self._place(self._delta)
        places = {id_: (round(r[0]) + dx, round(r[1]) + dy) for id_, r in self._inside.items()}
        self._view.finish()
        self._view.graph.lift.drop()
        if (at, size) != (self._item.frame.at, self._item.frame.size):
            frame_edits.place(self._view.session, self._item.id, at, size, places)

    def cancel(self) -> None:
        self._show((0, 0))
        self._item.show_frame(self._item.frame)
        self._view.graph.lift.drop()
