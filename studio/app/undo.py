"""The undo stack: one generic command around a document's change."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QUndoCommand, QUndoStack

from studio.graph.document import Change, Document
from studio.graph.operations import merged


class ChangeCommand(QUndoCommand):
    """A change that is applied already when the command is pushed. Holds ids and plain data only."""

    def __init__(self, document: Document, change: Change) -> None:
        super().__init__(str(change.label))
        self._document = document
        self.changes = [change]
        self._applied = True

    def id(self) -> int:
        return -1 if self.changes[-1].merge_key is None else 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, ChangeCommand) or other.changes[-1].merge_key != self.changes[-1].merge_key:
            return False
        self.changes += other.changes
        # what was typed and typed back is no step: undoing it would do nothing that can be seen
        self.setObsolete(not merged([o for change in self.changes for o in change.operations]))
        return True

    def redo(self) -> None:
        if self._applied:
            self._applied = False
            return
        for change in self.changes:
            self._document.replay(change)

    def undo(self) -> None:
        self._applied = False
        for change in reversed(self.changes):
            self._document.replay(change.inverse())

    def label(self) -> str:
        """The name of the step in the language in use."""
        return str(self.changes[0].label)


class UndoStack(QUndoStack):
    """Follows a document: every commit becomes a step, a replay by the stack itself does not."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._replaying = False
        self._end = document.subscribe(self._on_change)

    def _on_change(self, change: Change) -> None:
        if not self._replaying:
            self.push(ChangeCommand(self._document, change))

    def undo(self) -> None:
        self._replay(super().undo)

    def redo(self) -> None:
        self._replay(super().redo)

    def setIndex(self, index: int) -> None:
        self._replay(lambda: super(UndoStack, self).setIndex(index))

    def _replay(self, action: object) -> None:
        self._replaying = True
        try:
            action()  # type: ignore[operator]
        finally:
            self._replaying = False

    def label(self, step: int) -> str:
        command = self.command(step)
        return command.label() if isinstance(command, ChangeCommand) else ""

    def close(self) -> None:
        """Ends it for good: nobody hears of what its end changes."""
        self._end()
        self.blockSignals(True)
        self.clear()
