"""What is odd about the data, a row each: what, where, why, and the cure as a button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QScrollArea, QStackedLayout, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.problems import ProblemRow
from studio.insight.data_look.facts import Finding
from studio.words import tr


class FindingsList(QWidget):
    """Warnings first, then hints. `cure_chosen(Cure)` after a click on one."""

    cure_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explore_findings")
        self.setMinimumWidth(140)
        self.rows: list[ProblemRow] = []
        self._none = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self._none.setProperty("second", True)
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self._list)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._none)
        self._stack.addWidget(scroll)
        theme.notifier().changed.connect(self._list.update)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("What is odd about the data"))
        self._none.setText(tr("Nothing odd was found."))

    def display(self, findings: Sequence[Finding] | None) -> None:
        for row in self.rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(finding) for finding in findings or ()]
        self._stack.setCurrentIndex(1 if self.rows else 0)

    def set_waiting(self, waits: bool) -> None:
        """While the data is looked at again, no cure of before can be chosen."""
        for row in self.rows:
            row.set_waiting(waits)

    def _row(self, finding: Finding) -> ProblemRow:
        row = ProblemRow(finding, finding.place, tr("Which ones"))
        row.cure_chosen.connect(self.cure_chosen)
        self._column.insertWidget(self._column.count() - 1, row)
        return row
