"""What a search may change, as a table: a key and its values in each row, written through the session."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.graph.operations import MISSING
from studio.training.search import space
from studio.words import Message, NetloomError, tr

PATH = (space.SECTION, "space")


class SpaceTable(QWidget):
    """Rows of the project's own section; where it says nothing, what is usual."""

    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._shown: dict[str, str] = {}
        self._problem = ""
        self._heads = (QLabel(), QLabel())
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 6, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 3)
        self._grid.setColumnStretch(1, 2)
        for column, head in enumerate(self._heads):
            head.setProperty("second", True)
            self._grid.addWidget(head, 0, column)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(self._inside)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.add_button = named(QPushButton(), "space_add")
        self.add_button.setIcon(icon("add"))
        self.add_button.setAutoDefault(False)
        self.add_button.clicked.connect(self._add)
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(0, 0, 0, 0)
        column_box.addWidget(scroll, 1)
        column_box.addWidget(self.add_button, 0, Qt.AlignmentFlag.AlignLeft)
        session.edited.connect(self.refresh)
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self._heads[0].setText(tr("What is searched"))
        self._heads[1].setText(tr("Values"))
        self.add_button.setText(tr("Add"))
        self._shown = {}
        self.refresh()

    @property
    def problem(self) -> str:
        """What is wrong with the section; empty where it can be searched."""
        return self._problem

    def refresh(self) -> None:
        """Shows the section; rows are built anew only where it says something else."""
        rows = self._rows()
        if rows == self._shown and rows:
            return
        self._shown = rows
        while (item := self._grid.takeAt(2)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, (key, said) in enumerate(rows.items(), 1):
            self._add_row(number, key, said)
        self._grid.setRowStretch(len(rows) + 1, 1)
        self.changed.emit()

    def _rows(self) -> dict[str, str]:
        project = self._session.document.data()
        try:
            found = space.read(project).space
            self._problem = ""
        except NetloomError as error:
            self._problem = str(error)
            said = (project.settings.get(space.SECTION) or {}).get("space")
            return {str(key): str(what) for key, what in said.items()} if isinstance(said, dict) else {}
        return {key: str(what) for key, what in found.items()}

    def _add_row(self, number: int, key: str, said: str) -> None:
        name = named(QComboBox(), f"space_key_{number}")
        name.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        name.addItems(list(dict.fromkeys([key, *wished(self._session.document.data())])))
        name.setAccessibleName(tr("What is searched"))
        name.installEventFilter(self)
        name.activated.connect(lambda _: self._rename(key, name.currentText()))
        values = named(QLineEdit(said), f"space_values_{number}")
        values.setToolTip(tr("low:high, low:high:log, low:high:step, or choices as a, b, c"))
        values.setAccessibleName(tr("Values"))
        values.editingFinished.connect(lambda: self._write(key, values))
        remove = named(QToolButton(), f"space_remove_{number}")
        remove.setIcon(icon("close"))
        remove.setAutoRaise(True)
        remove.setToolTip(tr("Remove"))
        remove.setAccessibleName(tr("Remove"))
        remove.clicked.connect(lambda: self._keep({k: w for k, w in self._space().items() if k != key}))
        for column, widget in enumerate((name, values, remove)):
            self._grid.addWidget(widget, number, column)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the table, not the choice under it."""
        return event.type() == QEvent.Type.Wheel and isinstance(watched, QWidget) and not watched.hasFocus()

    # -- writing ---------------------------------------------------------------------------------

    def _space(self) -> space.Space:
        try:
            return dict(space.read(self._session.document.data()).space)
        except NetloomError:
            return {}

    def _keep(self, found: space.Space) -> None:
        """One step that can be undone; an empty table is what is usual again."""
        new = {key: what.to_json() for key, what in found.items()}
        if new == self._session.document.setting(PATH):
            return
        with self._session.edit(Message("Change what is searched")) as edit:
            edit.set(PATH, new or MISSING)

    def _write(self, key: str, field: QLineEdit) -> None:
        try:
            what = space.parse_what(key, field.text())
        except NetloomError as error:
            self._complain(field, str(error))
            return
        self._complain(field, "")
        if str(what) != self._shown.get(key):
            self._keep(self._space() | {key: what})

    def _rename(self, old: str, new: str) -> None:
        if new == old:
            return
        found, project = self._space(), self._session.document.data()
        found.pop(new, None)
        self._keep(
            {(new if k == old else k): (suggested(project, new) if k == old else w) for k, w in found.items()}
        )

    def _add(self) -> None:
        project, known = self._session.document.data(), self._space()
        key = next((key for key in wished(project) if key not in known), None)
        if key is not None:
            self._keep(known | {key: suggested(project, key)})

    def _complain(self, field: QLineEdit, reason: str) -> None:
        field.setToolTip(reason or tr("low:high, low:high:log, low:high:step, or choices as a, b, c"))
        field.setProperty("invalid", bool(reason))
        field.style().unpolish(field)
        field.style().polish(field)


def wished(project: object) -> Iterable[str]:
    """Keys in the order in which people search them."""
    first = (
        "training.optimizer.lr",
        "training.batch_size",
        "training.optimizer.type",
        "training.optimizer.weight_decay",
    )
    known = list(space.places(project))  # type: ignore[arg-type]
    yield from (key for key in first if key in known)
    yield from (key for key in known if not key.startswith("training."))
    yield from (key for key in known if key not in first and key.startswith("training."))


def suggested(project: object, key: str) -> space.Range | space.Choices:
    """Values around the one that the project has: half to twice, or a tenth to tenfold of a small number."""
    from studio.training.optimizer_settings import OPTIMIZERS

    now = value_of(project, key)
    if key == "training.optimizer.type":
        return space.Choices(
            tuple(name for name in ("Adam", "AdamW", "SGD", "RMSprop") if name in OPTIMIZERS)
        )
    if isinstance(now, bool):
        return space.Choices((False, True))
    if isinstance(now, int) and now > 1:
        return space.Choices(tuple(dict.fromkeys((max(1, now // 2), now, now * 2))))
    if isinstance(now, float) and 0 < now < 0.2:
        return space.Range(now / 10, now * 10, log=True)
    if isinstance(now, float) and 0 < now < 1:
        return space.Range(0.0, min(0.9, round(now * 2, 3)))
    return space.Range(0.0, 0.5) if isinstance(now, float) else space.Choices((now,))


def value_of(project: object, key: str) -> object:
    """What the project has there, or the default."""
    from studio.graph.model import ProjectData
    from studio.training.optimizer_settings import OPTIMIZERS
    from studio.training.settings import DEFAULTS

    assert isinstance(project, ProjectData)
    match space.place_of(project, key):
        case ("node", network, node, parameter):
            return project.networks[network].nodes[node].params.get(parameter)
        case ("block", network, parameter):
            return project.networks[network].parameters.get(parameter)
        case (_, _, "optimizer", name):
            said = project.training.get("optimizer") or {}
            table = said if isinstance(said, dict) else {"type": said}
            return table.get(name, OPTIMIZERS.get(str(table.get("type", "Adam")), {}).get(name))
        case (_, _, name):
            return project.training.get(name, DEFAULTS.get(name))
    return None
