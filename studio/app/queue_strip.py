"""The runs that wait, above the Runs table: each with a button to go earlier and one to be taken out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.run_queue import RunQueue, text_of
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.waiting import Waiting

MOST = 4
"""rows; of more the number is told"""


class QueueStrip(QWidget):
    """Hidden while nothing waits."""

    def __init__(self, queue: RunQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queue_strip")
        self._queue = queue
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 2, 12, 2)
        self._column.setSpacing(0)
        queue.changed.connect(self.refresh)
        follow(self, self.refresh)

    def refresh(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        waiting = self._queue.waiting
        self.setVisible(bool(waiting))
        for place, run in enumerate(waiting[:MOST], 1):
            self._column.addWidget(self._row(place, run))
        if len(waiting) > MOST:
            more = QLabel(tr("and {n} more", n=len(waiting) - MOST))
            more.setProperty("second", True)
            self._column.addWidget(more)
        if self._queue.held and waiting:
            self._column.addWidget(self._go_on())

    def _row(self, place: int, run: Waiting) -> QWidget:
        held = QWidget()
        row = QHBoxLayout(held)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        text = QLabel(tr("waits, {place}: {run}", place=place, run=text_of(run)))
        text.setProperty("second", True)
        row.addWidget(text, 1)
        if place > 1:
            earlier = self._button("queue_earlier", tr("Earlier"), partial(self._queue.move_up, run))
            earlier.setText("↑")
            row.addWidget(earlier)
        out = self._button("queue_close", tr("Take out of the queue"), partial(self._queue.cancel, run))
        out.setIcon(icon("close", "second"))
        out.setIconSize(QSize(14, 14))
        row.addWidget(out)
        return held

    def _go_on(self) -> QWidget:
        """A queue that is held waits for this button."""
        held = QWidget()
        button = named(QPushButton(tr("Go on with the queue")), "queue_go_on")
        button.clicked.connect(self._queue.go_on)
        row = QHBoxLayout(held)
        row.setContentsMargins(0, 2, 0, 2)
        row.addWidget(button)
        row.addStretch(1)
        return held

    def _button(self, name: str, text: str, run: partial[None]) -> QToolButton:
        button = named(QToolButton(), name)
        button.setAutoRaise(True)
        button.setToolTip(text)
        button.setAccessibleName(text)
        button.clicked.connect(lambda _=False: run())
        return button
