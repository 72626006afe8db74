"""The session: what is known of a document belongs to that document."""

from __future__ import annotations

from threading import Event

import pytest
from PySide6.QtCore import QThreadPool
from pytestqt.qtbot import QtBot

from studio.app import session as sessions
from studio.app.tasks import Cancelled, Ticket
from studio.compiler.analysis import Analysis, Context, NetworkReport, NodeReport
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message


def report(ticket: object, project: ProjectData, path: object) -> tuple[Context, Analysis, None]:
    nodes = {id_: NodeReport("ok") for id_ in project.networks["model"].nodes}
    return Context(), Analysis({"model": NetworkReport(nodes)}), None


def misfit(kernel: int = 9) -> ProjectData:
    """A convolution whose kernel is larger than its input."""
    image = Node("image", "input", {"shape": ["N", 1, 8, 8]})
    conv = Node("conv", "nn.Conv2d", {"out_channels": 4, "kernel_size": kernel}, ({"n": "image"},))
    output = Node("output", "output", args=({"n": "conv"},))
    return ProjectData("Misfit", {"model": Network({n.id: n for n in (image, conv, output)})})


def analysed(session: sessions.Session) -> list[Analysis]:
    told: list[Analysis] = []
    session.analysed.connect(told.append)
    return told


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


def test_shapes_and_problems_are_told_before_cures_are_tried(qtbot: QtBot) -> None:
    session = sessions.Session()
    told = analysed(session)
    session.open(misfit(), None)
    session.set_engine_ready()
    qtbot.waitUntil(lambda: bool(told) and told[-1].cures_known, timeout=60_000)
    first, last = told
    assert first.report("model", "image") is not None
    assert [problem.code for problem in first.problems] == [problem.code for problem in last.problems]
    assert not first.cures_known and not first.problems[0].cures and last.problems[0].cures


def test_where_nothing_is_wrong_the_analysis_is_told_once(qtbot: QtBot) -> None:
    session = sessions.Session()
    told = analysed(session)
    session.open(misfit(kernel=3), None)
    session.set_engine_ready()
    qtbot.waitUntil(lambda: bool(told), timeout=60_000)
    QThreadPool.globalInstance().waitForDone()
    qtbot.wait(20)
    assert [analysis.cures_known for analysis in told] == [True]


def test_cures_of_a_network_that_was_edited_meanwhile_are_never_told(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, stopped = Event(), Event(), Event()

    def try_cures(ticket: Ticket, walked: object) -> Analysis:
        begun.set()
        go_on.wait(90)
        try:
            ticket.check()
        except Cancelled:
            stopped.set()
            raise
        return Analysis()

    monkeypatch.setattr(sessions, "_try_cures", try_cures)
    session = sessions.Session()
    told = analysed(session)
    session.open(misfit(), None)
    session.set_engine_ready()
    qtbot.waitUntil(begun.is_set, timeout=60_000)
    with session.edit(Message("Set {name}", name="kernel_size")) as edit:
        edit.set_param("model", "conv", "kernel_size", 3)
    go_on.set()
    qtbot.waitUntil(lambda: bool(told[-1].cures_known), timeout=60_000)
    assert stopped.wait(90)
    assert len(told) == 2 and not told[-1].problems
