"""What is odd about the data, a row each: what, where, why, and the cure as a button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.app.problem_rows import ProblemRow, RowList
from studio.insight.data_look.facts import Finding
from studio.words import tr


class FindingsList(RowList):
    """Warnings first, then hints. `cure_chosen(Cure)` after a click on one."""

    cure_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explore_findings")
        self.setMinimumWidth(140)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("What is odd about the data"))
        self.none.setText(tr("Nothing odd was found."))

    def display(self, findings: Sequence[Finding] | None) -> None:
        self.show_rows(self._row(finding) for finding in findings or ())

    def _row(self, finding: Finding) -> ProblemRow:
        row = ProblemRow(finding, finding.place, tr("Which ones"))
        row.cure_chosen.connect(self.cure_chosen)
        return row
