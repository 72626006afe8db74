"""What a wire carries is held against what a card works on, while it is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPointF, Qt

from studio.app.canvas import fits, hover
from studio.app.canvas.edge_layer import HOT, LIT
from studio.app.canvas.panel import CanvasPanel
from studio.compiler.analysis import Analysis, NetworkReport, NodeReport, TensorSpec
from studio.graph.model import Node

if TYPE_CHECKING:
    from .hand import Hand

SHIFT = Qt.KeyboardModifier.ShiftModifier


def spec(*shape: int | str) -> TensorSpec:
    return TensorSpec(shape, "float32")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "type_", "fix"),
    [
        (spec("N", 8, 4, 4), "nn.Linear", ("nn.Flatten", {})),
        (spec("N", 8, 4, 4), "nn.LSTM", ("torch.flatten", {"start_dim": 2})),
        (spec("N", 28, 28), "nn.Conv2d", ("torch.unsqueeze", {"dim": 1})),
        (spec("N", 64), "nn.Conv2d", None),
    ],
)
def test_what_does_not_fit_is_said_with_what_goes_between(given: TensorSpec, type_: str, fix: object) -> None:
    found = fits.misfit("a", given, Node("b", type_))
    assert found is not None and found.fix == fix
    assert str(given) in str(found.reason)
    assert (found.advice is None) is (fix is None)


@pytest.mark.parametrize(
    ("given", "type_"),
    [
        (None, "nn.Linear"),
        (spec("N", 64), "nn.Linear"),
        (spec("N", 12, 64), "nn.Linear"),
        (spec("N", 3, 8, 8), "nn.Conv2d"),
        (spec("N", 3, 8, 8), "nn.ReLU"),
    ],
)
def test_what_fits_or_is_not_known_is_not_spoken_of(given: TensorSpec | None, type_: str) -> None:
    assert fits.misfit("a", given, Node("b", type_)) is None


@pytest.fixture
def told(panel: CanvasPanel) -> CanvasPanel:
    """The canvas knows that relu1 gives pictures, and a Linear layer stands alone."""
    session = panel.session
    from studio.words import Message

    with session.edit(Message("Edit")) as edit:
        edit.add_node("model", Node("fc2", "nn.Linear", {"out_features": 3}, at=(320, 288)))
    session.undo_stack.clear()
    image = (spec("N", 8, 26, 26),)
    nodes = {"conv1": NodeReport("ok", image, parameters=1080), "relu1": NodeReport("ok", image)}
    session.take(Analysis({"model": NetworkReport(nodes)}))
    return panel


def test_a_card_that_shapes_do_not_fit_is_dimmed_and_says_why(told: CanvasPanel, hand: Hand) -> None:
    hand.pull(hand.port("relu1", "out"), hand.port("fc2", "in"))
    assert told.graph.cards["fc2"].dimmed
    (label,) = [text for _, text, _ in told.graph.overlay.labels]
    assert "N×8×26×26" in label and "Flatten goes between" in label
    told.view.cancel_gesture()
    assert hand.steps() == []


def test_letting_go_puts_a_flatten_between_in_one_step(told: CanvasPanel, hand: Hand) -> None:
    hand.drag(hand.port("relu1", "out"), hand.port("fc2", "in"))
    assert hand.args("flat1") == ({"n": "relu1"},)
    assert hand.args("fc2") == ({"n": "flat1"},)
    assert hand.steps() == ["Connect relu1 to fc2 by flat1"]


def test_with_shift_the_wire_is_drawn_as_it_is(told: CanvasPanel, hand: Hand) -> None:
    hand.drag(hand.port("fc2", "in"), hand.port("relu1", "out") + QPointF(2, 2))
    told.session.undo_stack.undo()
    start = hand.port("relu1", "out")
    hand.press(start)
    for keys in (SHIFT, SHIFT):
        hand.move(hand.port("fc2", "in"), keys)
    hand.release(hand.port("fc2", "in"), keys=SHIFT)
    assert hand.args("fc2") == ({"n": "relu1"},)


def test_a_wire_under_the_mouse_lights_the_way_up_and_down_and_says_its_shape(told: CanvasPanel) -> None:
    edges = told.graph.edges
    wire = edges.wires_into("fc")[0]
    hover.highlight(told.view, edges.middle(wire) + QPointF(0, 2))
    states = {(w.source, w.target): state for w, state in edges._states.items()}
    assert states == {
        ("relu1", "fc"): HOT,
        ("conv1", "relu1"): LIT,
        ("image", "conv1"): LIT,
        ("fc", "digit"): LIT,
    }
    assert "N×8×26×26" in told.graph.overlay.labels[0][1]


def test_a_port_and_a_wire_say_shape_type_and_how_many_parameters(told: CanvasPanel) -> None:
    graph = told.graph

    def said(at: QPointF) -> str:
        hover.highlight(told.view, at)
        return graph.overlay.labels[0][1]

    assert said(graph.cards["conv1"].port("out", 0)) == "output · N×8×26×26 float32 · 1\u2009080 parameters"
    assert said(graph.cards["relu1"].port("in", 0)) == "input · N×8×26×26 float32"
    wire = graph.edges.wires_into("relu1")[0]
    assert (
        said(graph.edges.middle(wire)) == "conv1 → relu1 · N×8×26×26 float32 · conv1: 1\u2009080 parameters"
    )
