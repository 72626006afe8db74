"""The inspector with a project in it, whose analysis the tests tell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from studio.app.inspector import InspectorPanel
from studio.app.session import Session
from studio.graph.model import ProjectData

from .rig import project


@pytest.fixture
def drawn() -> ProjectData:
    """The project that is shown; a file of tests may have another."""
    return project()


@pytest.fixture
def session(qtbot: QtBot, drawn: ProjectData) -> Iterator[Session]:
    made = Session()
    made._idle.timeout.disconnect()  # the analysis is told by the tests,
    made._tell_soon = made.told.emit  # so that no edit waits for one
    made.open(drawn, None)
    made.engine_ready = True
    yield made
    made._idle.stop()


@pytest.fixture
def panel(qtbot: QtBot, session: Session) -> InspectorPanel:
    made = InspectorPanel(session)
    qtbot.addWidget(made)
    made.resize(300, 800)
    made.show()
    return made
