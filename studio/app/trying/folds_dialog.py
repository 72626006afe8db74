"""Cross-validation in the window: how many folds, how far it is, and mean and deviation in the end."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.language import follow
from studio.app.metric_words import metric_text, metric_title
from studio.app.named import named
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.trying.command import Command
from studio.words import Message, tr


class FoldsDialog(QDialog):
    """`run_made` follows each fold that begins or ends: it is a run in the Runs panel."""

    run_made = Signal()

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("folds_dialog")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 400)
        self._problem: Message | None = None
        self._metrics: list[str] = []
        self._done = 0
        self._spread: dict[str, Any] = {}
        self.command = Command(session, trainer, self)
        self.command.said.connect(self._take)
        self.command.ended.connect(self._ended)
        self.command.active_changed.connect(lambda _: self.retranslate())
        self._label = QLabel()
        self.folds = named(QSpinBox(), "folds_number")
        self.folds.setRange(2, 100)
        self.folds.setValue(5)
        self._label.setBuddy(self.folds)
        self.start_button = named(QPushButton(), "folds_start")
        self.start_button.clicked.connect(self._start)
        self.table = named(QTreeWidget(), "folds_table")
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.said = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "folds_said")
        above = QHBoxLayout()
        above.addWidget(self._label)
        above.addWidget(self.folds)
        above.addStretch(1)
        above.addWidget(self.start_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addLayout(above)
        column.addWidget(self.table, 1)
        column.addWidget(self.said)
        session.opened.connect(self.close)
        follow(self, self.retranslate)

    def _start(self) -> None:
        if self.command.active:
            self.command.stop()
            return
        self.table.clear()
        self._metrics, self._spread, self._problem, self._done = [], {}, None, 0
        self.command.start("validate", "--folds", str(self.folds.value()))

    def _take(self, told: dict[str, Any]) -> None:
        match told["event"]:
            case "start":
                item = QTreeWidgetItem([str(told["fold"]), tr("running")])
                self.table.addTopLevelItem(item)
                self.run_made.emit()
            case "epoch":
                self._row(told["fold"]).setText(1, tr("epoch {n}", n=told["epoch"]))
                self._show(told["fold"], told["validation"])
            case "fold":
                state = tr("done") if told["status"] == "done" else tr("stopped")
                self._row(told["fold"]).setText(1, state)
                self._show(told["fold"], (told["best"] or {}).get("validation") or {})
                self._done += told["status"] == "done"
                self.run_made.emit()
            case "end":
                self._spread = told["validation"]

    def _row(self, fold: int) -> QTreeWidgetItem:
        item = self.table.topLevelItem(fold - 1)
        assert item is not None
        return item

    def _show(self, fold: int, values: dict[str, float]) -> None:
        if not self._metrics:
            self._metrics = list(values)
            self._name_columns()
        for column, name in enumerate(self._metrics, 2):
            if values.get(name) is not None:
                self._row(fold).setText(column, metric_text(name, float(values[name])))

    def _ended(self, problem: Message | None) -> None:
        self._problem = problem
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Cross-validation"))
        self._label.setText(tr("Folds"))
        self.folds.setEnabled(not self.command.active)
        self.start_button.setText(tr("Stop") if self.command.active else tr("Start"))
        self.table.setAccessibleName(tr("Folds"))
        self._name_columns()
        self.said.setText(self._text())
        color = theme.current().ink("error").name() if self._problem else theme.current().text
        self.said.setStyleSheet(f"color: {color}")

    def _name_columns(self) -> None:
        self.table.setColumnCount(2 + len(self._metrics))
        self.table.setHeaderLabels(
            [tr("Fold"), tr("Status"), *(metric_title(name) for name in self._metrics)]
        )

    def _text(self) -> str:
        if self.command.active:
            return tr("Each fold is trained in turn, and is a run in the Runs panel.")
        if self._problem is not None:
            return str(self._problem)
        if not self._spread:
            return tr(
                "The samples that are not for testing lie in equal folds, classes alike. Each fold validates "
                "once a network that was trained on all the others."
            )
        parts = [
            f"{metric_title(name)} {metric_text(name, s['mean'])} ± {metric_text(name, s['deviation'])}"
            for name, s in self._spread.items()
        ]
        return tr("Over {n} folds: {metrics}", n=self._done, metrics="  ·  ".join(parts))

    def closeEvent(self, event: QCloseEvent) -> None:
        self.command.leave(self, event)
