"""Rows of a form: a label, an editor that fits the value, and a line for what is wrong with it.

A field knows where its value lies in the project; it reads it from the document and writes it through
`session.edit`. Edits of one field close together are one undo step.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLabel, QLineEdit, QSpinBox, QWidget

from studio.app import theme
from studio.app.session import Session
from studio.graph.operations import MISSING
from studio.words import Message, tr

GESTURE_S = 1.5
"""edits of one field that follow each other faster than this are one undo step"""
EDITOR_WIDTH = 132
LABEL_WIDTH = 100


class Field(ABC):
    """One value at `path`. `default` is shown where the project says nothing. `about` is its explanation."""

    def __init__(self, session: Session, path: tuple[str, ...], label: Message, default: Any) -> None:
        self.session, self.path, self.label, self.default = session, path, label, default
        self.about: Message | None = None
        self.title = QLabel()
        self.title.setProperty("second", True)
        self.title.setBuddy(self.editor)
        self._gesture = 0
        self._last = -math.inf

    @property
    @abstractmethod
    def editor(self) -> QWidget:
        """The widget in which the value is edited."""

    @abstractmethod
    def display(self, value: Any) -> None:
        """Shows `value` without writing it."""

    def retranslate(self) -> None:
        self.title.setText(str(self.label))
        self.editor.setAccessibleName(str(self.label))
        tip = str(self.about) if self.about is not None else ""
        default = tr("Default: {value}", value=self.text(self.default))
        for widget in (self.title, self.editor):
            widget.setToolTip(f"<p>{escape(tip)}</p><p>{escape(default)}</p>" if tip else "")
        self.editor.setAccessibleDescription(tip)

    @property
    def is_set(self) -> bool:
        """Whether the project says another value than the default."""
        value = self.value()
        return bool(value != self.default)

    def text(self, value: Any) -> str:
        """A value in a few signs."""
        return number_text(value)

    def value(self) -> Any:
        found = self.session.document.setting(self.path)
        return self.default if found is MISSING else found

    def refresh(self) -> None:
        """Shows what the document says."""
        with QSignalBlocker(self.editor):
            self.display(self.value())

    def write(self, value: Any) -> None:
        """Sets the value as an undo step; `MISSING` leaves it to its default."""
        now = time.monotonic()
        if now - self._last > GESTURE_S:
            self._gesture += 1
        self._last = now
        if value == self.value() and isinstance(value, bool) == isinstance(self.value(), bool):
            return
        key = (*self.path, self._gesture)
        with self.session.edit(Message("Set {name}", name=self.label), merge_key=key) as edit:
            section = self.session.document.setting(self.path[:-1])
            if value is MISSING:
                edit.unset(self.path)
            elif isinstance(section, str):
                # a section written in short, by its type alone
                edit.set(self.path[:-1], {"type": section, self.path[-1]: value})
            else:
                edit.set(self.path, value)


class _Spin(QSpinBox):
    """Keeps its value when the wheel only scrolls the page.

    Anything can be typed: a box that swallows keys makes 25 of "2.5" and 13 of "1e3". `refused` follows
    a text that is no number in its range; the number of before is then back.
    """

    refused = Signal()

    def __init__(self) -> None:
        super().__init__()
        # the style sheet's padding does not reach the line inside a spin box
        self.lineEdit().setTextMargins(7, 0, 4, 0)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        found = self.minimum() if text == self.specialValueText() else _whole(text)
        whole = found is not None and self.minimum() <= found <= self.maximum()
        state = QValidator.State.Acceptable if whole else QValidator.State.Intermediate
        return state, text, position

    def valueFromText(self, text: str) -> int:
        found = _whole(text)
        return self.minimum() if found is None else found

    def fixup(self, text: str) -> str:
        self.refused.emit()
        return text

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _whole(text: str) -> int | None:
    """A whole number as people write it: 1000, 1 000, 1e3."""
    try:
        value = float("".join(text.split()))
    except ValueError:
        return None
    return int(value) if value.is_integer() else None


class WholeField(Field):
    """A whole number; `unset` is the text of the lowest value where that means None."""

    def __init__(
        self,
        session: Session,
        path: tuple[str, ...],
        label: Message,
        default: int | None,
        least: int,
        most: int = 2**31 - 1,
        unset: Message | None = None,
    ) -> None:
        self._spin = _Spin()
        self._spin.setObjectName("_".join(path))
        self._unset, self._least = unset, least
        self._spin.setRange(least - 1 if unset else least, most)
        self._spin.setKeyboardTracking(False)
        self._spin.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._spin.setFixedWidth(EDITOR_WIDTH)
        self.complaint: Callable[[Message | None], None] = lambda message: None
        super().__init__(session, path, label, default)
        self._spin.valueChanged.connect(self._edited)
        self._spin.lineEdit().textEdited.connect(lambda _: self.complaint(None))
        self._spin.refused.connect(
            lambda: self.complaint(Message("A whole number from {least} is needed.", least=least))
        )

    @property
    def editor(self) -> QSpinBox:
        return self._spin

    def retranslate(self) -> None:
        super().retranslate()
        if self._unset is not None:
            self._spin.setSpecialValueText(str(self._unset))

    def text(self, value: Any) -> str:
        return str(self._unset) if value is None else super().text(value)

    def display(self, value: Any) -> None:
        self._spin.setValue(value if isinstance(value, int) else self._spin.minimum())

    def _edited(self, value: int) -> None:
        self.write(None if self._unset is not None and value < self._least else value)


class _LineField(Field):
    """A value written in a line; `complaint` is told what is wrong with the text, None when it is right."""

    def __init__(self, session: Session, path: tuple[str, ...], label: Message, default: Any) -> None:
        self._line = QLineEdit()
        self._line.setObjectName("_".join(path))
        self._line.setFixedWidth(EDITOR_WIDTH)
        self.complaint: Callable[[Message | None], None] = lambda message: None
        super().__init__(session, path, label, default)
        self._line.editingFinished.connect(self._edited)

    @property
    def editor(self) -> QLineEdit:
        return self._line

    def display(self, value: Any) -> None:
        self._line.setText(self.text_of(value))
        self.complaint(None)

    @abstractmethod
    def text_of(self, value: Any) -> str:
        """The text that stands for `value`."""

    @abstractmethod
    def _edited(self) -> None:
        """Takes the text that was typed, or says what is wrong with it."""


class NumberField(_LineField):
    """A number as people write it: 0.001, 1e-3. Kept as it is where the text is no number."""

    def __init__(
        self,
        session: Session,
        path: tuple[str, ...],
        label: Message,
        default: float,
        check: Callable[[float], Message | None] = lambda value: None,
    ) -> None:
        self._check = check
        super().__init__(session, path, label, default)

    def text_of(self, value: Any) -> str:
        return number_text(value)

    def _edited(self) -> None:
        try:
            value = float(self._line.text().replace(",", "."))
        except ValueError:
            self.complaint(Message("This is no number. Write it as 0.001 or 1e-3."))
            return
        wrong = Message("A finite number is needed.") if not math.isfinite(value) else self._check(value)
        self.complaint(wrong)
        if wrong is None:
            self.write(value)


class OptionalNumberField(NumberField):
    """A number, or nothing: an empty line, which shows `unset`."""

    def __init__(
        self,
        session: Session,
        path: tuple[str, ...],
        label: Message,
        unset: Message,
        check: Callable[[float], Message | None],
    ) -> None:
        super().__init__(session, path, label, None, check)  # type: ignore[arg-type]
        self._unset = unset

    def retranslate(self) -> None:
        super().retranslate()
        self._line.setPlaceholderText(str(self._unset))

    def text(self, value: Any) -> str:
        return str(self._unset) if value is None else super().text(value)

    def text_of(self, value: Any) -> str:
        return "" if value is None else super().text_of(value)

    def _edited(self) -> None:
        if self._line.text().strip():
            super()._edited()
            return
        self.complaint(None)
        self.write(None)


class ChoiceField(Field):
    """One of some values, each with a text."""

    def __init__(
        self,
        session: Session,
        path: tuple[str, ...],
        label: Message,
        default: Any,
        choices: Sequence[tuple[Any, Message]],
    ) -> None:
        self._combo = QComboBox()
        self._combo.setObjectName("_".join(path))
        self._combo.setFixedWidth(EDITOR_WIDTH)
        self._combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._choices = list(choices)
        self.complaint: Callable[[Message | None], None] = lambda message: None
        super().__init__(session, path, label, default)
        self._combo.activated.connect(lambda index: self.write(self._choices[index][0]))

    def text(self, value: Any) -> str:
        found = next((text for choice, text in self._choices if choice == value), None)
        return str(found) if found is not None else str(value)

    @property
    def editor(self) -> QComboBox:
        return self._combo

    def offer(self, choices: Sequence[tuple[Any, Message]]) -> None:
        """Replaces what may be chosen."""
        self._choices = list(choices)
        self.retranslate()

    def retranslate(self) -> None:
        super().retranslate()
        with QSignalBlocker(self._combo):
            self._combo.clear()
            self._combo.addItems([str(text) for _, text in self._choices])
            # the list shows whole texts, even where the box is too narrow for them
            self._combo.view().setMinimumWidth(self._combo.view().sizeHintForColumn(0) + 24)
        self.refresh()

    def display(self, value: Any) -> None:
        known = [choice for choice, _ in self._choices]
        self._combo.setCurrentIndex(known.index(value) if value in known else -1)
        if value not in known:
            self._combo.setPlaceholderText(str(value))


class CheckField(Field):
    def __init__(self, session: Session, path: tuple[str, ...], label: Message, default: bool) -> None:
        self._box = QCheckBox()
        self._box.setObjectName("_".join(path))
        super().__init__(session, path, label, default)
        self._box.toggled.connect(self.write)

    @property
    def editor(self) -> QCheckBox:
        return self._box

    def display(self, value: Any) -> None:
        self._box.setChecked(bool(value))


class ListField(_LineField):
    """Numbers with commas between them, as `betas` has them: "0.9, 0.999". `check` gets all of them."""

    def __init__(
        self,
        session: Session,
        path: tuple[str, ...],
        label: Message,
        default: list[Any],
        check: Callable[[list[float]], Message | None],
        whole: bool = False,
    ) -> None:
        self._check, self._whole = check, whole
        super().__init__(session, path, label, default)

    def text_of(self, value: Any) -> str:
        parts = value if isinstance(value, list | tuple) else [value]
        return ", ".join(number_text(part) for part in parts)

    def text(self, value: Any) -> str:
        return self.text_of(value)

    def _edited(self) -> None:
        parts = self._line.text().replace(";", ",").split(",")
        try:
            values = [int(part) if self._whole else float(part) for part in parts]
        except ValueError:
            self.complaint(Message("Numbers with commas between them are needed, as in 0.9, 0.999."))
            return
        wrong = self._check(values)
        self.complaint(wrong)
        if wrong is None:
            self.write(values)


class Form(QWidget):
    """Fields under each other, each with room for a complaint below its editor."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(2, 1)
        self.fields: list[Field] = []
        self._complaints: dict[Field, QLabel] = {}

    def add(self, field: Field) -> Field:
        row = 2 * len(self.fields)
        self.fields.append(field)
        self._grid.addWidget(field.title, row, 0)
        self._grid.addWidget(field.editor, row, 1)
        complaint = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        complaint.setObjectName(f"{field.editor.objectName()}_complaint")
        complaint.hide()
        self._grid.addWidget(complaint, row + 1, 0, 1, 3)
        self._complaints[field] = complaint
        if isinstance(field, WholeField | _LineField | ChoiceField):
            field.complaint = lambda message: self.complain(field, message)
        return field

    def complain(self, field: Field, message: Message | Exception | None) -> None:
        """Writes what is wrong under the field; None takes it away."""
        label = self._complaints[field]
        label.setVisible(message is not None)
        label.setText("" if message is None else str(message))
        label.setStyleSheet(f"color: {theme.current().ink('error').name()}")

    def clear(self) -> None:
        """Takes all fields away."""
        for field in self.fields:
            for widget in (field.title, field.editor, self._complaints[field]):
                self._grid.removeWidget(widget)
                widget.hide()
                widget.deleteLater()
        self.fields, self._complaints = [], {}

    def refresh(self) -> None:
        for field in self.fields:
            field.refresh()

    def retranslate(self) -> None:
        for field in self.fields:
            field.retranslate()


def number_text(value: Any) -> str:
    """A number without needless digits: 0.001, 1e-08, 10."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:g}" if float(f"{value:g}") == float(value) else repr(value)


def plain(table: object) -> Mapping[str, Any]:
    """A section of the settings, or an empty one where a file has something else there."""
    return table if isinstance(table, Mapping) else {}
