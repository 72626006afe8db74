"""What the next run begins with: fresh weights, a run's, a file's; and what that keeps, said before it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.run_rows import metrics_of_best, when_text
from studio.app.session import Session
from studio.app.settings_panel.fields import ChoiceField, Form
from studio.app.tasks import Lane, Ticket
from studio.graph.model import ProjectData
from studio.graph.operations import MISSING
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.training.runs import RunInfo
    from studio.training.start import Report

PATH = ("training", "weights")
SHOWN = 20
"""runs that are offered, the newest first"""


class Beginning(QWidget):
    """A field; and `said`, a label for the panel to place, with what becomes of the network's layers."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._infos: list[tuple[RunInfo, str]] = []
        self._asked: tuple[ProjectData, Path | None] | None = None
        self.form = Form()
        self.field = ChoiceField(session, PATH, Message("Begin with"), MISSING, [])
        self.form.add(self.field)
        self.said = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.said.setObjectName("training_weights_said")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.form)
        self._listing = Lane(self)
        self._listing.done.connect(self._take_runs)
        self._asking = Lane(self)
        self._asking.done.connect(self._take_report)
        self._asking.failed.connect(self._not_known)
        self._offer()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.list_runs()

    def list_runs(self, _: object = None) -> None:
        """Reads which runs there are."""
        if self.isVisible():
            self._listing.start(_list_runs, self._session.path)

    def retranslate(self) -> None:
        self.form.retranslate()
        self._offer()

    def refresh(self) -> None:
        """Shows what the project says, and finds out anew what that means for its layers."""
        self._offer()
        project = self._session.document.data()
        if self.field.value() in (MISSING, None):
            self._asking.cancel()
            self._asked = None
            self._show("", "second")
        elif self._session.engine_ready and self._asked != (project, self._session.path):
            self._asked = (project, self._session.path)
            self._asking.start(_forecast, project, self._session.path)

    # -- what may be chosen ----------------------------------------------------------------------

    def _take_runs(self, infos: list[tuple[RunInfo, str]]) -> None:
        self._infos = infos
        self._asked = None
        self.refresh()

    def _offer(self) -> None:
        choices: list[tuple[object, Message]] = [(MISSING, Message("fresh weights"))]
        if self._infos:
            choices.append(("last", Message("the last run")))
        choices += [(info.id, Message("{name}", name=_run_text(info, title))) for info, title in self._infos]
        now = self.field.value()
        if now is not None and now not in [value for value, _ in choices]:
            choices.append((now, Message("{name}", name=Path(str(now)).name)))
        self.field.offer(choices)
        self.form.refresh()

    # -- what is kept ----------------------------------------------------------------------------

    def _take_report(self, report: Report | None) -> None:
        self._show("\n".join(map(str, report.lines)) if report is not None else "", "second")

    def _not_known(self, error: Exception) -> None:
        known = isinstance(error, NetloomError)
        self._show(str(error) if known else f"{type(error).__name__}: {error}", "error")

    def _show(self, text: str, color: str) -> None:
        ink = theme.current().ink("error").name() if color == "error" else theme.current().second
        self.said.setStyleSheet(f"color: {ink}")
        self.said.setText(text)
        self.said.setVisible(bool(text))


def _run_text(info: RunInfo, title: str) -> str:
    parts = (title, when_text(info.started) or info.id, metrics_of_best(info))
    return " · ".join(part for part in parts if part)


def _list_runs(ticket: Ticket, path: Path | None) -> list[tuple[RunInfo, str]]:
    """The newest runs that kept weights, each with the title it was given."""
    from studio.training import labels
    from studio.training.runs import list_runs, runs_folder

    with_weights = [i for i in list_runs(runs_folder(path)) if (i.folder / "best.safetensors").is_file()]
    return [(info, labels.read(info.folder).title) for info in with_weights[::-1][:SHOWN]]


def _forecast(ticket: Ticket, project: ProjectData, path: Path | None) -> Report | None:
    from studio.training.runs import runs_folder
    from studio.training.start import forecast

    base = path.parent if path is not None else None
    ticket.check()
    return forecast(project, base, runs_folder(path))
