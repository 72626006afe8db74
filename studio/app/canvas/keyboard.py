"""Which key does what on the canvas, and where an arrow leads along the wires."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from studio.app.canvas.geometry import GRID, Rect
from studio.app.canvas.scene import GraphScene

_K = Qt.Key
_NONE = Qt.KeyboardModifier.NoModifier
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier

COMMANDS: dict[tuple[Qt.Key, Qt.KeyboardModifier], str] = {
    (_K.Key_Tab, _NONE): "searching.open",
    (_K.Key_Space, _NONE): "searching.open",
    (_K.Key_Delete, _NONE): "delete_and_heal",
    (_K.Key_Delete, _SHIFT): "delete_and_cut",
    (_K.Key_F, _NONE): "frame_selection",
    (_K.Key_Home, _NONE): "frame_all",
    (_K.Key_F2, _NONE): "rename_selected",
    (_K.Key_Return, _NONE): "enter_selected",
    (_K.Key_Enter, _NONE): "enter_selected",
    (_K.Key_Backspace, _NONE): "leave",
    (_K.Key_Escape, _NONE): "deselect",
    (_K.Key_M, _NONE): "bypass_selected",
    (_K.Key_B, _CTRL): "bypass_selected",
    (_K.Key_Q, _NONE): "straighten_selected",
    (_K.Key_J, _CTRL): "frame_selected",
    (_K.Key_C, _NONE): "connect_selected",
    (_K.Key_C, _SHIFT): "cut_selected_wires",
    (_K.Key_A, _CTRL): "select_all",
    (_K.Key_C, _CTRL): "clipboard.copy",
    (_K.Key_X, _CTRL): "clipboard.cut",
    (_K.Key_V, _CTRL): "clipboard.paste",
    (_K.Key_V, _CTRL | _SHIFT): "clipboard.paste_with_wires",
    (_K.Key_D, _CTRL): "clipboard.duplicate",
    (_K.Key_0, _CTRL): "zoom_reset",
    (_K.Key_Plus, _CTRL): "zoom_in",
    (_K.Key_Equal, _CTRL): "zoom_in",
    (_K.Key_Minus, _CTRL): "zoom_out",
}
"""The command of the panel for each key."""

ARROWS = {
    _K.Key_Up: (0, -1),
    _K.Key_Down: (0, 1),
    _K.Key_Left: (-1, 0),
    _K.Key_Right: (1, 0),
}


def command(event: QKeyEvent) -> str | None:
    """The command of the panel that a key calls."""
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return COMMANDS.get((Qt.Key(event.key()), modifiers))


def bookmark(event: QKeyEvent) -> tuple[str, bool] | None:
    """The digit of a bookmark, and whether it is set (with Ctrl and Alt) or gone to."""
    digit = event.key() - _K.Key_0
    held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if not 1 <= digit <= 9 or held not in (_NONE, _CTRL | Qt.KeyboardModifier.AltModifier):
        return None
    return str(digit), held != _NONE


def nudge(direction: tuple[int, int]) -> tuple[int, int]:
    """How far Shift and an arrow move a card."""
    return direction[0] * GRID, direction[1] * GRID


def walk(graph: GraphScene, from_: str | None, direction: tuple[int, int]) -> str | None:
    """The card an arrow leads to: up and down along the wires, else to the nearest in its direction."""
    if from_ is None or from_ not in graph.cards:
        return _topmost(graph)
    wired: list[str] = []
    if direction == (0, 1):
        wired = [wire.target for wire in graph.edges.wires_from(from_)]
    elif direction == (0, -1):
        wired = [wire.source for wire in graph.edges.wires_into(from_)]
    here = graph.cards[from_].box()
    known = [id_ for id_ in dict.fromkeys(wired) if id_ in graph.cards]
    if known:
        return min(known, key=lambda id_: _offset(here, graph.cards[id_].box(), direction))
    return _nearest(graph, from_, direction)


def _topmost(graph: GraphScene) -> str | None:
    rects = graph.rects()
    return min(rects, key=lambda id_: (rects[id_][1], rects[id_][0]), default=None)


def _nearest(graph: GraphScene, from_: str, direction: tuple[int, int]) -> str | None:
    here = graph.cards[from_].box()
    best: tuple[float, str] | None = None
    for id_, rect in graph.rects((from_,)).items():
        ahead = (rect[0] - here[0]) * direction[0] + (rect[1] - here[1]) * direction[1]
        if ahead > 0:
            far = ahead + 3 * _offset(here, rect, direction)
            if best is None or far < best[0]:
                best = (far, id_)
    return best[1] if best else None


def _offset(here: Rect, there: Rect, direction: tuple[int, int]) -> float:
    """How far `there` lies aside of a straight way."""
    axis = 0 if direction[1] else 1
    return abs(there[axis] + there[axis + 2] / 2 - here[axis] - here[axis + 2] / 2)
