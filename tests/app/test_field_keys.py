"""Ctrl+Z in a field: for what is typed there and not taken over yet, else for the last step taken."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget
from pytestqt.qtbot import QtBot

from studio.app.inspector.fields import LineField
from studio.app.window import MainWindow
from studio.graph.model import Node
from studio.words import Message

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def conv(window: MainWindow, qtbot: QtBot) -> Node:
    """A convolution that is selected in the window."""
    import torch  # noqa: F401 - the arguments of a layer are read from PyTorch

    window.files.new()
    node = Node("conv1", "nn.Conv2d", {"out_channels": 32, "kernel_size": 3})
    with window.session.edit(Message("Add")) as edit:
        edit.add_node("model", node)
    window.session._idle.timeout.disconnect()  # no analysis: what is tried here needs none
    window.session._tell_soon = window.session.told.emit
    window.session.engine_ready = True
    window.session.select(["conv1"])
    window.activateWindow()
    qtbot.waitUntil(lambda: window.findChild(LineField, "field_out_channels") is not None)
    return node


def at_the_keyboard(window: MainWindow, qtbot: QtBot, kind: type, name: str) -> QWidget:
    field = window.findChild(kind, name)
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    return field


def filters(window: MainWindow) -> object:
    return window.session.document.node("model", "conv1").params["out_channels"]


def test_a_value_that_was_typed_is_taken_back_from_its_field(
    window: MainWindow, qtbot: QtBot, conv: Node
) -> None:
    field = at_the_keyboard(window, qtbot, LineField, "field_out_channels")
    field.selectAll()
    qtbot.keyClicks(field, "48")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert filters(window) == 48

    qtbot.keyClick(field, Qt.Key.Key_Z, CTRL)
    assert filters(window) == 32
    assert field.text() == "32"

    qtbot.keyClick(field, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert filters(window) == 48
    assert field.text() == "48"


def test_each_value_that_was_entered_is_a_step(window: MainWindow, qtbot: QtBot, conv: Node) -> None:
    field = at_the_keyboard(window, qtbot, LineField, "field_out_channels")
    for value in ("48", "64"):
        field.selectAll()
        qtbot.keyClicks(field, value)
        qtbot.keyClick(field, Qt.Key.Key_Return)

    qtbot.keyClick(field, Qt.Key.Key_Z, CTRL)

    assert filters(window) == 48


def test_typing_that_is_no_value_is_taken_back_as_text(window: MainWindow, qtbot: QtBot, conv: Node) -> None:
    field = at_the_keyboard(window, qtbot, LineField, "field_out_channels")
    qtbot.keyClick(field, Qt.Key.Key_End)
    qtbot.keyClicks(field, "x")

    qtbot.keyClick(field, Qt.Key.Key_Z, CTRL)

    assert field.text() == "32"
    assert "conv1" in window.session.document.nodes("model")


def test_a_layer_appended_from_the_search_is_taken_back_there(
    window: MainWindow, qtbot: QtBot, conv: Node
) -> None:
    search = at_the_keyboard(window, qtbot, QLineEdit, "palette_search")
    qtbot.keyClicks(search, "relu")
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert set(window.session.document.nodes("model")) == {"conv1", "relu1"}

    qtbot.keyClick(search, Qt.Key.Key_Z, CTRL)
    assert set(window.session.document.nodes("model")) == {"conv1"}


def test_a_setting_of_the_training_is_taken_back_from_its_field(
    window: MainWindow, qtbot: QtBot, conv: Node
) -> None:
    window.show_panel("training")
    field = at_the_keyboard(window, qtbot, QSpinBox, "training_epochs")
    field.selectAll()
    qtbot.keyClicks(field, "33")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.session.document.setting(("training", "epochs")) == 33

    qtbot.keyClick(field, Qt.Key.Key_Z, CTRL)

    assert window.session.document.setting(("training", "epochs")) != 33


def test_undo_of_the_tool_bar_does_what_it_is_called_wherever_the_keyboard_is(
    window: MainWindow, qtbot: QtBot, conv: Node
) -> None:
    search = at_the_keyboard(window, qtbot, QLineEdit, "palette_search")
    qtbot.keyClicks(search, "relu")

    window.actions_table["undo"].trigger()

    assert "conv1" not in window.session.document.nodes("model")
    assert search.text() == "relu"


def test_escape_brings_the_keyboard_back_to_the_canvas(window: MainWindow, qtbot: QtBot, conv: Node) -> None:
    field = at_the_keyboard(window, qtbot, LineField, "field_out_channels")

    qtbot.keyClick(field, Qt.Key.Key_Escape)

    assert window.workspace.canvas.view.hasFocus()


@pytest.mark.parametrize(("key", "action"), [(Qt.Key.Key_E, "export"), (Qt.Key.Key_K, "command_palette")])
def test_a_key_of_the_window_is_not_kept_by_a_field(
    window: MainWindow, qtbot: QtBot, conv: Node, key: Qt.Key, action: str
) -> None:
    field = at_the_keyboard(window, qtbot, LineField, "field_out_channels")
    window.actions_table[action].triggered.disconnect()

    with qtbot.waitSignal(window.actions_table[action].triggered, timeout=2_000):
        qtbot.keyClick(field, key, CTRL)

    assert field.text() == "32"
