"""Fields for the options of a step of preprocessing: each reads and writes its place in the list of steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton

from studio.app.session import Session
from studio.app.settings_panel.fields import (
    EDITOR_WIDTH,
    CheckField,
    ChoiceField,
    Field,
    NumberField,
    WholeField,
)
from studio.data.layout import Layout
from studio.data.steps.options import Option
from studio.words import Message, tr


class Owner(Protocol):
    """Who keeps the list of steps."""

    session: Session

    def option(self, name: str) -> Any:
        """The value of an option of the chosen step."""

    def set_option(self, option: Option, value: Any) -> None:
        """Writes it, as one step that can be undone."""


class _OfStep(Field):
    """Reads and writes an option of the chosen step instead of a setting of its own."""

    owner: Owner
    option: Option

    def value(self) -> Any:
        return self.owner.option(self.option.name)

    def write(self, value: Any) -> None:
        if value != self.value() or isinstance(value, bool) != isinstance(self.value(), bool):
            self.owner.set_option(self.option, value)


class _Whole(_OfStep, WholeField):
    pass


class _Number(_OfStep, NumberField):
    pass


class _Choice(_OfStep, ChoiceField):
    pass


class _Check(_OfStep, CheckField):
    pass


class _Ticks(_OfStep):
    """Some of several values, as a menu of boxes to tick. Where None is the default, none ticked is all."""

    def __init__(
        self,
        session: Session,
        path: tuple[str, ...],
        label: Message,
        default: Any,
        choices: Sequence[tuple[str, Message]],
    ) -> None:
        self._button = QPushButton()
        self._button.setObjectName("_".join(path))
        self._button.setFixedWidth(EDITOR_WIDTH)
        self._menu = QMenu(self._button)
        self._button.setMenu(self._menu)
        self._choices = choices
        super().__init__(session, path, label, default)
        self._menu.aboutToShow.connect(self._fill)

    @property
    def editor(self) -> QPushButton:
        return self._button

    def text(self, value: Any) -> str:
        return ", ".join(str(text) for name, text in self._choices if name in value) if value else tr("all")

    def display(self, value: Any) -> None:
        metrics, elide = self._button.fontMetrics(), Qt.TextElideMode.ElideRight
        self._button.setText(metrics.elidedText(self.text(value), elide, EDITOR_WIDTH - 28))
        self._button.setToolTip(self.text(value))

    def _fill(self) -> None:
        self._menu.clear()
        chosen = self.value() or ()
        for name, text in self._choices:
            action = QAction(str(text).replace("&", "&&"), self._menu, checkable=True)
            action.setChecked(name in chosen)
            action.triggered.connect(lambda on, name=name: self._tick(name, on))
            self._menu.addAction(action)

    def _tick(self, name: str, on: bool) -> None:
        chosen = [n for n, _ in self._choices if (on if n == name else n in (self.value() or ()))]
        if chosen or self.default is None:
            self.write(chosen or None)


def field(owner: Owner, option: Option, layout: Layout) -> Field:
    """A field for an option of the step that gets samples of this layout."""
    path = ("data", "step", option.name)
    given = (owner.session, path, option.label)
    made: _OfStep
    match option.kind:
        case "whole":
            made = _Whole(*given, option.default, int(option.least), int(option.most))
        case "number":
            made = _Number(*given, option.default, lambda value: _wrong(option, value))
        case "choice":
            made = _Choice(*given, option.default, option.choices)
        case "flag":
            made = _Check(*given, option.default)
        case "several":
            made = _Ticks(*given, option.default, option.choices)
        case _:
            made = _Ticks(*given, None, [(name, Message("{name}", name=name)) for name in layout.names])
    made.owner, made.option = owner, option
    return made


def _wrong(option: Option, value: float) -> Message | None:
    expected = option.complaint(value)
    return None if expected is None else Message("Needed is {expected}.", expected=expected)
