"""The scene follows the document step by step and always shows what a scene built anew would."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from studio.app import theme
from studio.app.canvas import painting
from studio.app.canvas.panel import CanvasPanel
from studio.app.canvas.scene import GraphScene
from studio.app.session import Session
from studio.compiler.analysis import Analysis, NetworkReport, NodeReport, Problem, Size, TensorSpec
from studio.graph import sharing
from studio.graph.edit import Edit
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message

if TYPE_CHECKING:
    from conftest import MakePanel


def state(graph: GraphScene) -> object:
    """All that a scene shows: cards with their places, ports and faces, and wires with their ends."""
    cards = {
        id_: (card.pos().toTuple(), card.shape_, card.face, card.mark) for id_, card in graph.cards.items()
    }
    wires = {}
    for wire in graph.edges.wires():
        edge = graph.edges.edge(wire)
        assert edge is not None
        wires[wire] = (edge.start.toTuple(), edge.end.toTuple(), edge.around)
    return cards, wires


def shows_the_document(session: Session, graph: GraphScene) -> None:
    fresh = GraphScene(session)
    assert state(graph) == state(fresh)
    fresh.deleteLater()


EDITS: dict[str, Callable[[Edit], None]] = {
    "add": lambda e: e.add_node("model", Node("new", "nn.ReLU", args=({"n": "fc"},), at=(300, 300))),
    "remove": lambda e: e.remove_nodes("model", ["relu1"]),
    "remove and heal": lambda e: e.remove_nodes("model", ["conv1", "relu1"], heal=True),
    "rename": lambda e: e.rename_node("model", "conv1", "first"),
    "connect": lambda e: e.connect("model", "conv1", "drop1", ("args", 0)),
    "disconnect": lambda e: e.disconnect("model", "relu1", ("args", 0)),
    "move": lambda e: e.move("model", "relu1", (-300, 200)),
    "parameter": lambda e: e.set_param("model", "conv1", "out_channels", 64),
    "type": lambda e: e.set_type("model", "relu1", "torch.cat"),
    "dangling": lambda e: e.connect("model", "nobody", "drop1", ("args", 0)),
    "block": lambda e: e.set_type("model", "relu1", "block:Residual"),
    "share": lambda e: sharing.use_again(e, "model", "fc", (300, 300)),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_its_undo_and_its_redo_are_followed(panel: CanvasPanel, session: Session, name: str) -> None:
    with session.edit(Message("Tidy up")) as edit:
        EDITS[name](edit)
    shows_the_document(session, panel.graph)
    session.undo_stack.undo()
    shows_the_document(session, panel.graph)
    session.undo_stack.redo()
    shows_the_document(session, panel.graph)


def test_a_card_that_an_edit_does_not_touch_stays_the_same_item(panel: CanvasPanel, session: Session) -> None:
    before = dict(panel.graph.cards)
    with session.edit(Message("Tidy up")) as edit:
        edit.move("model", "relu1", (96, 200))
    assert panel.graph.cards == before


def test_cards_of_one_layer_say_that_they_share_it(panel: CanvasPanel, session: Session) -> None:
    session.select(["fc"])
    panel.blocks.use_again()
    (made,) = session.selection
    assert panel.graph.cards[made].face.summary == "weights of fc"
    assert panel.graph.cards["fc"].face.summary.startswith("used 2 times")
    with session.edit(Message("Rename")) as edit:
        edit.rename_node("model", "fc", "head")
    assert panel.graph.cards[made].face.summary == "weights of head"
    session.undo_stack.undo()
    session.undo_stack.undo()
    assert "used" not in panel.graph.cards["fc"].face.summary


def test_a_block_gets_the_ports_of_its_network(panel: CanvasPanel, session: Session) -> None:
    with session.edit(Message("Tidy up")) as edit:
        edit.add_node("model", Node("block1", "block:Residual", at=(300, 300)))
    assert [i.name for i in panel.graph.cards["block1"].shape_.inlets] == ["x"]
    with session.edit(Message("Tidy up")) as edit:
        edit.add_node("Residual", Node("mask", "input", at=(200, 0)))
    assert [i.name for i in panel.graph.cards["block1"].shape_.inlets] == ["x", "mask"]
    shows_the_document(session, panel.graph)


@pytest.mark.parametrize("seed", range(6))
def test_a_random_hour_of_editing_is_followed(panel: CanvasPanel, session: Session, seed: int) -> None:
    choose = random.Random(seed)
    for turn in range(60):
        stack = session.undo_stack
        roll = choose.random()
        if roll < 0.15 and stack.canUndo():
            stack.undo()
        elif roll < 0.25 and stack.canRedo():
            stack.redo()
        else:
            with session.edit(Message("Tidy up")) as edit:
                for _ in range(choose.randint(1, 3)):
                    random_edit(edit, choose, turn)
    shows_the_document(session, panel.graph)


def random_edit(edit: Edit, choose: random.Random, turn: int) -> None:
    ids = sorted(edit.document.nodes("model"))
    spot = (choose.randrange(-400, 400, 8), choose.randrange(-100, 700, 8))
    if len(ids) < 3:
        edit.add_node("model", Node(f"n{turn}_{choose.random()}", "nn.ReLU", at=spot))
        return
    one, two = choose.sample(ids, 2)
    match choose.randrange(7):
        case 0:
            type_ = choose.choice(["nn.Conv2d", "torch.cat", "torch.add", "nn.LSTM", "block:Residual"])
            edit.add_node("model", Node(f"n{turn}_{choose.random()}", type_, at=spot))
        case 1:
            edit.remove_nodes("model", [one], heal=choose.random() < 0.5)
        case 2:
            edit.rename_node("model", one, f"r{turn}_{choose.random()}")
        case 3:
            edit.connect("model", one, two, ("args", choose.randrange(2)))
        case 4:
            slot = ("args", 0, choose.randrange(3))
            if edit.document.node("model", two).type == "torch.cat":
                edit.connect("model", one, two, slot, 0)
        case 5:
            edit.move("model", one, spot)
        case _:
            edit.set_param("model", one, "dim", choose.randrange(9))


def test_another_document_is_shown_whole(panel: CanvasPanel, session: Session) -> None:
    session.open(ProjectData(networks={"model": Network({"a": Node("a", "input")})}), None)
    assert list(panel.graph.cards) == ["a"]
    shows_the_document(session, panel.graph)


def test_another_network_is_shown_and_its_name_followed(panel: CanvasPanel, session: Session) -> None:
    session.show_network("Residual")
    assert set(panel.graph.cards) == {"x", "y"}
    with session.edit(Message("Tidy up")) as edit:
        edit.rename_network("Residual", "Skip")
        edit.move("Skip", "x", (64, 0))
    assert session.network == "Skip"
    shows_the_document(session, panel.graph)


# -- what the analysis says ----------------------------------------------------------------------


def analysed(session: Session, *problems: Problem) -> None:
    spec = TensorSpec((Size(), 8, 26, 26))
    nodes = {
        "conv1": NodeReport("ok", (spec,)),
        "relu1": NodeReport("problem", (None,)),
        "fc": NodeReport("waiting", (None,), waits_for="relu1"),
    }
    session.take(Analysis({"model": NetworkReport(nodes)}, problems))


def test_a_problem_is_a_badge_with_its_words_as_a_tip(panel: CanvasPanel, session: Session) -> None:
    text = Message("{node} waits for {other}", node="<b>x</b>", other="y")
    analysed(session, Problem("x", "error", "model", "relu1", text))
    assert panel.graph.cards["relu1"].face.badge == "error"
    assert panel.graph.faces.tip("relu1") == str(text)
    assert panel.graph.cards["conv1"].face.badge == ""


def test_a_node_behind_a_problem_is_shown_waiting(panel: CanvasPanel, session: Session) -> None:
    analysed(session)
    assert panel.graph.cards["fc"].face.waiting
    assert panel.graph.faces.tip("fc") == "fc waits for relu1"


def test_a_wire_says_what_it_carries(panel: CanvasPanel, session: Session) -> None:
    assert panel.graph.edges.chips("conv1") == []
    analysed(session)
    assert panel.graph.edges.chips("conv1") == ["N×8×26×26"]
    assert panel.graph.edges.chips("relu1") == []


def test_selected_cards_are_outlined_and_no_others(panel: CanvasPanel, session: Session) -> None:
    session.select(("conv1", "fc"))
    session.select(("fc",))
    marked = {id_ for id_, card in panel.graph.cards.items() if card.mark == painting.SELECTED}
    assert marked == {"fc"}


def test_a_wire_past_a_card_goes_around_it(make_panel: MakePanel) -> None:
    nodes = {
        "a": Node("a", "input", at=(0, 0)),
        "b": Node("b", "nn.ReLU", args=({"n": "a"},), at=(0, 96)),
        "c": Node("c", "torch.add", args=({"n": "b"}, {"n": "a"}), at=(0, 192)),
    }
    graph = make_panel(Network(nodes)).graph
    skip = next(w for w in graph.edges.wires_into("c") if w.source == "a")
    edge = graph.edges.edge(skip)
    assert edge is not None
    left, _, width, _ = graph.cards["b"].box()
    assert edge.bounds.right() > left + width or edge.bounds.left() < left


def test_a_theme_switch_draws_every_picture_anew(panel: CanvasPanel, qtbot) -> None:  # type: ignore[no-untyped-def]
    panel.view.viewport().repaint()
    before = panel.graph.store.rendered
    theme.use(theme.LIGHT)
    try:
        qtbot.waitUntil(lambda: panel.graph.store.rendered >= before + len(panel.graph.cards), timeout=3000)
    finally:
        theme.use(theme.DARK)
