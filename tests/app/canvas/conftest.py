"""A canvas with a small network, and a hand on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph.model import Network, ProjectData

from .hand import Hand, block, chain

MakePanel: TypeAlias = Callable[[Network], CanvasPanel]


@pytest.fixture
def make_panel(qtbot: object) -> Iterator[MakePanel]:
    """Makes canvases of 900 by 700 at 100 %, shown and active."""
    made: list[CanvasPanel] = []

    def make(network: Network) -> CanvasPanel:
        session = Session()
        panel = CanvasPanel(session)
        session.setParent(panel)
        panel.set_animated(False)
        panel.resize(900, 700)
        panel.show()
        session.open(ProjectData(networks={"model": network, "Residual": block()}), None)
        QApplication.processEvents()
        panel.view.zoom_to(1.0)
        panel.activateWindow()
        panel.view.setFocus()
        QApplication.processEvents()
        made.append(panel)
        return panel

    yield make
    for panel in made:
        panel.close()
        panel.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def panel(make_panel: MakePanel) -> CanvasPanel:
    return make_panel(chain())


@pytest.fixture
def hand(panel: CanvasPanel) -> Hand:
    return Hand(panel)


@pytest.fixture
def hand_of() -> Callable[[CanvasPanel], Hand]:
    """A hand for a canvas a test made itself."""
    return Hand


@pytest.fixture
def session(panel: CanvasPanel) -> Session:
    return panel.session
