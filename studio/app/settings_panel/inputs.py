"""Which column of a table goes to which input of the network: a list, and where the chosen ones go."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel.fields import plain
from studio.app.settings_panel.own_parts import ROW_HEIGHT, ROWS_SHOWN, Choice
from studio.graph import naming
from studio.graph.model import INPUT
from studio.words import Message, tr

PATH = ("data", "inputs")


class InputsPanel(QWidget):
    """Hidden where the data is no table. Without a tick all columns go to one input."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.several = named(QCheckBox(), "data_several_inputs")
        self.several.toggled.connect(self._share_out)
        self.columns = named(QTableWidget(), "data_inputs")
        self.columns.setColumnCount(2)
        self.columns.verticalHeader().hide()
        self.columns.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.columns.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.columns.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.columns.setSelectionMode(QTableWidget.SelectionMode.ExtendedSelection)
        self.columns.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.columns.setTabKeyNavigation(False)
        self.columns.itemSelectionChanged.connect(self._say)
        self.to = named(Choice(), "data_input_to")
        self.to.setEditable(True)
        self.to.editTextChanged.connect(lambda _: self._say())
        self.give = named(QPushButton(), "data_input_give")
        self.give.clicked.connect(self._give)
        self._label = QLabel()
        self._label.setBuddy(self.to)
        self.fault = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self._shared = QWidget()
        row = QHBoxLayout()
        row.addWidget(self.to, 1)
        row.addWidget(self.give)
        inner = QVBoxLayout(self._shared)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        for widget in (self.columns, self._label):
            inner.addWidget(widget)
        inner.addLayout(row)
        inner.addWidget(self.fault)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.several)
        column.addWidget(self._shared)

    def retranslate(self) -> None:
        self.several.setText(tr("Several inputs"))
        self.several.setToolTip(tr("The columns go to several Input nodes, each by its name"))
        self.columns.setAccessibleName(tr("Which column goes to which input"))
        self.columns.setHorizontalHeaderLabels([tr("Column"), tr("Input")])
        self._label.setText(tr("The chosen columns go to"))
        self.to.setAccessibleName(tr("The input that the chosen columns go to"))
        self.give.setText(tr("Give"))
        self._say()

    # -- following the document ------------------------------------------------------------------

    @property
    def _settings(self) -> dict[str, Any]:
        return dict(plain(self._session.document.data().settings.get("data")))

    def _inputs(self) -> dict[str, list[str]]:
        """The columns of each input as the project says, all of them in one where it says nothing."""
        from studio.data import inputs
        from studio.data.sources import known

        settings = self._settings
        info = known(settings)
        if info is None:
            return {}
        if info.inputs:
            return {name: list(columns) for name, columns in info.inputs.items()}
        names = info.stored.names
        written = inputs.named(settings)
        return {written[0] if written else self._nodes()[0]: list(names)}

    def _nodes(self) -> list[str]:
        """The Input nodes of the network that is trained; a name for one where there is none."""
        document = self._session.document
        name = str(plain(document.data().settings.get("training")).get("network") or "model")
        drawn = document.nodes(name) if name in document.data().networks else {}
        return [node.id for node in drawn.values() if node.type == INPUT] or ["x"]

    def refresh(self) -> None:
        from studio.data.layout import TABLE
        from studio.data.sources import known

        info = known(self._settings)
        table = info is not None and info.stored.kind == TABLE and not info.environment
        self.setVisible(table)
        if not table or info is None:
            return
        shared = self._settings.get("inputs") is not None
        with QSignalBlocker(self.several):
            self.several.setChecked(shared)
        self._shared.setVisible(shared)
        if shared:
            self._display(list(info.stored.names))

    def _display(self, names: list[str]) -> None:
        inputs = self._inputs()
        into = {column: name for name, columns in inputs.items() for column in columns}
        chosen = set(self._chosen())
        with QSignalBlocker(self.columns):
            self.columns.setRowCount(len(names))
            for row, name in enumerate(names):
                for place, text in enumerate((name, into.get(name, ""))):
                    item = QTableWidgetItem(text)
                    item.setToolTip(text)
                    self.columns.setItem(row, place, item)
                    item.setSelected(name in chosen)
        head = self.columns.horizontalHeader().sizeHint().height()
        self.columns.setFixedHeight(head + min(len(names), ROWS_SHOWN) * ROW_HEIGHT + 4)
        typed = self.to.currentText()
        offered = list(dict.fromkeys((*inputs, *self._nodes())))
        self.to.offer(dict(zip(offered, offered, strict=True)), None)
        with QSignalBlocker(self.to):
            self.to.setEditText(typed)
        self._say()

    def _chosen(self) -> list[str]:
        rows = sorted({index.row() for index in self.columns.selectedIndexes()})
        return [item.text() for row in rows if (item := self.columns.item(row, 0)) is not None]

    def _say(self) -> None:
        to = self.to.currentText().strip()
        fault = naming.fault(to) if to else None
        self.fault.setText("" if fault is None else str(fault))
        self.fault.setVisible(fault is not None)
        self.fault.setStyleSheet(f"color: {theme.current().ink('error').name()}")
        self.give.setEnabled(bool(to) and fault is None and bool(self._chosen()))

    # -- edits -----------------------------------------------------------------------------------

    def _share_out(self, wanted: bool) -> None:
        if wanted:
            entries = [{"name": name, "columns": columns} for name, columns in self._inputs().items()]
            with self._session.edit(Message("Share the columns out to several inputs")) as edit:
                edit.set(PATH, entries)
        else:
            with self._session.edit(Message("Give all columns to one input")) as edit:
                edit.unset(PATH)

    def _give(self) -> None:
        from studio.data import inputs

        to, columns = self.to.currentText().strip(), self._chosen()
        now = {name: tuple(some) for name, some in self._inputs().items()}
        with self._session.edit(Message("Give columns to the input {name}", name=to)) as edit:
            edit.set(PATH, inputs.moved(now, columns, to))
