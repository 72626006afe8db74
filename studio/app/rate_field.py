"""The learning rate of the run that is on its way: shown as it changes, and changed by typing another."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QLabel, QLineEdit, QWidget

from studio.app.language import follow
from studio.app.named import named
from studio.app.trainer import Trainer
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.progress import Progress

WIDTH = 76


class _Entry(QLineEdit):
    """A number being typed; Escape gives it up."""

    given_up = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)


class RateField(QWidget):
    """Visible while a run can be steered, and there is room. A typed rate counts from the next step on."""

    def __init__(self, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trainer = trainer
        self._shown = math.nan
        self._narrow = False
        self._label = QLabel("lr")
        self._label.setProperty("second", True)
        self.entry = named(_Entry(), "lr_field")
        self.entry.setFixedWidth(WIDTH)
        self.entry.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.entry.returnPressed.connect(self._apply)
        self.entry.given_up.connect(self._give_up)
        self._label.setBuddy(self.entry)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._label)
        row.addWidget(self.entry)
        trainer.state_changed.connect(self._follow)
        trainer.ticked.connect(self._tick)
        self._follow()
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.entry.setAccessibleName(tr("Learning rate of this run"))
        self.entry.setToolTip(
            tr("Learning rate of this run: type another and press Enter; the project keeps its own")
        )

    def set_narrow(self, narrow: bool) -> None:
        """Where the buttons need the room, the rate is asked for in a dialog instead."""
        if narrow != self._narrow:
            self._narrow = narrow
            self._follow()

    def edit(self) -> None:
        """Puts the keyboard here, with what is there selected; asks where there is no room for the field."""
        if self.isVisible():
            self.entry.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.entry.selectAll()
        elif self._trainer.steerable and self._trainer.progress is not None:
            dialog = QInputDialog(self.window())
            dialog.setObjectName("lr_dialog")
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.setWindowTitle(tr("Learning rate of this run"))
            dialog.setLabelText("lr")
            dialog.setTextValue(f"{self._trainer.progress.lr:.4g}")
            dialog.textValueSelected.connect(self._take)
            dialog.open()

    def _follow(self) -> None:
        self.setVisible(self._trainer.steerable and not self._narrow)
        if not self._trainer.steerable:
            self._shown = math.nan
            self.entry.clearFocus()

    def _tick(self, progress: Progress) -> None:
        if self.isVisible() and not self.entry.isModified() and progress.lr != self._shown:
            self._show(progress.lr)

    def _show(self, lr: float) -> None:
        self._shown = lr
        self.entry.setText(f"{lr:.4g}")
        self._mark(False)

    def _apply(self) -> None:
        good = self._take(self.entry.text())
        self._mark(not good)
        if good:
            self.entry.setModified(False)
            self._shown = math.nan
            self.entry.clearFocus()

    def _take(self, text: str) -> bool:
        """Sets the rate that was typed; False where it is none."""
        try:
            lr = float(text.replace(",", "."))
        except ValueError:
            return False
        if not 0 < lr < math.inf:
            return False
        self._trainer.change_lr(lr)
        return True

    def _give_up(self) -> None:
        self.entry.setModified(False)
        self._shown = math.nan
        self._mark(False)
        self.entry.clearFocus()

    def _mark(self, invalid: bool) -> None:
        """A value that cannot be is framed in the colour of errors."""
        if bool(self.entry.property("invalid")) != invalid:
            self.entry.setProperty("invalid", invalid)
            self.entry.style().unpolish(self.entry)
            self.entry.style().polish(self.entry)
