"""The list of augmentation: a line a step, and what the steps make of some samples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.flow import Flow
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel.augmentation_preview import Changed, ChangedView, look
from studio.app.settings_panel.fields import Field, NumberField, WholeField, plain
from studio.app.tasks import Lane
from studio.data import augmentation
from studio.data.augmentation import Placed
from studio.data.source import DataError
from studio.data.steps.options import WHOLE, Option
from studio.graph.document import Change
from studio.graph.operations import SetSetting
from studio.words import Message, tr

PATH = ("data", "augmentation")
TITLE_WIDTH, EDITOR_WIDTH, BUTTON_WIDTH = 92, 50, 20


class AugmentationSteps(QWidget):
    """The steps in their order. Each edit is one undo step; the list lies in the project as a whole."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_augmentation")
        self._session = session
        self._rows: list[StepRow] = []
        self._seen: object = None
        self._draw = 0
        self._kept: object = None
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self.heading = QLabel()
        self.heading.setStyleSheet("font-weight: 600")
        self.add = named(QToolButton(), "augmentation_add")
        self.add.setIcon(icon("add"))
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.add)
        self._menu.setToolTipsVisible(True)
        self.add.setMenu(self._menu)
        self.again = named(QPushButton(), "augmentation_again")
        self.again.clicked.connect(self._draw_again)
        self.about = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.about.setProperty("second", True)
        self.wrong = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.wrong.setObjectName("augmentation_wrong")
        self.view = ChangedView()
        self._lay_out()
        session.opened.connect(self._open)
        session.edited.connect(self._on_edit)
        session.analysed.connect(lambda _: self._look())
        theme.notifier().changed.connect(self.refresh)
        follow(self, self.retranslate)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.heading)
        head.addWidget(self.add)
        head.addWidget(self.again)
        head.addStretch(1)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self.about)
        column.addLayout(self._lines)
        column.addWidget(self.wrong)
        column.addWidget(self.view)

    def retranslate(self) -> None:
        self.heading.setText(tr("Augmentation"))
        self.add.setText(tr("Add a change"))
        self.again.setText(tr("Another draw"))
        self.again.setToolTip(tr("Draws the changes of the samples below once more"))
        self.about.setText(
            tr("Training samples can be changed at random each time they are seen, so that fewer teach more.")
        )
        self._rebuild()
        self.refresh()

    # -- following the document ------------------------------------------------------------------

    @property
    def _section(self) -> Mapping[str, Any]:
        return plain(self._session.document.data().settings.get("data"))

    def steps(self) -> list[dict[str, Any]]:
        """The list as the project has it."""
        found = self._section.get("augmentation")
        return [dict(step) if isinstance(step, Mapping) else {"type": step} for step in found or ()]

    def _placed(self) -> tuple[Placed, ...]:
        from studio.data.sources import known

        info = known(self._section)
        try:
            return augmentation.placed(self._section, info) if info is not None else ()
        except DataError:
            return ()

    def _open(self) -> None:
        self._kept = self._seen = None
        self._rebuild()
        self.refresh()

    def _on_edit(self, change: Change) -> None:
        if any(isinstance(o, SetSetting) and o.path[0] == "data" for o in change.operations):
            self.refresh()

    def refresh(self) -> None:
        """Shows what the document says."""
        from studio.data.sources import known

        info = known(self._section)
        placed = self._placed()
        if [row.type for row in self._rows] != [_type(one) for one in placed]:
            self._rebuild()
        for row in self._rows:
            row.refresh()
        kinds = augmentation.offered(info) if info is not None else ()
        self.setVisible(bool(kinds or placed))
        self._offer(kinds)
        self.about.setVisible(not placed)
        problem = next((one.problem for one in placed if one.problem is not None), None)
        self._tell(problem)
        self._look()

    def _offer(self, kinds: tuple[Any, ...]) -> None:
        self._menu.clear()
        for kind in kinds:
            action = QAction(str(kind.title), self._menu)
            action.setToolTip(str(kind.about))
            action.triggered.connect(lambda _=False, kind=kind: self._append(kind))
            self._menu.addAction(action)

    def _rebuild(self) -> None:
        for row in self._rows:
            self._lines.removeWidget(row)
            row.hide()
            row.deleteLater()
        placed = self._placed()
        self._rows = [StepRow(self, number, one, len(placed)) for number, one in enumerate(placed)]
        for row in self._rows:
            self._lines.addWidget(row)

    def _tell(self, error: Exception | None) -> None:
        self.wrong.setVisible(error is not None)
        self.wrong.setText("" if error is None else str(error))
        self.wrong.setStyleSheet(f"color: {theme.current().ink('error').name()}")

    # -- edits -----------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        return self._session

    def _append(self, kind: Any) -> None:
        step = {"type": kind.type, **{option.name: option.default for option in kind.options}}
        self._write(Message("Add {step} to the augmentation", step=kind.title), [*self.steps(), step])

    def remove(self, number: int) -> None:
        steps = self.steps()
        title = self._rows[number].title
        self._write(
            Message("Take {step} out of the augmentation", step=title), steps[:number] + steps[number + 1 :]
        )

    def move_up(self, number: int) -> None:
        """Exchanges a step with the one before it."""
        steps = self.steps()
        steps[number - 1 : number + 1] = steps[number], steps[number - 1]
        self._write(Message("Move {step} in the augmentation", step=self._rows[number].title), steps)

    def set(self, number: int, name: str, value: Any, merge_key: object) -> None:
        """Sets an option of a step."""
        steps = self.steps()
        steps[number][name] = value
        self._write(Message("Set {name}", name=self._rows[number].title), steps, merge_key)

    def complain(self, number: int, message: Message | None) -> None:
        """Says what is wrong with what was typed into a step."""
        if message is None or number >= len(self._rows):
            self._tell(None)
        else:
            title = self._rows[number].title
            self._tell(DataError(Message("{step}: {wrong}", step=title, wrong=message)))

    def _write(self, label: Message, steps: list[dict[str, Any]], merge_key: object | None = None) -> None:
        with self._session.edit(label, merge_key) as edit:
            if steps:
                edit.set(PATH, steps)
            else:
                edit.unset(PATH)

    # -- what it looks like ----------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def _draw_again(self) -> None:
        self._draw += 1
        self._look()

    def _look(self) -> None:
        placed = self._placed()
        fits = bool(placed) and all(one.problem is None for one in placed)
        self.again.setVisible(fits)
        self.view.setVisible(fits)
        if not fits or not self.isVisible() or not self._session.engine_ready:
            return
        path = self._session.path
        wanted = (repr(self._section), path and path.parent, self._draw)
        if wanted != self._seen:
            self._seen = wanted
            base = path.parent if path else None
            self._lane.start(look, dict(self._section), base, self._draw, self._kept)

    def _take(self, found: Changed) -> None:
        self._kept = found.kept
        self.view.display(found)

    def _fail(self, error: Exception) -> None:
        self.view.display(None)
        self._tell(error)


class StepRow(QWidget):
    """A step: its name, its options, and what moves it or takes it out."""

    def __init__(self, owner: AugmentationSteps, number: int, placed: Placed, count: int) -> None:
        super().__init__()
        self.type = _type(placed)
        step = placed.step
        self.title = step.kind.title if step is not None else Message("{name}", name=self.type)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        name = QLabel(str(self.title))
        name.setFixedWidth(TITLE_WIDTH)
        name.setToolTip(str(step.kind.about) if step is not None else "")
        line.addWidget(name)
        up = _button(f"augmentation_up_{number}", tr("Move this step up"), lambda: owner.move_up(number))
        up.setArrowType(Qt.ArrowType.UpArrow)
        up.setEnabled(number > 0)
        down = _button(
            f"augmentation_down_{number}", tr("Move this step down"), lambda: owner.move_up(number + 1)
        )
        down.setArrowType(Qt.ArrowType.DownArrow)
        down.setEnabled(number < count - 1)
        out = _button(f"augmentation_remove_{number}", tr("Take this step out"), lambda: owner.remove(number))
        out.setIcon(icon("close"))
        for button in (up, down, out):
            line.addWidget(button)
        self.fields = [_field(owner, number, option) for option in (step.kind.options if step else ())]
        options = QWidget()
        flow = Flow(options)
        for field in self.fields:
            field.retranslate()
            field.editor.setFixedWidth(EDITOR_WIDTH)
            flow.addWidget(_pair(field))
        line.addSpacing(8)
        line.addWidget(options, 1)

    def refresh(self) -> None:
        for field in self.fields:
            field.refresh()


def _pair(field: Field) -> QWidget:
    """A field with its name before it."""
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    row.addWidget(field.title)
    row.addWidget(field.editor)
    return pair


def _button(name: str, tip: str, press: Any) -> QToolButton:
    button = named(QToolButton(), name)
    button.setAutoRaise(True)
    button.setFixedWidth(BUTTON_WIDTH)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.clicked.connect(lambda _=False: press())
    return button


def _type(placed: Placed) -> str:
    return str(placed.written.get("type"))


class _Number(NumberField):
    """A number of a step."""

    def __init__(self, owner: AugmentationSteps, number: int, option: Option) -> None:
        self._owner, self._number, self._option = owner, number, option
        path = (*PATH, str(number), option.name)
        super().__init__(owner.session, path, option.label, option.default, self._fits)
        self.complaint = lambda message: owner.complain(number, message)

    def _fits(self, value: float) -> Message | None:
        return _complaint(self._option, value)

    def value(self) -> Any:
        return _value(self._owner, self._number, self._option)

    def write(self, value: Any) -> None:
        if value != self.value():
            self._owner.set(self._number, self._option.name, value, self.path)


class _Whole(WholeField):
    """A whole number of a step."""

    def __init__(self, owner: AugmentationSteps, number: int, option: Option) -> None:
        self._owner, self._number, self._option = owner, number, option
        path = (*PATH, str(number), option.name)
        super().__init__(
            owner.session, path, option.label, option.default, int(option.least), int(option.most)
        )

    def value(self) -> Any:
        return _value(self._owner, self._number, self._option)

    def write(self, value: Any) -> None:
        if value != self.value():
            self._owner.set(self._number, self._option.name, value, self.path)


def _field(owner: AugmentationSteps, number: int, option: Option) -> Field:
    return _Whole(owner, number, option) if option.kind == WHOLE else _Number(owner, number, option)


def _value(owner: AugmentationSteps, number: int, option: Option) -> Any:
    steps = owner.steps()
    return steps[number].get(option.name, option.default) if number < len(steps) else option.default


def _complaint(option: Option, value: float) -> Message | None:
    expected = option.complaint(value)
    return None if expected is None else Message("{expected} is needed here.", expected=expected)
