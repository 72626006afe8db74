"""What a gesture is: told of the mouse, shows what would happen, does it on release or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QPoint, QPointF, Qt


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse: where in the scene, where in the viewport, and what is held."""

    scene: QPointF
    view: QPoint
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier

    @property
    def alt(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.AltModifier)

    @property
    def ctrl(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ControlModifier)

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Qt.KeyboardModifier.ShiftModifier)


class Tool(Protocol):
    """One gesture. It previews in the scene and touches the document once, when it ends well."""

    follows_edge: bool
    """whether the view scrolls while the mouse is at its border"""
    needs_button: bool
    """whether it is taken back when no button is held any more"""
    button: Qt.MouseButton
    """the button whose release it waits for"""

    def press(self, pointer: Pointer) -> None: ...

    def move(self, pointer: Pointer) -> None: ...

    def release(self, pointer: Pointer) -> None: ...

    def cancel(self) -> None:
        """Takes the preview back. The document was not touched."""
