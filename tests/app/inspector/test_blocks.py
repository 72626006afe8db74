"""The inspector on blocks, their parameters, and how parts learn."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from studio.app.canvas import look
from studio.app.inspector import InspectorPanel
from studio.app.session import Session
from studio.graph.model import Network, Node
from studio.words import Message

from .rig import analysis, choice, line, retype, tell

# -- blocks ------------------------------------------------------------------------------------------


def test_a_block_is_repeated_by_a_number_and_each_value_may_then_be_a_list(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["block"])
    assert line(panel, "repeat").placeholderText() == "once"
    retype(qtbot, line(panel, "repeat"), "3")
    assert session.document.node("model", "block").repeat == 3
    retype(qtbot, line(panel, "channels"), "64, 128, 256")
    assert session.document.node("model", "block").params["channels"] == {"each": [64, 128, 256]}
    line(panel, "channels").settle()
    assert line(panel, "channels").text() == "64, 128, 256"
    retype(qtbot, line(panel, "repeat"), "")
    node = session.document.node("model", "block")
    assert node.repeat is None and node.params["channels"] == 64
    retype(qtbot, line(panel, "repeat"), "0")
    assert line(panel, "repeat").property("invalid")


def test_typing_a_number_of_repetitions_keeps_the_keyboard(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["block"])
    field = line(panel, "repeat")
    retype(qtbot, field, "12")
    assert line(panel, "repeat") is field
    assert session.document.node("model", "block").repeat == 12
    assert session.undo_stack.count() == 1


def test_a_list_is_no_value_of_a_block_that_comes_once(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["block"])
    retype(qtbot, line(panel, "channels"), "32, 128")
    assert line(panel, "channels").property("invalid")
    assert session.document.node("model", "block").params["channels"] == 32


def test_inside_a_block_a_block_takes_arithmetic_and_a_repeat_a_parameter(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    with session.edit(Message("test")) as edit:
        edit.add_network("Outer", Network({"b": Node("b", "block:Residual")}, {"width": 8, "depth": 2}))
    session.show_network("Outer")
    session.select(["b"])
    retype(qtbot, line(panel, "channels"), "2*width")
    retype(qtbot, line(panel, "repeat"), "depth-1")
    node = session.document.node("Outer", "b")
    assert node.params["channels"] == {"expr": "*", "of": [2, {"p": "width"}]}
    assert node.repeat == {"expr": "-", "of": [{"p": "depth"}, 1]}
    retype(qtbot, line(panel, "channels"), "(1, 2) * width")
    assert session.document.node("Outer", "b").params["channels"] == {
        "expr": "*",
        "of": [{"each": [1, 2]}, {"p": "width"}],
    }
    line(panel, "channels").settle()
    assert line(panel, "channels").text() == "(1, 2) * width"


def test_yes_or_no_may_follow_a_parameter(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.show_network("Residual")
    with session.edit(Message("test")) as edit:
        edit.add_node("Residual", Node("conv", "nn.Conv2d", {"out_channels": 8, "kernel_size": 1}))
    session.select(["conv"])
    field = choice(panel, "bias")
    assert [field.itemText(place) for place in range(field.count())] == ["yes", "no", "twice"]
    field.activated.emit(2)
    assert session.document.node("Residual", "conv").params["bias"] == {"p": "twice"}


def test_the_parameters_of_a_block_are_added_named_set_and_removed(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.show_network("Residual")
    with session.edit(Message("test")) as edit:
        edit.add_node("Residual", Node("conv", "nn.Conv2d", {"out_channels": {"p": "channels"}}))
    add = panel.page.findChild(QPushButton, "add_parameter") if panel.page else None
    assert add is not None
    qtbot.mouseClick(add, Qt.MouseButton.LeftButton)
    assert session.document.network("Residual").parameters["width"] == 64
    retype(qtbot, line(panel, "width"), "0.5")
    assert session.document.network("Residual").parameters["width"] == 0.5
    name = line(panel, "parameter_channels")
    retype(qtbot, name, "filters")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert session.document.node("Residual", "conv").params["out_channels"] == {"p": "filters"}
    assert session.document.node("model", "block").params == {"filters": 16}
    name = line(panel, "parameter_filters")
    retype(qtbot, name, "twice")
    assert name.property("invalid"), "another parameter is called so"
    cross = panel.page.findChild(QToolButton, "remove_filters") if panel.page else None
    assert cross is not None
    qtbot.mouseClick(cross, Qt.MouseButton.LeftButton)
    assert session.document.node("Residual", "conv").params["out_channels"] == 64
    assert session.document.node("model", "block").params == {}


def test_a_value_becomes_a_parameter_by_the_menu_of_its_name(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.show_network("Residual")
    with session.edit(Message("test")) as edit:
        edit.add_node("Residual", Node("conv", "nn.Conv2d", {"out_channels": 8, "kernel_size": 1}))
    session.select(["conv"])
    assert panel.page is not None
    label = next(w for w in panel.page.findChildren(QLabel) if w.text() == "kernel_size")
    label.actions()[0].trigger()
    assert session.document.network("Residual").parameters["kernel_size"] == 1
    assert session.document.node("Residual", "conv").params["kernel_size"] == {"p": "kernel_size"}
    assert session.undo_stack.count() == 2


def test_what_has_weights_may_learn_slower_or_not_at_all(panel: InspectorPanel, session: Session) -> None:
    tell(session, analysis())
    session.select(["conv1"])
    assert panel.page is not None
    row = panel.page.findChild(QComboBox, "argument_learning")
    assert row is not None and row.currentText() == "as the rest"
    row.activated.emit(row.findText("frozen"))
    assert session.document.node("model", "conv1").extra == {"learning": "frozen"}
    assert session.undo_stack.label(0) == "Set learning of conv1"
    assert row.currentText() == "frozen"
    row.activated.emit(row.findText("rate ×0.1"))
    assert session.document.node("model", "conv1").extra == {"learning": 0.1}
    row.activated.emit(row.findText("as the rest"))
    assert session.document.node("model", "conv1").extra == {}


def test_a_node_without_weights_is_not_asked_how_it_learns(panel: InspectorPanel, session: Session) -> None:
    tell(session, analysis())
    session.select(["flat"])
    assert panel.page is not None
    row = panel.page.findChild(QComboBox, "argument_learning")
    assert row is not None and row.parentWidget().isHidden()


def test_a_card_says_how_its_part_learns() -> None:
    def summary(**extra: object) -> str:
        node = Node("conv1", "nn.Conv2d", {"out_channels": 32, "kernel_size": 3}, extra=extra)
        return look.face_of(node, look.shape_of(node, look.NO_PROJECT), None, None).summary

    assert summary(learning="frozen") == f"frozen · {summary()}"
    assert summary(learning=0.1) == f"rate ×0.1 · {summary()}"
