"""The inspector: editors that write what was meant and nothing else, and that keep what is being typed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from studio import words as language
from studio.app.inspector import InspectorPanel
from studio.app.inspector.fields import BoolField
from studio.app.session import Session
from studio.compiler.analysis import Cure, Problem
from studio.graph.model import Node
from studio.graph.operations import MISSING, SetAttribute
from studio.graph.values import reference
from studio.words import Message

from .rig import analysis, choice, fields, line, retype, tell


def test_every_constructor_argument_has_a_field(panel: InspectorPanel, session: Session) -> None:
    session.select(["conv1"])
    assert fields(panel) == [
        "name", "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups",
        "bias", "padding_mode",
    ]  # fmt: skip
    assert line(panel, "stride").text() == "1"
    assert line(panel, "in_channels").text() == ""
    assert line(panel, "in_channels").placeholderText() == "auto"


def test_typing_writes_at_once_and_one_visit_is_one_undo_step(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    retype(qtbot, line(panel, "out_channels"), "128")
    assert session.document.node("model", "conv1").params["out_channels"] == 128
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert session.document.node("model", "conv1").params["out_channels"] == 32


def test_a_second_visit_is_a_second_undo_step(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select(["conv1"])
    retype(qtbot, line(panel, "out_channels"), "16")
    line(panel, "groups").setFocus()
    retype(qtbot, line(panel, "out_channels"), "8")
    assert session.undo_stack.count() == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("out_channels", "0"), ("out_channels", "x"), ("out_channels", "1.5"), ("kernel_size", "3, 3, 3"),
        ("kernel_size", ""), ("stride", "1, x"), ("name", "class"), ("name", "1a"), ("name", "conv2"),
    ],
)  # fmt: skip
def test_what_is_no_value_stays_red_in_the_field_and_is_never_written(
    panel: InspectorPanel, session: Session, qtbot: QtBot, name: str, text: str
) -> None:
    session.select(["conv1"])
    field = line(panel, name)
    field.setFocus()
    field.clear()
    field.textEdited.emit("")
    before = session.document.data()
    field.setText(text)
    field.textEdited.emit(text)
    assert field.property("invalid") is True
    assert field.toolTip()
    panel.setFocus()
    assert field.text() == text
    assert session.document.data() == before


def test_a_parameter_equal_to_its_default_is_taken_out(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    retype(qtbot, line(panel, "stride"), "2")
    assert session.document.node("model", "conv1").params["stride"] == 2
    retype(qtbot, line(panel, "stride"), "1, 1")
    assert "stride" not in session.document.node("model", "conv1").params


def test_clearing_an_automatic_size_returns_it_to_auto(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    tell(session, analysis())
    field = line(panel, "in_channels")
    retype(qtbot, field, "3")
    assert session.document.node("model", "conv1").params["in_channels"] == 3
    retype(qtbot, field, "")
    assert "in_channels" not in session.document.node("model", "conv1").params
    assert field.placeholderText() == "auto (1)"


@pytest.mark.parametrize(("text", "value"), [("5", 5), ("3, 5", [3, 5]), ("3 × 5", [3, 5]), ("3x5", [3, 5])])
def test_a_size_is_taken_as_people_write_it(
    panel: InspectorPanel, session: Session, qtbot: QtBot, text: str, value: object
) -> None:
    session.select(["conv1"])
    field = line(panel, "kernel_size")
    field.setFocus()
    field.setText(text)
    field.textEdited.emit(text)
    assert session.document.node("model", "conv1").params["kernel_size"] == value


def test_padding_takes_a_word(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select(["conv1"])
    retype(qtbot, line(panel, "padding"), "same")
    assert session.document.node("model", "conv1").params["padding"] == "same"


def test_arrow_keys_step_a_number_within_its_limits(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    field = line(panel, "groups")
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Up)
    assert session.document.node("model", "conv1").params["groups"] == 2
    qtbot.keyClick(field, Qt.Key.Key_Down)
    qtbot.keyClick(field, Qt.Key.Key_Down)
    assert field.text() == "1"


def test_a_check_box_and_a_choice_write_their_values(panel: InspectorPanel, session: Session) -> None:
    session.select(["conv1"])
    assert panel.page is not None
    bias = panel.page.findChild(BoolField, "field_bias")
    assert bias is not None and bias.isChecked()
    bias.click()
    mode = choice(panel, "padding_mode")
    mode.activated.emit(mode.findText("circular"))
    params = session.document.node("model", "conv1").params
    assert (params["bias"], params["padding_mode"]) == (False, "circular")
    mode.activated.emit(mode.findText("zeros"))
    assert "padding_mode" not in session.document.node("model", "conv1").params


def test_the_literals_of_a_function_are_written_where_they_stand(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["flat"])
    assert line(panel, "start_dim").text() == "1"
    retype(qtbot, line(panel, "start_dim"), "2")
    retype(qtbot, line(panel, "end_dim"), "3")
    node = session.document.node("model", "flat")
    assert (node.args, node.kwargs) == ((reference("conv2"), 2), {"end_dim": 3})
    session.select(["mean"])
    retype(qtbot, line(panel, "dim"), "-1, -2")
    assert session.document.node("model", "mean").kwargs == {"dim": [-1, -2]}
    session.select(["pick"])
    assert line(panel, "index").text() == ":, 0"
    field = line(panel, "index")
    field.setText("..., 1:3")
    field.textEdited.emit(field.text())
    index = {"t": [{"ellipsis": True}, {"slice": [1, 3, None]}]}
    assert session.document.node("model", "pick").args == (reference("conv2"), index)


def test_what_is_typed_survives_the_analysis_and_the_focus_stays(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    field = line(panel, "kernel_size")
    retype(qtbot, field, "3,")
    tell(session, analysis())
    assert line(panel, "kernel_size") is field
    assert field.text() == "3,"
    assert panel.focusWidget() is field


def test_shapes_and_cost_come_with_the_analysis(panel: InspectorPanel, session: Session) -> None:
    from studio.app.inspector.parts import Figures

    session.select(["conv1"])
    tell(session, analysis())
    assert panel.page is not None
    shapes, cost = (figures.texts() for figures in panel.page.findChildren(Figures))
    assert shapes == [("in", "N × 1 × 28 × 28"), ("out", "N × 32 × 28 × 28")]
    assert [value for _, value in cost] == ["320", "226 k", "98.0 KiB"]


def test_a_cure_is_a_button_and_one_undo_step(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    cure = Cure(
        Message("Set padding to 0"), (SetAttribute("model", "conv1", ("params", "padding"), 1, MISSING),)
    )
    text = Message("conv1 does not fit.")
    session.select(["conv1"])
    tell(session, analysis(Problem("test", "error", "model", "conv1", text, (cure,), "RuntimeError: ...")))
    assert panel.page is not None
    button = panel.page.findChild(QPushButton, "cure_button")
    assert button is not None and button.toolTip() == "Set padding to 0"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert "padding" not in session.document.node("model", "conv1").params
    assert session.undo_stack.undoText() == "Set padding to 0"


def test_renaming_waits_for_enter_and_keeps_the_selection(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    field = line(panel, "name")
    retype(qtbot, field, "stem")
    assert "conv1" in session.document.nodes("model")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.selection == ("stem",)
    assert session.document.node("model", "conv2").args == (reference("stem"),)
    assert line(panel, "name") is field


def test_a_name_half_typed_is_never_given_to_the_node_selected_next(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    retype(qtbot, line(panel, "name"), "stem")
    session.select(["conv2"])
    assert "conv2" in session.document.nodes("model")


def test_several_nodes_show_what_they_share_and_are_written_together(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1", "conv2"])
    assert line(panel, "out_channels").placeholderText() == "mixed"
    assert line(panel, "kernel_size").text() == "3"
    retype(qtbot, line(panel, "out_channels"), "8")
    widths = [session.document.node("model", i).params["out_channels"] for i in ("conv1", "conv2")]
    assert widths == [8, 8]
    assert session.undo_stack.count() == 1
    session.select(["conv1", "flat"])
    assert fields(panel) == []


def test_an_input_shows_the_shape_of_the_data_and_takes_its_own(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["image"])
    tell(session, analysis())
    field = line(panel, "shape")
    assert field.placeholderText() == "auto (N × 1 × 28 × 28)"
    field.setText("3, 32, 32")
    field.textEdited.emit(field.text())
    assert session.document.node("model", "image").params["shape"] == ["N", 3, 32, 32]
    field.settle()
    assert field.text() == "N × 3 × 32 × 32"


def test_a_block_has_the_parameters_its_network_declares(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["block"])
    assert fields(panel) == ["name", "repeat", "channels", "twice"]
    assert line(panel, "channels").text() == "16"
    retype(qtbot, line(panel, "channels"), "64")
    assert "channels" not in session.document.node("model", "block").params


def test_inside_a_block_a_value_may_name_its_parameters(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.show_network("Residual")
    with session.edit(Message("test")) as edit:
        edit.add_node("Residual", Node("conv", "nn.Conv2d", {"out_channels": 8, "kernel_size": 1}))
    session.select(["conv"])
    retype(qtbot, line(panel, "out_channels"), "channels*2")
    value = session.document.node("Residual", "conv").params["out_channels"]
    assert value == {"expr": "*", "of": [{"p": "channels"}, 2]}


def test_nothing_selected_shows_the_project(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    retype(qtbot, line(panel, "project"), "Ten digits")
    assert session.document.name == "Ten digits"
    assert session.undo_stack.count() == 1


def test_before_pytorch_is_there_the_fields_wait(qtbot: QtBot, session: Session) -> None:
    session.engine_ready = False
    panel = InspectorPanel(session)
    qtbot.addWidget(panel)
    session.select(["conv1"])
    assert fields(panel) == ["name"]
    session.engine_ready = True
    tell(session, analysis())
    assert "kernel_size" in fields(panel)


def test_the_inspector_follows_the_language(panel: InspectorPanel, session: Session) -> None:
    session.select(["conv1"])
    language.set_language("zh_CN")
    assert line(panel, "in_channels").placeholderText() == "自动"


def test_the_reason_against_a_text_stands_under_its_field(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["conv1"])
    field = line(panel, "out_channels")
    field.selectAll()

    qtbot.keyClicks(field, "0")

    reasons = [label for label in panel.page.findChildren(QLabel, "field_reason") if label.isVisible()]
    assert [label.text() for label in reasons] == ["1 is the least here."]
    assert reasons[0].geometry().top() >= field.geometry().bottom()

    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert not reasons[0].isVisible()


@pytest.mark.parametrize("word", ["auto", "Auto "])
def test_auto_can_be_written_out(panel: InspectorPanel, session: Session, qtbot: QtBot, word: str) -> None:
    session.select(["conv1"])
    field = line(panel, "in_channels")
    qtbot.keyClicks(field, "3")
    assert session.document.node("model", "conv1").params["in_channels"] == 3

    field.selectAll()
    qtbot.keyClicks(field, word)

    assert "in_channels" not in session.document.node("model", "conv1").params
    assert not field.property("invalid")


def test_cures_that_differ_at_their_end_are_told_apart(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    labels = [f"Insert a 1×1 Conv2d with 32 filters on the wire from {node}" for node in ("conv1", "conv2")]
    cures = tuple(Cure(Message(label), ()) for label in labels)
    session.select(["conv1"])

    tell(session, analysis(Problem("unfit", "error", "model", "conv1", Message("These do not fit."), cures)))

    buttons = panel.findChildren(QPushButton, "cure_button")
    assert len(buttons) == 2
    two_lines = 2 * buttons[0].fontMetrics().lineSpacing()
    qtbot.waitUntil(lambda: all(button.height() > two_lines for button in buttons))
    assert [button.text().replace("\n", " ") for button in buttons] == labels
