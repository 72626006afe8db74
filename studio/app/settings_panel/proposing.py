"""The button that proposes settings from data and network, and the sentences that say why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.session import Session
from studio.app.settings_panel.fields import number_text
from studio.app.tasks import Lane, Ticket
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.training.proposals import Proposal

SECTION = "training"
LABELS = {
    "optimizer": Message("Optimiser"),
    "schedule": Message("Schedule"),
    "warmup_epochs": Message("Warm-up"),
    "decay": Message("Weight decay on"),
    "clip_norm": Message("Gradient clip"),
    "batch_size": Message("Batch size"),
    "epochs": Message("Epochs"),
    "class_weights": Message("Class weights"),
    "label_smoothing": Message("Label smoothing"),
    "augmentation": Message("Augmentation"),
}


class Proposing(QWidget):
    """`button` is for the panel to place; the widget itself is the reasons, hidden until there are some."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._found: Sequence[Proposal] = ()
        self._fault: Exception | None = None
        self.button = QPushButton()
        self.button.setObjectName("propose_settings")
        self.button.clicked.connect(self.propose)
        self.said = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
        self.said.setObjectName("proposed_said")
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._away = QToolButton(autoRaise=True)
        self._away.setText("×")
        self._away.clicked.connect(self._put_away)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.said, 1)
        row.addWidget(self._away, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 6, 8, 2)
        column.addLayout(row)
        self.hide()
        self._asking = Lane(self)
        self._asking.done.connect(self._take)
        self._asking.failed.connect(self._fail)
        session.opened.connect(self._put_away)

    def retranslate(self) -> None:
        self.button.setText(tr("Propose settings"))
        self.button.setToolTip(
            tr("Sets optimiser, rate, schedule, batch size and epochs by rules of thumb, and says why.")
        )
        self._away.setToolTip(tr("Hide"))
        self._away.setAccessibleName(tr("Hide"))
        self._show()

    def propose(self) -> None:
        """Finds out what fits the project; the settings follow as one edit."""
        self.button.setEnabled(False)
        project, path = self._session.document.data(), self._session.path
        self._asking.start(_propose, project, path)

    def _take(self, found: Sequence[Proposal]) -> None:
        from studio.training.proposals import KEYS

        self.button.setEnabled(True)
        self._found, self._fault = found, None
        values = {proposal.key: proposal.value for proposal in found if proposal.section == SECTION}
        with self._session.edit(Message("Use the proposed settings")) as edit:
            for key in KEYS:
                if key in values:
                    edit.set((SECTION, key), values[key])
                else:
                    edit.unset((SECTION, key))
            for proposal in found:
                if proposal.section != SECTION:
                    edit.set((proposal.section, proposal.key), proposal.value)
        self._show()

    def _fail(self, error: Exception) -> None:
        self.button.setEnabled(True)
        self._found, self._fault = (), error
        self._show()

    def _put_away(self) -> None:
        self._found, self._fault = (), None
        self._show()

    def _show(self) -> None:
        ink = theme.current().second if self._fault is None else theme.current().ink("error").name()
        self.said.setStyleSheet(f"color: {ink}")
        if self._fault is not None:
            known = isinstance(self._fault, NetloomError)
            self.said.setText(str(self._fault) if known else f"{type(self._fault).__name__}: {self._fault}")
        else:
            self.said.setText("\n".join(_line(proposal) for proposal in self._found))
        self.setVisible(bool(self._found) or self._fault is not None)


def _line(proposal: Proposal) -> str:
    value = proposal.value
    if isinstance(value, dict):
        rest = [f"{name} {number_text(v)}" for name, v in value.items() if name != "type"]
        said = ", ".join([str(value["type"]), *rest])
    elif isinstance(value, list):
        said = ", ".join(_step(step) for step in value)
    else:
        said = number_text(value)
    return f"{LABELS[proposal.key]}: {said} — {proposal.reason}"


def _step(step: Json) -> str:
    """A step of augmentation by its name."""
    from studio.data.augmentation import KINDS

    name = str(step["type"]) if isinstance(step, dict) else str(step)
    return str(KINDS[name].title)


def _propose(ticket: Ticket, project: ProjectData, path: Path | None) -> Sequence[Proposal]:
    from studio.training import proposals

    facts = proposals.facts_of(project, path.parent if path is not None else None)
    ticket.check()
    return proposals.propose(facts)
