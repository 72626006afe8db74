"""Undo and redo of a session: where a step happened is shown, what it brings back is selected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session()
    inside = Network({"x": Node("x", "input"), "y": Node("y", "output")})
    nodes = {id_: Node(id_, "nn.ReLU") for id_ in ("a", "b", "c")}
    made.open(ProjectData("Two", {"model": Network(nodes), "Block": inside}), None)
    yield made
    made._idle.stop()


def test_nodes_that_undo_brings_back_are_selected_as_they_were(session: Session) -> None:
    session.select(["a", "b"])
    with session.edit(Message("Delete")) as edit:
        edit.remove_nodes("model", ["a", "b"])
    assert session.selection == ()

    session.undo()

    assert session.selection == ("a", "b")


def test_undo_and_redo_show_the_network_they_change(session: Session) -> None:
    with session.edit(Message("Move y")) as edit:
        edit.move("Block", "y", (40, 40))
    assert session.network == "model"

    session.undo()
    assert session.network == "Block"

    session.show_network("model")
    session.redo()
    assert session.network == "Block"


def test_a_setting_is_undone_without_leaving_the_network(session: Session) -> None:
    session.show_network("Block")
    with session.edit(Message("Set epochs")) as edit:
        edit.set(("training", "epochs"), 3)

    session.undo()

    assert session.network == "Block"


def test_what_is_typed_and_typed_back_is_no_step(session: Session) -> None:
    for value in (True, False, True):
        with session.edit(Message("Set inplace"), "typing") as edit:
            edit.set_param("model", "a", "inplace", value)
    assert session.undo_stack.count() == 1

    from studio.graph.operations import MISSING

    with session.edit(Message("Set inplace"), "typing") as edit:
        edit.set_param("model", "a", "inplace", MISSING)

    assert session.undo_stack.count() == 0
    assert not session.dirty
