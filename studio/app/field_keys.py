"""Whose a key is while a field of text has the keyboard: the field's or the window's.

Undo and redo are the field's only for text that the project has not yet: what was typed and taken over is a
step of the project. Ctrl with a letter that is an action of the window is the window's: Qt's fields would
keep Ctrl+E and Ctrl+K for moving and deleting as in Emacs.
"""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QSpinBox, QTextEdit, QWidget

from studio.app.actions import Actions
from studio.app.inspector.fields import LineField

UNDO = QKeySequence.StandardKey.Undo
REDO = QKeySequence.StandardKey.Redo


_LETTER = re.compile(r"(Ctrl|Alt|Meta)\+(Shift\+)?[A-Z]")


class FieldKeys(QObject):
    """Follows the keyboard from field to field of `window`, whose `actions` have the keys."""

    def __init__(self, window: QWidget, actions: Actions) -> None:
        super().__init__(window)
        self._actions = actions
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._moved)

    def _moved(self, old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(old, QWidget):
            old.removeEventFilter(self)
        if (
            isinstance(new, QLineEdit | QSpinBox | QPlainTextEdit | QTextEdit)
            and new.window() is self.parent()
        ):
            new.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undo, redo = event.matches(UNDO), event.matches(REDO)
            if not _own(watched, redo) if undo or redo else self._is_of_the_window(event):
                event.ignore()
                return True
        return False

    def _is_of_the_window(self, event: QKeyEvent) -> bool:
        keys = QKeySequence(event.keyCombination())
        if not _LETTER.fullmatch(keys.toString(QKeySequence.SequenceFormat.PortableText)):
            return False
        return any(keys in action.shortcuts() for spec, action in self._actions if not spec.canvas)


def _own(field: QObject, redo: bool) -> bool:
    """Whether a field has typing of its own to take back, or to bring back."""
    match field:
        case LineField():
            return field.unsent
        case QSpinBox():
            resting = field.textFromValue(field.value())
            return field.text() not in {resting, field.specialValueText()}
        case QLineEdit():
            return field.isRedoAvailable() if redo else field.isUndoAvailable()
        case QPlainTextEdit() | QTextEdit():
            document = field.document()
            available = document.isRedoAvailable() if redo else document.isUndoAvailable()
            return available and not field.isReadOnly()
    return False
