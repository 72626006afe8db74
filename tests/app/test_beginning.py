"""The training panel's *Begin with*: which runs are offered, and what is said of the layers beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.settings_panel.training import TrainingPanel
from studio.graph.model import Network, Node, ProjectData
from studio.training.run import train
from studio.training.runs import runs_folder
from studio.words import Message

Open = Callable[[], TrainingPanel]


def project() -> ProjectData:
    nodes = (
        Node("x", "input"),
        Node("fc1", "nn.Linear", {"out_features": 8}, ({"n": "x"},)),
        Node("fc2", "nn.Linear", args=({"n": "fc1"},)),
        Node("y", "output", args=({"n": "fc2"},)),
    )
    settings = {"data": {"source": "iris"}, "training": {"epochs": 1}}
    return ProjectData("Flowers", {"model": Network({node.id: node for node in nodes})}, settings)


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Open:
    """The panel of a project that was trained once, shown."""

    def make() -> TrainingPanel:
        path = tmp_path / "flowers.json"
        train(project(), None, runs_folder(path))
        session = Session()
        session._idle.timeout.disconnect()  # the shapes are not asked for
        session._idle.setInterval(0)
        session.open(project(), path)
        session.engine_ready = True
        panel = TrainingPanel(session)
        panel.setProperty("session", session)
        qtbot.addWidget(panel)
        panel.show()
        qtbot.waitUntil(lambda: not panel.beginning._listing.busy, timeout=10_000)
        return panel

    return make


def said(panel: TrainingPanel, qtbot: QtBot) -> str:
    qtbot.waitUntil(
        lambda: not panel.beginning._asking.busy and panel.beginning._asked is not None, timeout=10_000
    )
    return panel.beginning.said.text()


def test_fresh_weights_stand_there_first_and_nothing_is_said(opened: Open) -> None:
    panel = opened()

    combo = panel.beginning.field.editor
    assert [combo.itemText(i) for i in range(2)] == ["fresh weights", "the last run"]
    assert combo.count() == 3
    assert combo.currentIndex() == 0
    assert not panel.beginning.said.isVisible()


def test_what_is_kept_resized_and_fresh_is_said_before_the_run(opened: Open, qtbot: QtBot) -> None:
    panel = opened()
    session: Session = panel.property("session")

    panel.beginning.field.write("last")
    assert said(panel, qtbot) == "Layers that keep what they learned (2): fc1, fc2."

    with session.edit(Message("wider")) as edit:
        edit.set_param("model", "fc1", "out_features", 12)
    panel.beginning.refresh()
    assert "share (2): fc1, fc2." in said(panel, qtbot)
    session.undo()
    session.undo()
    assert "weights" not in session.document.data().training


def test_a_run_that_is_gone_is_told_with_its_cure(opened: Open, qtbot: QtBot) -> None:
    panel = opened()
    session: Session = panel.property("session")
    data = session.document.data()
    lost = replace(data, settings={**data.settings, "training": {"weights": "2020-01-01_00-00-00"}})

    session.open(lost, session.path)

    assert "there is neither a run nor a file of that name" in said(panel, qtbot)
