"""The editors of single values. Each shows a value, tells of edits, and keeps what a person is typing.

`edited` carries the new value, or MISSING for "leave it to the default". Text that is no value stays in the
field, in red, with the reason under it (`judged`) and as its tooltip, and is never sent. `visit` counts the
times the field was entered or its text taken over: edits of one visit belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from studio.graph.operations import MISSING, same
from studio.graph.values import Json
from studio.words import NetloomError, tr

Read = Callable[[str], Json]
Write = Callable[[Json], str]
Step = Callable[[Json, int], Json]


class LineField(QLineEdit):
    """A value as text. `read` raises NetloomError for text that is no value; arrow keys `step` numbers."""

    edited = Signal(object)
    judged = Signal(str)

    def __init__(self, read: Read, write: Write, step: Step | None = None) -> None:
        super().__init__()
        self.visit = 0
        self._read, self._write, self._step = read, write, step
        self._value: Json = MISSING
        self._rest = ""
        self._told: str | None = None
        self._typing = False
        self.textEdited.connect(self._on_text)
        self.editingFinished.connect(self.settle)

    def show_value(self, value: Json, rest: str = "", hint: str = "", mixed: bool = False) -> None:
        """Shows a value from the document.

        `rest` is the text for MISSING; `hint` stands in an empty field. What is being typed stays while it
        says the same or is not yet a value.
        """
        self._value, self._rest = value, rest
        self.setPlaceholderText(tr("mixed") if mixed else hint)
        wanted = "" if mixed else self._written()
        if self._typing and self._keeps_typing():
            return
        self._typing = False
        if self.text() != wanted:
            self.setText(wanted)
            self.setCursorPosition(0 if not self.hasFocus() else len(wanted))
        self._judge(None)

    @property
    def unsent(self) -> bool:
        """Whether the field holds text that the document has not."""
        return self._typing and bool(self.property("invalid"))

    def settle(self) -> None:
        """Ends the visit: what was typed is shown as the document has it, unless it is no value."""
        self.visit += 1
        if self._typing and not self.property("invalid"):
            self._typing = False
            self.setText(self._written())

    def _written(self) -> str:
        return self._rest if self._value is MISSING else self._write(self._value)

    def _keeps_typing(self) -> bool:
        try:
            return same(self._read(self.text()), self._value)
        except NetloomError:
            return True

    def _on_text(self, text: str) -> None:
        self._typing = True
        try:
            value = self._read(text)
        except NetloomError as error:
            self._judge(str(error))
            return
        self._judge(None)
        self._send(value)

    def _send(self, value: Json) -> None:
        """What was typed is the field's value from now on; the document's follows."""
        self._value = value
        self.edited.emit(value)

    def _judge(self, reason: str | None) -> None:
        if reason is None and self._told is None:
            return
        self._told = reason
        self.setToolTip(reason or "")
        self.setAccessibleDescription(reason or "")
        self.judged.emit(reason or "")
        if bool(self.property("invalid")) != (reason is not None):
            self.setProperty("invalid", reason is not None)
            self.style().unpolish(self)
            self.style().polish(self)

    def _stepped(self, by: int) -> bool:
        if self._step is None or self.isReadOnly():
            return False
        try:
            value = self._step(self._read(self.text() or self._rest), by)
            text = self._write(value)
            self._read(text)
        except NetloomError:
            return False
        if value is MISSING:
            return False
        self.setText(text)
        self._on_text(text)
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.visit += 1
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}
        by = steps.get(Qt.Key(event.key()))
        if by is not None:
            ten = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if self._stepped(by * (10 if ten else 1)):
                return
        if event.key() == Qt.Key.Key_Escape and self.property("invalid"):
            self._typing = False
            self.setText(self._written())
            self._judge(None)
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if (
            self.hasFocus()
            and event.angleDelta().y()
            and self._stepped(1 if event.angleDelta().y() > 0 else -1)
        ):
            event.accept()
            return
        event.ignore()


class BoolField(QCheckBox):
    """Yes or no; a dash where several nodes differ."""

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.visit = 0
        self.clicked.connect(self._on_click)

    def show_value(self, value: Json, rest: str = "", hint: str = "", mixed: bool = False) -> None:
        self.setTristate(mixed)
        if mixed:
            self.setCheckState(Qt.CheckState.PartiallyChecked)
        else:
            self.setChecked(value is True)

    def _on_click(self) -> None:
        self.visit += 1
        self.setTristate(False)
        self.edited.emit(self.isChecked())


class ChoiceField(QComboBox):
    """One of a few values, each with the text that stands for it."""

    edited = Signal(object)

    def __init__(self, choices: Sequence[tuple[Json, str]]) -> None:
        super().__init__()
        self.visit = 0
        self._values: list[Json] = []
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        for value, text in choices:
            self._add(value, text)
        self.activated.connect(self._on_choice)

    def show_value(self, value: Json, rest: str = "", hint: str = "", mixed: bool = False) -> None:
        self.setPlaceholderText(tr("mixed") if mixed else hint)
        place = next((i for i, known in enumerate(self._values) if same(known, value)), -1)
        if place < 0 and value is not MISSING and not mixed:
            self._add(value, str(value))
            place = len(self._values) - 1
        self.setCurrentIndex(-1 if mixed else place)

    def _add(self, value: Json, text: str) -> None:
        self._values.append(value)
        self.addItem(text)

    def _on_choice(self, index: int) -> None:
        self.visit += 1
        self.edited.emit(self._values[index])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


Field = LineField | BoolField | ChoiceField


def named(field: QWidget, name: str) -> None:
    """Gives a field the name that screen readers and tests know it by."""
    field.setAccessibleName(name)
    field.setObjectName(f"field_{name}")
