"""The outline: the same document as the canvas, and all of it within reach of the keyboard."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from studio import places
from studio.app.outline.panel import OutlinePanel
from studio.app.session import Session
from studio.graph.blocks import group
from studio.graph.model import Node
from studio.project import files
from studio.words import Message


@pytest.fixture
def session() -> Session:
    made = Session()
    made.open(files.load(places.gallery() / "digits.json"), None)
    return made


@pytest.fixture
def panel(session: Session, qtbot: QtBot) -> OutlinePanel:
    made = OutlinePanel(session)
    qtbot.addWidget(made)
    made.resize(260, 600)
    with qtbot.waitExposed(made):
        made.show()
    return made


def names(model: QAbstractItemModel, network: int = 0) -> list[str]:
    parent = model.index(network, 0)
    return [model.index(row, 0, parent).data() for row in range(model.rowCount(parent))]


def edit(session: Session, change: object) -> None:
    with session.edit(Message("Edit")) as door:
        change(door)  # type: ignore[operator]


def test_it_lists_networks_and_their_nodes_in_the_order_they_run(
    panel: OutlinePanel, session: Session
) -> None:
    assert panel.model.index(0, 0).data() == "model"
    found = names(panel.model)
    assert found[:3] == ["image", "conv1", "relu1"]
    assert sorted(found) == sorted(session.document.nodes("model"))


def test_qt_finds_nothing_wrong_with_the_model_while_the_project_changes(
    panel: OutlinePanel, session: Session, qtbot: QtBot
) -> None:
    tester = QAbstractItemModelTester(panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    edit(session, lambda door: group(door, "model", {"conv1", "relu1", "pool1"}, "Stage"))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    block = next(
        i for i in range(20) if panel.model.hasChildren(panel.model.index(i, 0, panel.model.index(0, 0)))
    )
    inside = panel.model.index(block, 0, panel.model.index(0, 0))
    panel.tree.expand(inside)
    assert panel.model.rowCount(inside) == len(session.document.nodes("Stage"))
    session.undo()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    edit(session, lambda door: door.add_node("model", Node("extra", "nn.ReLU")))
    qtbot.waitUntil(lambda: "extra" in names(panel.model))
    del tester


def test_what_is_selected_here_is_selected_there_and_the_other_way_round(
    panel: OutlinePanel, session: Session
) -> None:
    session.select(["relu1", "conv1"])
    chosen = {index.data() for index in panel.tree.selectionModel().selectedRows()}
    assert chosen == {"relu1", "conv1"}

    panel.tree.setCurrentIndex(panel.model.find("model", "pool1"))
    assert session.selection == ("pool1",)


def test_the_keyboard_walks_renames_and_goes_to_the_fields(
    panel: OutlinePanel, session: Session, qtbot: QtBot
) -> None:
    panel.tree.setCurrentIndex(panel.model.find("model", "conv1"))
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert session.selection == ("relu1",)

    qtbot.keyClick(panel.tree, Qt.Key.Key_F2)
    field = panel.tree.findChild(QLineEdit)
    qtbot.keyClicks(field, "first_relu")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "first_relu" in session.document.nodes("model"))

    qtbot.waitUntil(lambda: "first_relu" in names(panel.model))
    panel.tree.setCurrentIndex(panel.model.find("model", "first_relu"))
    with qtbot.waitSignal(panel.edit_wanted):
        qtbot.keyClick(panel.tree, Qt.Key.Key_Return)


def test_enter_goes_into_a_block_and_what_was_open_stays_open(
    panel: OutlinePanel, session: Session, qtbot: QtBot
) -> None:
    made: list[str] = []
    edit(session, lambda door: made.append(group(door, "model", {"conv1", "relu1"}, "Stage")))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    block = next(n.id for n in session.document.nodes("model").values() if n.block == "Stage")
    index = panel.model.find("model", block)
    panel.tree.expand(index)
    panel.tree.setCurrentIndex(index)

    with qtbot.waitSignal(panel.enter_wanted) as wanted:
        qtbot.keyClick(panel.tree, Qt.Key.Key_Return)
    assert wanted.args == [block]

    edit(session, lambda door: door.add_node("model", Node("extra", "nn.ReLU")))
    qtbot.waitUntil(lambda: "extra" in names(panel.model))
    assert panel.tree.isExpanded(panel.model.find("model", block))


def test_a_row_is_said_with_its_shape_and_its_problem(
    panel: OutlinePanel, session: Session, qtbot: QtBot
) -> None:
    session.set_engine_ready()
    edit(session, lambda door: door.set_param("model", "fc1", "in_features", 7))

    def said() -> str:
        return str(panel.model.find("model", "fc1").data(int(Qt.ItemDataRole.AccessibleTextRole)))

    qtbot.waitUntil(lambda: "7" in said() and "256" in said(), timeout=60_000)
    assert said().startswith("fc1, Linear")
    conv = panel.model.find("model", "conv1").data(int(Qt.ItemDataRole.AccessibleTextRole))
    assert "gives N×32×8×8" in conv


def test_the_field_leaves_the_nodes_that_hold_every_word(panel: OutlinePanel, session: Session) -> None:
    panel.filter.setText("conv2d")
    network = panel.model.index(0, 0)
    left = [
        panel.model.index(row, 0, network).data()
        for row in range(panel.model.rowCount(network))
        if not panel.tree.isRowHidden(row, network)
    ]
    assert left == ["conv1", "conv2"]

    panel.filter.returnPressed.emit()
    assert session.selection == ("conv1",)


def test_nobody_looks_and_nothing_is_read(panel: OutlinePanel, session: Session, qtbot: QtBot) -> None:
    panel.hide()
    edit(session, lambda door: door.add_node("model", Node("extra", "nn.ReLU")))
    qtbot.wait(20)
    assert "extra" not in names(panel.model)
    panel.show()
    assert "extra" in names(panel.model)


def test_rows_of_a_network_that_is_gone_are_asked_for_in_vain(
    panel: OutlinePanel, session: Session, qtbot: QtBot
) -> None:
    edit(session, lambda door: group(door, "model", {"conv1", "relu1"}, "Stage"))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2)
    stage = panel.model.index(1, 0)
    session.show_network("Stage")
    assert panel.model.hasChildren(stage)

    session.undo()

    assert not panel.model.hasChildren(stage)  # as Qt asks, before the rows are read again
    session.open(files.load(places.gallery() / "iris.json"), None)
    assert names(panel.model)[0] == "flower"
