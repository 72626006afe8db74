"""A dialog for one piece of work: it runs in a lane, tells how far it is and what came of it. Never modal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLayout,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.icons import icon
from studio.app.named import named
from studio.app.tasks import Lane
from studio.words import Message, NetloomError, tr

MARGIN = 20
INDENT = 26
"""pixels before what belongs to a radio button: its text begins there"""


class TaskDialog(QDialog):
    """Stays open beside the window. `name` is what its widgets are named after: "export" has "export_now".

    `CANCELLED` is told after a cancel, `UNFORESEEN` with an `{error}` that is not meant for a person.
    """

    CANCELLED: ClassVar[Message]
    UNFORESEEN: ClassVar[Message]

    def __init__(self, name: str, width: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_dialog")
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(width)
        self._name = name
        self._result: Any = None
        self._error: Exception | None = None
        self._lane = Lane(self)
        self._lane.done.connect(self._done)
        self._lane.failed.connect(self._fail)
        self._lane.progressed.connect(self._progress)
        self._lane.busy_changed.connect(lambda _: self._enable())

    def open(self) -> None:
        """Shows the dialog beside the window, which stays usable."""
        self.show()
        self.activateWindow()

    # -- what each dialog says for itself --------------------------------------------------------

    def start(self) -> None:
        """Begins with what is chosen."""
        raise NotImplementedError

    def _verdict(self) -> tuple[str, str, str]:
        """The icon, its colour and the text that tell what `_result` is."""
        raise NotImplementedError

    def _enable(self) -> None:
        """Lets be used what can be used now."""
        busy = self._lane.busy
        self.cancel_button.setText(tr("Cancel") if busy else tr("Close"))
        self.progress.setVisible(busy)
        self._doing.setVisible(busy)

    # -- building --------------------------------------------------------------------------------

    def _add_choice(self, group: QButtonGroup, name: str, column: QVBoxLayout, gap: int) -> QLabel:
        """A radio button, and below it the label that explains it."""
        button = named(QRadioButton(), name)
        group.addButton(button)
        text = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        text.setProperty("second", True)
        text.setContentsMargins(INDENT, 0, 0, gap)
        text.setBuddy(button)
        column.addWidget(button)
        column.addWidget(text)
        return text

    def _build_outcome(self, below: QLayout | None = None) -> QWidget:
        self.progress = named(QProgressBar(), f"{self._name}_progress")
        self.progress.setRange(0, 100)
        self.progress.setTextVisible(False)
        self._doing = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._doing.setProperty("second", True)
        self._sign = QLabel()
        self._sign.setFixedSize(20, 20)
        self.outcome = named(
            QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), f"{self._name}_outcome"
        )
        self.outcome.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self._doing)
        column.addWidget(self.progress)
        row = QHBoxLayout()
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.outcome, 1)
        column.addLayout(row)
        if below is not None:
            column.addLayout(below)
        return box

    def _build_buttons(self) -> QHBoxLayout:
        self.now_button = named(QPushButton(), f"{self._name}_now")
        self.now_button.setProperty("accent", True)
        self.now_button.setDefault(True)
        self.now_button.clicked.connect(self.start)
        self.cancel_button = named(QPushButton(), f"{self._name}_cancel")
        self.cancel_button.clicked.connect(self._cancel_or_close)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel_button)
        row.addWidget(self.now_button)
        return row

    # -- the work --------------------------------------------------------------------------------

    def _begin(self, work: Callable[..., Any], order: object) -> None:
        """Does `work(ticket, order)`; what came of the one before is no longer told."""
        self._result = self._error = None
        self.progress.setValue(0)
        self._doing.setText("")
        self._lane.start(work, order)
        self._say()

    def _progress(self, share: float, text: str) -> None:
        self.progress.setValue(round(100 * share))
        self._doing.setText(text)

    def _done(self, result: Any) -> None:
        self._result = result
        self._say()

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._say()

    def _cancel_or_close(self) -> None:
        if self._lane.busy:
            self._lane.cancel()
            self._fail(NetloomError(self.CANCELLED))
        else:
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._lane.cancel()
        super().closeEvent(event)

    # -- what came of it -------------------------------------------------------------------------

    def _say(self) -> None:
        shown = self._result is not None or self._error is not None
        self.outcome.setVisible(shown)
        self._sign.setVisible(shown)
        if self._result is not None:
            self._tell(*self._verdict())
        elif isinstance(self._error, NetloomError):
            self._tell("error", "error", str(self._error))
        elif self._error is not None:
            reason = f"{type(self._error).__name__}: {self._error}"
            self._tell("error", "error", str(self.UNFORESEEN).replace("{error}", reason))

    def _tell(self, sign: str, color: str, text: str) -> None:
        self._sign.setPixmap(icon(sign, color).pixmap(QSize(20, 20), self.devicePixelRatioF()))
        self.outcome.setText(text)
        self.outcome.setStyleSheet(f"color: {theme.current().ink(color).name()}" if color == "error" else "")
        self._grow()

    def _grow(self) -> None:
        """Makes room for a longer outcome; a dialog that was drawn larger stays as it is."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            needed = layout.totalHeightForWidth(self.width())
            self.resize(self.width(), max(self.height(), needed))
