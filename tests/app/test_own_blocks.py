"""Own blocks in the window: listed, placed in one step with what they use, removed and brought back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.app.canvas import edits
from studio.app.palette import MINE, PalettePanel
from studio.app.session import Session
from studio.graph.model import Network, Node, ProjectData
from studio.project import library


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    yield made
    made._idle.stop()


def project() -> ProjectData:
    nodes = (
        Node("x", "input"),
        Node("a", "nn.GELU", args=({"n": "x"},)),
        Node("y", "output", args=({"n": "a"},)),
    )
    return ProjectData(
        "Test", {"model": Network(), "Encoder": Network({n.id: n for n in nodes}, {"width": 8})}
    )


def loaded(session: Session, qtbot: QtBot) -> None:
    library.keep(project(), "Encoder")
    with qtbot.waitSignal(session.own_blocks.changed):
        session.own_blocks.load()


def categories(panel: PalettePanel) -> list[str]:
    found = [panel.list.topLevelItem(place) for place in range(panel.list.topLevelItemCount())]
    return [item.data(0, Qt.ItemDataRole.UserRole + 2) for item in found if item is not None]


def test_own_blocks_have_a_category_of_their_own(session: Session, qtbot: QtBot) -> None:
    panel = PalettePanel(session)
    qtbot.addWidget(panel)
    assert MINE not in categories(panel)
    loaded(session, qtbot)
    assert categories(panel)[-1] == MINE
    assert panel.list.item_of("mine:Encoder") is not None


def test_placing_one_adds_its_network_in_the_same_step(session: Session, qtbot: QtBot) -> None:
    loaded(session, qtbot)
    panel = PalettePanel(session)
    qtbot.addWidget(panel)
    made = panel.append("mine:Encoder")
    assert session.document.node("model", made).type == "block:Encoder"
    assert dict(session.document.network("Encoder").parameters) == {"width": 8}
    assert session.undo_stack.count() == 1
    session.undo()
    assert session.document.network_names() == ["model"]


def test_dropping_one_twice_links_to_the_same_network(session: Session, qtbot: QtBot) -> None:
    loaded(session, qtbot)
    ids = [edits.add(session, "mine:Encoder", (0, 96 * place)) for place in range(2)]
    assert ids == ["encoder1", "encoder2"]
    assert {session.document.node("model", id_).type for id_ in ids} == {"block:Encoder"}
    assert session.document.network_names() == ["model", "Encoder"]


def test_a_block_is_kept_and_removed_and_brought_back(session: Session, qtbot: QtBot) -> None:
    session.open(project(), None)
    own = session.own_blocks
    with qtbot.waitSignals([own.changed, own.said]):
        own.keep(session.document.data(), "Encoder")
    assert own.names() == ["Encoder"]
    with qtbot.waitSignals([own.changed, own.removed]):
        own.remove("Encoder")
    assert own.names() == []
    with qtbot.waitSignal(own.changed):
        own.restore("Encoder")
    assert own.names() == ["Encoder"]


def test_what_fails_is_said(session: Session, qtbot: QtBot) -> None:
    with qtbot.waitSignal(session.notice) as told:
        session.own_blocks.remove("Gone")
    assert told.args is not None and told.args[0] == "error"
