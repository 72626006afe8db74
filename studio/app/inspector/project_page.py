"""The page of the inspector where nothing is selected: the project and the network that is shown."""

from __future__ import annotations

from collections import Counter

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio import quantities
from studio.app.inspector import reports
from studio.app.inspector.block_parameters import BlockParameters
from studio.app.inspector.fields import LineField, named
from studio.app.inspector.parts import Figures, Form, ProblemCards, heading, paragraph
from studio.app.session import Session
from studio.graph.blocks import uses
from studio.graph.values import Json
from studio.words import Message, NetloomError, tr


class ProjectPage(QWidget):
    """Names, totals, the parameters of a block, and the problems that belong to no single node."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session

        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(4)
        self._title = paragraph()
        self._title.setProperty("heading", True)
        self._about = paragraph(tr("Select a node to see and change its arguments."), second=True)
        layout.addWidget(self._title)
        layout.addWidget(self._about)
        self._problems = ProblemCards(session.apply)
        layout.addLayout(self._problems)
        form = Form()
        self._project = LineField(_read_name, str)
        named(self._project, "project")
        self._project.edited.connect(self._rename)
        form.add(tr("project"), self._project)
        layout.addWidget(form)
        self.parameters = BlockParameters(session) if _has_parameters(session) else None
        if self.parameters is not None:
            layout.addWidget(self.parameters)
        layout.addWidget(heading(tr("Network")))
        self._content = Figures()
        layout.addWidget(self._content)
        self._cost_heading = heading(tr("Cost"))
        layout.addWidget(self._cost_heading)
        self._cost = Figures()
        layout.addWidget(self._cost)
        layout.addStretch(1)
        self.refresh()

    def refresh(self) -> None:
        """Shows what the document and the analysis say now."""
        session = self._session
        network = session.document.network(session.network)
        self._title.setText(session.network)
        self._project.show_value(session.document.name)
        if self.parameters is not None:
            self.parameters.refresh()
        kinds = Counter(node.type.partition(".")[0].partition(":")[0] for node in network.nodes.values())
        rows = [(tr("nodes"), quantities.count(len(network.nodes))), (tr("layers"), str(kinds["nn"]))]
        if kinds["block"]:
            rows.append((tr("blocks"), str(kinds["block"])))
        if used := uses(session.document.data(), session.network):
            rows.append((tr("uses"), str(len(used))))
        self._content.show_rows(rows)
        report = session.analysis.networks.get(session.network)
        known = report is not None and bool(report.nodes)
        self._cost_heading.setVisible(known)
        self._cost.show_rows(
            reports.costs(report.parameters, report.multiply_adds, report.activation_bytes)
            if report is not None and known
            else []
        )
        self._show_problems()

    def _show_problems(self) -> None:
        session = self._session
        problems = tuple(
            p for p in session.analysis.problems if p.network == session.network and p.node is None
        )
        self._problems.show_problems(problems, session.analysis)

    def _rename(self, name: Json) -> None:
        key = ("project name", id(self._project), self._project.visit)
        with self._session.edit(Message("Rename the project"), key) as edit:
            edit.set(("name",), name)


def _has_parameters(session: Session) -> bool:
    """Whether the network that is shown has parameters, or is one that others use."""
    document = session.document
    return bool(document.network(session.network).parameters or uses(document.data(), session.network))


def _read_name(text: str) -> str:
    if not text.strip():
        raise NetloomError(Message("A project needs a name."))
    return text
