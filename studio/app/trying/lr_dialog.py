"""The learning-rate finder: the loss over the rate, what it suggests and why; one click takes it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.trying.chart import Chart, Series
from studio.app.trying.command import Command
from studio.quantities import significant
from studio.words import Message, tr


class LrDialog(QDialog):
    """Begins at once; nothing of the project is touched until "Use it"."""

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lr_dialog")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(620, 430)
        self._session = session
        self._suggestion: float | None = None
        self._problem: Message | None = None
        self._reason = ""
        self.command = Command(session, trainer, self)
        self.command.said.connect(self._take)
        self.command.ended.connect(self._ended)
        self.command.active_changed.connect(lambda _: self.retranslate())
        self.chart = named(Chart(), "lr_chart")
        self.chart.log = True
        self.said = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.said.setObjectName("lr_said")
        self.use_button = named(QPushButton(), "lr_use")
        self.use_button.clicked.connect(self._use)
        self.again_button = named(QPushButton(), "lr_again")
        self.again_button.clicked.connect(self._again)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.again_button)
        buttons.addWidget(self.use_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(self.chart, 1)
        column.addWidget(self.said)
        column.addLayout(buttons)
        session.opened.connect(self.close)
        follow(self, self.retranslate)
        self.command.start("lr")

    def _again(self) -> None:
        if self.command.active:
            self.command.stop()
            return
        self._problem, self._suggestion, self._reason = None, None, ""
        self.chart.show_series()
        self.command.start("lr")

    def _take(self, told: dict[str, Any]) -> None:
        self._suggestion, self._reason = float(told["suggestion"]), str(told["reason"])
        raw = Series(list(zip(told["rates"], told["losses"], strict=True)), "line", width=1.0, counts=False)
        smooth = Series(list(zip(told["rates"], told["smoothed"], strict=True)), "accent", width=2.0)
        self.chart.show_series(
            raw, smooth, mark=self._suggestion, mark_text=f"lr {significant(self._suggestion)}"
        )

    def _ended(self, problem: Message | None) -> None:
        self._problem = problem
        self.retranslate()

    def retranslate(self) -> None:
        self.setWindowTitle(tr("Find a learning rate"))
        self.chart.x_title, self.chart.y_title = tr("learning rate"), tr("loss")
        self.chart.setAccessibleName(tr("The loss over the learning rate"))
        active = self.command.active
        self.again_button.setText(tr("Stop") if active else tr("Try again"))
        self.use_button.setText(tr("Use it"))
        self.use_button.setEnabled(self._suggestion is not None)
        self.use_button.setDefault(self._suggestion is not None)
        if active:
            text = tr("A fresh copy of the network trains for some steps while the rate grows…")
        elif self._problem is not None:
            text = str(self._problem)
        else:
            text = self._reason or tr("Stopped.")
        self.said.setText(text)

    def _use(self) -> None:
        """One step that can be undone."""
        if self._suggestion is None:
            return
        said = self._session.document.setting(("training", "optimizer"))
        table = {"type": said} if isinstance(said, str) else dict(said or {"type": "Adam"})
        with self._session.edit(
            Message("Use the learning rate {lr}", lr=significant(self._suggestion))
        ) as edit:
            edit.set(("training", "optimizer"), {**table, "lr": self._suggestion})
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.command.leave(self, event)
