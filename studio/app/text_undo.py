"""Undo and redo between text and project: a field takes the keys only for text that the project has not yet.

What was typed and taken over is a step of the project. Qt's fields would keep Ctrl+Z even when they have
nothing left to take back, and the key would do nothing.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QSpinBox, QTextEdit, QWidget

from studio.app.inspector.fields import LineField

UNDO = QKeySequence.StandardKey.Undo
REDO = QKeySequence.StandardKey.Redo


class TextUndo(QObject):
    """Follows the keyboard from field to field of `window`."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
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
            if (undo or redo) and not _own(watched, redo):
                event.ignore()
                return True
        return False


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
