"""Fields for the options of a step of preprocessing: each reads and writes its place in the list of steps."""

from __future__ import annotations

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


class _Columns(_OfStep):
    """Which columns a step is for, as a menu of boxes to tick; none ticked is all of them."""

    def __init__(self, session: Session, path: tuple[str, ...], label: Message, layout: Layout) -> None:
        self._button = QPushButton()
        self._button.setObjectName("_".join(path))
        self._button.setFixedWidth(EDITOR_WIDTH)
        self._menu = QMenu(self._button)
        self._button.setMenu(self._menu)
        self._layout = layout
        super().__init__(session, path, label, None)
        self._menu.aboutToShow.connect(self._fill)

    @property
    def editor(self) -> QPushButton:
        return self._button

    def text(self, value: Any) -> str:
        return ", ".join(value) if value else tr("all")

    def display(self, value: Any) -> None:
        metrics, elide = self._button.fontMetrics(), Qt.TextElideMode.ElideRight
        self._button.setText(metrics.elidedText(self.text(value), elide, EDITOR_WIDTH - 28))
        self._button.setToolTip(self.text(value))

    def _fill(self) -> None:
        self._menu.clear()
        chosen = self.value() or ()
        for name in self._layout.names:
            action = QAction(name.replace("&", "&&"), self._menu, checkable=True)
            action.setChecked(name in chosen)
            action.triggered.connect(lambda on, name=name: self._tick(name, on))
            self._menu.addAction(action)

    def _tick(self, name: str, on: bool) -> None:
        chosen = [n for n in self._layout.names if (on if n == name else n in (self.value() or ()))]
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
        case _:
            made = _Columns(*given, layout)
    made.owner, made.option = owner, option
    return made


def _wrong(option: Option, value: float) -> Message | None:
    expected = option.complaint(value)
    return None if expected is None else Message("Needed is {expected}.", expected=expected)
