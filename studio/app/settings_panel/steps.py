"""Preprocessing in the Data panel: the steps in their order, in words, with the fields of the chosen one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.icons import icon
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel import step_fields
from studio.app.settings_panel.fields import Form, plain
from studio.data.source import DataError
from studio.data.steps import KINDS, Placed, placed
from studio.data.steps.kind import StepKind
from studio.data.steps.options import Option, read
from studio.words import Message, tr

SECTION = "data"
ROWS_SHOWN = 8
Entry = tuple[Mapping[str, Any], bool]
"""a step as the project writes it, and whether it is told there"""


class StepsPanel(QWidget):
    """The list and its buttons. What is not in the project but needed stands in the list, and may be set."""

    preview_changed = Signal()
    """the values after the steps are to be shown, or those as stored"""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._steps: tuple[Placed, ...] = ()
        self._shown: tuple[object, ...] | None = None
        self.title = QLabel(textFormat=Qt.TextFormat.PlainText)
        self.list = named(_StepList(), "data_steps")
        self.list.currentRowChanged.connect(lambda _: self._show_chosen())
        self.list.removed.connect(self.remove)
        self.list.moved.connect(self.move_step)
        self.menu = QMenu(self)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.add = _button("data_step_add", "add")
        self.add.setMenu(self.menu)
        self.add.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.up, self.down = _button("data_step_up", "up"), _button("data_step_down", "chevron")
        self.up.clicked.connect(lambda: self.move_step(-1))
        self.down.clicked.connect(lambda: self.move_step(1))
        self.delete = _button("data_step_remove", "delete")
        self.delete.clicked.connect(self.remove)
        self.problem = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "data_step_problem")
        self.about = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.about.setProperty("second", True)
        self.form = Form()
        self.after = named(QCheckBox(), "data_steps_preview")
        self.after.toggled.connect(lambda _: self.preview_changed.emit())
        theme.notifier().changed.connect(self.refresh)
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.title, 1)
        for button in (self.add, self.up, self.down, self.delete):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        for widget in (self.list, self.problem, self.about, self.form, self.after):
            column.addWidget(widget)

    def retranslate(self) -> None:
        self.title.setText(tr("Preprocessing"))
        self.list.setAccessibleName(tr("Steps of preprocessing, in their order"))
        self.list.setToolTip(tr("Delete removes a step, Alt and the arrows move it."))
        for button, text in (
            (self.add, tr("Add a step")),
            (self.up, tr("Move the step up")),
            (self.down, tr("Move the step down")),
            (self.delete, tr("Remove the step")),
        ):
            button.setToolTip(text)
            button.setAccessibleName(text)
        self.after.setText(tr("Show the samples after these steps"))
        self._shown = None
        self.refresh()

    # -- following the document ------------------------------------------------------------------

    @property
    def _section(self) -> Mapping[str, Any]:
        return plain(self.session.document.data().settings.get(SECTION))

    def refresh(self) -> None:
        """Shows what the document says."""
        from studio.data.sources import known

        info = known(self._section)
        try:
            self._steps = placed(self._section, info) if info is not None else ()
            broken = None
        except DataError as error:
            self._steps, broken = (), error
        self.setVisible(info is not None)
        chosen = min(max(self.list.currentRow(), 0), len(self._steps) - 1)
        with QSignalBlocker(self.list):
            self.list.display(self._steps)
            self.list.setCurrentRow(chosen)
        problem = next((step.problem for step in self._steps if step.problem is not None), broken)
        self.problem.setVisible(problem is not None)
        self.problem.setText("" if problem is None else str(problem))
        self.problem.setStyleSheet(f"color: {theme.current().ink('error').name()}")
        self._show_chosen()

    @property
    def _chosen(self) -> Placed | None:
        row = self.list.currentRow()
        return self._steps[row] if 0 <= row < len(self._steps) else None

    def _show_chosen(self) -> None:
        """The fields of the chosen step, made anew where another kind is chosen or other options count."""
        step, row = self._chosen, self.list.currentRow()
        self.about.setVisible(step is not None and step.kind is not None)
        self.about.setText(str(step.kind.about) if step is not None and step.kind is not None else "")
        options = self._options(step)
        names = step.before.names if step is not None else ()
        shown = (row, step.kind if step is not None else None, tuple(o.name for o in options), names)
        if shown != self._shown:
            self._shown = shown
            self.form.clear()
            for option in options:
                assert step is not None
                self.form.add(step_fields.field(self, option, step.before))
            self.form.retranslate()
        self.form.refresh()
        last = len(self._steps) - 1
        self.up.setEnabled(step is not None and row > 0)
        self.down.setEnabled(step is not None and row < last)
        self.delete.setEnabled(step is not None and not step.needed)
        removing = tr("Remove the step")
        if step is not None and step.needed:
            removing = tr("It stands there by itself: a network can do nothing with the data without it.")
        self.delete.setToolTip(removing)

    def _options(self, step: Placed | None) -> Sequence[Option]:
        """Those that count with the others as they are."""
        if step is None or step.kind is None:
            return ()
        values = self._values(step)
        return [option for option in step.kind.options if option.counts(values)]

    def _values(self, step: Placed) -> Mapping[str, Any]:
        assert step.kind is not None
        return {option.name: step.written.get(option.name, option.default) for option in step.kind.options}

    # -- edits -----------------------------------------------------------------------------------

    def option(self, name: str) -> Any:
        """The value of an option of the chosen step."""
        step = self._chosen
        return None if step is None or step.kind is None else self._values(step).get(name)

    def set_option(self, option: Option, value: Any) -> None:
        """Writes an option of the chosen step; one that is as it was by itself is left out of the file."""
        step, row = self._chosen, self.list.currentRow()
        if step is None:
            return
        written = {key: found for key, found in step.written.items() if key != option.name}
        if value != option.default:
            written[option.name] = value
        steps = self._entries()
        steps[row] = (written, True)
        key = (SECTION, "preprocessing", row, option.name)
        self._write(Message("Set {name}", name=option.label), steps, merge_key=key)

    def insert(self, kind: StepKind) -> None:
        """Adds a step behind the chosen one, with the options that fit the data there."""
        row = self._place_of_new
        layout = self._layout_at(row)
        steps = self._entries()
        steps.insert(row, ({"type": kind.type, **(kind.begin(layout) if layout is not None else {})}, True))
        self._write(Message("Add the step {name}", name=kind.title), steps)
        self._choose(row)

    def remove(self) -> None:
        """Takes the chosen step out of the list."""
        step, row = self._chosen, self.list.currentRow()
        if step is None or step.needed:
            return
        steps = self._entries()
        del steps[row]
        self._write(Message("Remove the step {name}", name=_name(step)), steps)
        self._choose(max(0, row - 1))

    def move_step(self, by: int) -> None:
        """Moves the chosen step up (-1) or down (1)."""
        step, row = self._chosen, self.list.currentRow()
        if step is None or not 0 <= row + by < len(self._steps):
            return
        steps = self._entries()
        # both are told from now on: neither stands by itself where the other one was
        steps[row], steps[row + by] = (steps[row + by][0], True), (steps[row][0], True)
        name = _name(step)
        label = Message("Move the step {name} down", name=name)
        self._write(Message("Move the step {name} up", name=name) if by < 0 else label, steps)
        self._choose(row + by)

    def _entries(self) -> list[Entry]:
        return [(step.written, not step.needed) for step in self._steps]

    def _write(self, label: Message, steps: Sequence[Entry], merge_key: Any = None) -> None:
        """Writes the list without what would stand at its beginning or end by itself."""
        told = [i for i, (_, own) in enumerate(steps) if own]
        kept = [dict(step) for step, _ in steps[told[0] : told[-1] + 1]] if told else []
        with self.session.edit(label, merge_key=merge_key) as edit:
            edit.set((SECTION, "preprocessing"), kept)
            if any(step.get("type") == "missing" for step in kept):
                edit.unset((SECTION, "missing"))  # the list says it now

    def _choose(self, row: int) -> None:
        self.list.setCurrentRow(min(row, self.list.count() - 1))

    # -- the menu --------------------------------------------------------------------------------

    @property
    def _place_of_new(self) -> int:
        return self.list.currentRow() + 1 if self._chosen is not None else len(self._steps)

    def _layout_at(self, row: int) -> Any:
        from studio.data.sources import known

        if row > 0 and self._steps:
            return self._steps[min(row, len(self._steps)) - 1].after
        info = known(self._section)
        return None if info is None else info.stored

    def _fill_menu(self) -> None:
        """Every step there is; those that do not fit behind the chosen one come last, off, and say why."""
        self.menu.clear()
        layout = self._layout_at(self._place_of_new)
        reasons = {kind.type: _why_not(kind, layout) for kind in KINDS.values()}
        for type_ in sorted(reasons, key=lambda name: reasons[name] is not None):
            kind, reason = KINDS[type_], reasons[type_]
            text = str(kind.title) if reason is None else f"{kind.title} ({reason})"
            action = QAction(text.replace("&", "&&"), self.menu)
            action.setEnabled(reason is None)
            action.setToolTip(str(kind.about))
            action.triggered.connect(lambda _, kind=kind: self.insert(kind))
            self.menu.addAction(action)
        self.menu.setToolTipsVisible(True)


def _why_not(kind: StepKind, layout: Any) -> Message | None:
    """Why a step cannot stand behind a layout; None where it can."""
    try:
        kind.after(layout, read({"type": kind.type, **kind.begin(layout)}, kind.options, kind.type))
    except DataError as error:
        return error.message
    return None


def _name(step: Placed) -> Message:
    return step.kind.title if step.kind is not None else step.says


def _button(name: str, picture: str) -> QToolButton:
    button = named(QToolButton(), name)
    button.setIcon(icon(picture))
    button.setIconSize(QSize(16, 16))
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return button


class _StepList(QListWidget):
    """A line a step: grey where it stands there by itself, struck out where it does not fit."""

    removed = Signal()
    moved = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setStyleSheet("QListWidget::item { padding: 3px 2px; }")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def display(self, steps: Sequence[Placed]) -> None:
        self.clear()
        for number, step in enumerate(steps, 1):
            item = QListWidgetItem(f"{number}  {step.says}")
            item.setToolTip(str(step.says if step.problem is None else step.problem))
            font = item.font()
            if step.problem is not None:
                font.setStrikeOut(True)
            if step.problem is not None or step.needed:
                item.setForeground(QColor(theme.current().second))
            item.setFont(font)
            self.addItem(item)
        shown = max(1, min(len(steps), ROWS_SHOWN))
        rows = sum(self.sizeHintForRow(i) for i in range(shown)) if steps else self.fontMetrics().height()
        self.setFixedHeight(rows + 2 * self.frameWidth() + 4)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _meant(event):
            event.accept()  # else Delete would take a card off the canvas
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _meant(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        else:
            self.moved.emit(-1 if event.key() == Qt.Key.Key_Up else 1)


def _meant(event: QKeyEvent) -> bool:
    """Whether a key removes or moves a step."""
    if event.key() == Qt.Key.Key_Delete:
        return event.modifiers() == Qt.KeyboardModifier.NoModifier
    alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
    return alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down)
