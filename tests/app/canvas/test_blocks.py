"""Blocks on the canvas: made and named in one step, dissolved, copied, repeated, shown with their number."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph.model import Node
from studio.project import files
from studio.words import Message


def steps(session: Session) -> list[str]:
    stack = session.undo_stack
    return [stack.label(place) for place in range(stack.count())]


def test_a_selection_becomes_a_block_where_it_was_and_is_named_in_the_same_step(
    panel: CanvasPanel, session: Session, qtbot: QtBot
) -> None:
    before = files.dumps(session.document.data())
    session.select(["conv1", "relu1"])
    panel.blocks.group()
    assert session.selection == ("block1",)
    assert session.document.node("model", "block1").at == (0, 144)
    field = panel.rename_field
    assert field.isVisible() and field.text() == "Block"
    field.selectAll()
    qtbot.keyClicks(field, "Stem")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.document.node("model", "stem1").type == "block:Stem"
    assert session.network == "model", "Enter gives the name and does not go in"
    assert steps(session) == ["Make 2 nodes a block"]
    session.undo()
    assert files.dumps(session.document.data()) == before
    session.redo()
    assert "stem1" in session.document.nodes("model")


def test_a_name_that_is_taken_is_not_given(panel: CanvasPanel, session: Session, qtbot: QtBot) -> None:
    session.select(["relu1"])
    panel.blocks.group()
    field = panel.rename_field
    field.selectAll()
    qtbot.keyClicks(field, "Residual")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.isVisible() and "already" in field.fault.text()
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert "Block" in session.document.network_names()


def test_a_name_that_was_typed_is_not_lost_by_a_click_elsewhere(
    panel: CanvasPanel, session: Session, qtbot: QtBot
) -> None:
    told: list[str] = []
    session.notice.connect(lambda _level, message: told.append(str(message)))
    session.select(["relu1"])
    panel.blocks.group()
    field = panel.rename_field
    field.selectAll()
    qtbot.keyClicks(field, "Stem")
    QApplication.sendEvent(field, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason))
    assert field.isVisible(), "another program in front is no leaving"
    QApplication.sendEvent(field, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.MouseFocusReason))
    assert not field.isVisible() and "Stem" in session.document.network_names()

    session.select(["conv1"])
    panel.blocks.group()
    field.selectAll()
    qtbot.keyClicks(field, "Stem")
    QApplication.sendEvent(field, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.MouseFocusReason))
    assert not field.isVisible() and any("already" in text for text in told)
    assert "Block" in session.document.network_names()


def test_dissolving_gives_back_what_was_there(panel: CanvasPanel, session: Session) -> None:
    before = files.dumps(session.document.data())
    session.select(["conv1", "relu1"])
    panel.blocks.group()
    panel.rename_field.close_field()
    panel.blocks.dissolve()
    assert session.selection == ("conv1", "relu1")
    assert files.dumps(session.document.data()) == before


def test_a_new_block_is_named_entered_and_taken_back_in_one_step(
    panel: CanvasPanel, session: Session, qtbot: QtBot
) -> None:
    before = files.dumps(session.document.data())
    session.select(["conv1"])
    panel.blocks.new()
    field = panel.rename_field
    assert field.isVisible() and field.text() == "Block"
    field.selectAll()
    qtbot.keyClicks(field, "Stem")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.network == "Stem", "the name is given, and one is inside"
    assert [node.type for node in session.document.nodes("Stem").values()] == ["input", "output"]
    panel.leave()
    stem = session.document.node("model", "stem1")
    assert stem.args == ({"n": "conv1"},), "it stands behind the card that was selected"
    assert steps(session) == ["New empty block"]
    session.undo()
    assert files.dumps(session.document.data()) == before


def test_a_new_block_whose_name_is_given_up_stays_a_card(
    panel: CanvasPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(())
    panel.blocks.new()
    qtbot.keyClick(panel.rename_field, Qt.Key.Key_Escape)
    assert session.network == "model"
    assert session.document.node("model", "block1").args == ()


def test_a_command_for_one_block_says_so_where_none_is_selected(panel: CanvasPanel, session: Session) -> None:
    told: list[str] = []
    session.notice.connect(lambda level, text: told.append(str(text)))
    session.select(["conv1"])
    for command in (
        panel.blocks.make_independent,
        panel.blocks.keep,
        panel.blocks.rename,
        panel.blocks.repeat,
    ):
        command()
    session.select(())
    panel.blocks.use_again()
    assert told == ["Select one block for this."] * 4 + ["Select one layer or block for this."]


def test_a_dissolved_block_makes_room_for_what_comes_out(panel: CanvasPanel, session: Session) -> None:
    session.select(["conv1", "relu1"])
    panel.blocks.group()
    panel.rename_field.close_field()
    with session.edit(Message("test")) as edit:
        edit.move("model", "fc", (0, 216))
    panel.blocks.dissolve()
    rects = panel.graph.rects()
    below = [rect[1] for id_, rect in sorted(rects.items(), key=lambda item: item[1][1]) if id_ != "drop1"]
    assert all(after - before >= 56 for before, after in pairwise(below))


def test_what_cannot_be_a_block_is_said(panel: CanvasPanel, session: Session, qtbot: QtBot) -> None:
    session.select(["conv1", "fc"])
    with qtbot.waitSignal(session.notice) as told:
        panel.blocks.group()
    assert told.args is not None
    level, text = told.args
    assert level == "warning" and "relu1" in str(text)
    assert not steps(session)


def test_an_independent_copy_has_a_network_of_its_own(panel: CanvasPanel, session: Session) -> None:
    with session.edit(Message("test")) as edit:
        for place in (1, 2):
            edit.add_node("model", Node(f"residual{place}", "block:Residual", at=(320, 200 * place)))
    session.select(["residual2"])
    panel.blocks.make_independent()
    assert session.document.node("model", "residual2").type == "block:Residual2"
    assert session.document.node("model", "residual1").type == "block:Residual"


def test_a_repeated_block_is_one_card_that_says_how_often(panel: CanvasPanel, session: Session) -> None:
    with session.edit(Message("test")) as edit:
        edit.add_node("model", Node("layers", "block:Residual", at=(320, 300), repeat=12))
    assert panel.graph.cards["layers"].face.title == "Residual ×12"
    with session.edit(Message("test")) as edit:
        edit.set_repeat("model", "layers", {"expr": "-", "of": [{"p": "depth"}, 1]})
    assert panel.graph.cards["layers"].face.title == "Residual ×depth-1"


def test_copies_of_a_block_bring_their_values(panel: CanvasPanel, session: Session) -> None:
    with session.edit(Message("test")) as edit:
        edit.set_network_parameter("Residual", "width", 8)
        edit.add_node("model", Node("layers", "block:Residual", {"width": 16}, at=(320, 300), repeat=3))
    session.select(["layers"])
    panel.clipboard.copy()
    panel.clipboard.paste()
    copy = session.selected_nodes()[0]
    assert (copy.type, dict(copy.params), copy.repeat) == ("block:Residual", {"width": 16}, 3)
