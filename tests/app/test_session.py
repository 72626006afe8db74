"""The session: what is known of a document belongs to that document."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from studio.app import session as sessions
from studio.compiler.analysis import Analysis, Context, NetworkReport, NodeReport
from studio.graph.model import Network, Node, ProjectData


def report(ticket: object, project: ProjectData, path: object) -> tuple[Context, Analysis]:
    nodes = {id_: NodeReport("ok") for id_ in project.networks["model"].nodes}
    return Context(), Analysis({"model": NetworkReport(nodes)})


def test_an_analysis_on_its_way_is_not_shown_for_the_project_opened_meanwhile(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_analyse", report)
    session = sessions.Session()
    seen: list[set[str]] = []
    session.analysed.connect(lambda analysis: seen.append(set(analysis.networks["model"].nodes)))
    session.engine_ready = True
    session._analyse()
    QThreadPool.globalInstance().waitForDone()
    image = Node("image", "input", {"shape": ["N", 4]})
    session.open(ProjectData("Other", {"model": Network({"image": image})}), None)
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [{"image"}]
