"""The Problems panel: what is wrong, where, and the cures as buttons.

PyTorch's own words show only when unfolded.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.app.language import follow
from studio.app.problem_rows import ProblemRow, RowList
from studio.app.session import Session
from studio.compiler.analysis import Cure, Problem
from studio.words import Message, NetloomError, tr

MOST = 200
"""rows; with more problems than that, the first ones have to go first"""


class ProblemsPanel(RowList):
    """All problems, worst first. `reveal(network, node)` asks the canvas to bring a node into view."""

    reveal = Signal(str, str)
    count_changed = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problems_panel")
        self.setAutoFillBackground(True)
        self._session = session
        self._shown: tuple[Problem, ...] | None = None
        self.none.setObjectName("no_problems")
        session.analysed.connect(lambda _: self._refresh())
        session.opened.connect(self._refresh)
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Problems"))
        self._shown = None
        self._refresh()

    def _refresh(self) -> None:
        analysis = self._session.analysis
        problems = analysis.problems
        self.none.setText(self._nothing())
        if self._shown is not None and analysis.tells(problems, self._shown):
            self.set_waiting(not analysis.cures_known)
            return
        counted = self._shown is None or len(problems) != len(self._shown)
        self._shown = problems
        self.show_rows(self._row(problem) for problem in problems[:MOST])
        if counted:
            self.count_changed.emit(len(problems))

    def _row(self, problem: Problem) -> ProblemRow:
        row = ProblemRow(problem, _place(problem), tr("What PyTorch says"))
        row.chosen.connect(lambda: self._show(problem))
        row.cure_chosen.connect(self._apply)
        return row

    def _nothing(self) -> str:
        if not self._session.engine_ready:
            return tr("PyTorch is still loading; then the network is checked.")
        return tr("No problems. The network can be trained.")

    def _show(self, problem: Problem) -> None:
        self._session.show_network(problem.network)
        if problem.node is not None:
            self._session.select([problem.node])
            self.reveal.emit(problem.network, problem.node)

    def _apply(self, cure: Cure) -> None:
        try:
            self._session.apply(cure)
        except NetloomError as error:
            # the network was edited after the cure had been tried
            self._session.notice.emit(
                "warning", Message("This cure does not fit any more: {reason}", reason=error)
            )
            self._session.reanalyse()


def _place(problem: Problem) -> str:
    if problem.node is None:
        return "" if problem.network == "model" else problem.network
    return problem.node if problem.network == "model" else f"{problem.network} ▸ {problem.node}"
