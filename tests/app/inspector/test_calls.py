"""What the inspector offers beside the arguments of a layer: its call, numbers for wires, sharing."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from studio.app.inspector import InspectorPanel
from studio.app.inspector.fields import BoolField, ChoiceField, LineField
from studio.app.session import Session
from studio.catalog.nodes import new_node
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import reference

X = reference("x")


@pytest.fixture
def drawn() -> ProjectData:
    nodes = [
        Node("x", "input"),
        Node("attention", "nn.MultiheadAttention", {"num_heads": 4}, (X, X, X)),
        Node("sum", "torch.add", args=(X,)),
        Node("whole", "torch.add", args=(X, reference("sum"))),
        Node("one_minus", "op.sub", args=(1, X)),
        Node("parts", "torch.unbind", args=(X,), kwargs={"dim": 1}),
        Node("cut", "torch.split", args=(X, 8)),
        Node("drop", "F.dropout", args=(X,), kwargs=dict(new_node("F.dropout", "d").kwargs)),
        Node("ein", "torch.einsum", args=("ij->ji", [X])),
        Node("mlp", "ops.MLP", {"hidden_channels": [4]}, (X,)),
        Node("fc", "nn.Linear", {"out_features": 8}, (X,)),
        Node("fc2", "nn.Linear", args=(reference("fc"),), path="fc"),
    ]
    return ProjectData("Calls", {"model": Network({node.id: node for node in nodes})})


def field(panel: InspectorPanel, kind: type, name: str) -> Any:
    found = panel.page.findChild(kind, f"field_{name}") if panel.page else None
    assert found is not None, name
    return found


def button(panel: InspectorPanel, name: str) -> QPushButton:
    found = panel.page.findChild(QPushButton, name) if panel.page else None
    assert found is not None
    return found


def typed(qtbot: QtBot, line: LineField, text: str) -> None:
    line.setFocus()
    line.selectAll()
    qtbot.keyClicks(line, text) if text else qtbot.keyClick(line, Qt.Key.Key_Delete)


def test_what_a_layer_is_called_with_is_kept_with_the_call(panel: InspectorPanel, session: Session) -> None:
    session.select(["attention"])
    weights = field(panel, BoolField, "need_weights")
    assert weights.isChecked()
    weights.click()
    assert session.document.node("model", "attention").kwargs == {"need_weights": False}
    assert session.document.node("model", "attention").params == {"num_heads": 4}
    weights.click()
    assert session.document.node("model", "attention").kwargs == {}


def test_a_number_stands_in_place_of_a_wire(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select(["sum"])
    typed(qtbot, field(panel, LineField, "other"), "2.5")
    assert session.document.node("model", "sum").args == (X, 2.5)
    typed(qtbot, field(panel, LineField, "other"), "")
    assert session.document.node("model", "sum").args == (X,)


def test_a_wire_is_named_and_no_field_writes_over_it(panel: InspectorPanel, session: Session) -> None:
    session.select(["whole"])
    other = field(panel, LineField, "other")
    assert other.text() == "sum" and not other.isEnabled()


def test_a_number_may_stand_first(panel: InspectorPanel, session: Session, qtbot: QtBot) -> None:
    session.select(["one_minus"])
    typed(qtbot, field(panel, LineField, "input"), "3")
    assert session.document.node("model", "one_minus").args == (3, X)


def test_a_node_says_how_many_outputs_it_has_where_nothing_else_does(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["parts"])
    typed(qtbot, field(panel, LineField, "outputs"), "3")
    assert session.document.node("model", "parts").extra == {"outputs": 3}
    session.select(["cut"])
    assert field(panel, LineField, "outputs").text() == "2"
    typed(qtbot, field(panel, LineField, "split_size_or_sections"), "4, 4")
    assert not field(panel, LineField, "outputs").isEnabled()
    typed(qtbot, field(panel, LineField, "split_size_or_sections"), "4, 4, 2")
    assert field(panel, LineField, "outputs").text() == "3"


def test_what_differs_between_training_and_use_is_not_written_over(
    panel: InspectorPanel, session: Session
) -> None:
    session.select(["drop"])
    training = field(panel, BoolField, "training")
    assert training.checkState() == Qt.CheckState.PartiallyChecked and not training.isEnabled()


def test_a_formula_stands_where_python_wants_it(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["ein"])
    typed(qtbot, field(panel, LineField, "equation"), "ij->j")
    assert session.document.node("model", "ein").args == ("ij->j", [X])


def test_a_class_of_layers_is_chosen_by_name(panel: InspectorPanel, session: Session) -> None:
    session.select(["mlp"])
    chosen = field(panel, ChoiceField, "activation_layer")
    assert chosen.currentText() == "ReLU"
    chosen._on_choice(chosen.findText("GELU"))
    assert session.document.node("model", "mlp").params["activation_layer"] == {"layer": "nn.GELU"}


def test_the_arguments_of_a_shared_layer_are_edited_from_any_of_its_cards(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["fc2"])
    width = field(panel, LineField, "out_features")
    assert width.text() == "8"
    typed(qtbot, width, "16")
    assert session.document.node("model", "fc").params == {"out_features": 16}
    assert session.document.node("model", "fc2").params == {}


def test_a_layer_is_used_again_and_gets_weights_of_its_own(
    panel: InspectorPanel, session: Session, qtbot: QtBot
) -> None:
    session.select(["fc"])
    button(panel, "use_again").click()
    (made,) = session.selection
    assert session.document.node("model", made).path == "fc"
    assert panel.page is not None and "fc, fc2" in panel.page.sharing.text.text()
    button(panel, "own_weights").click()
    node = session.document.node("model", made)
    assert (node.path, node.params) == (None, {"out_features": 8})
    assert not button(panel, "own_weights").isVisible()


def test_only_layers_and_blocks_can_be_used_again(panel: InspectorPanel, session: Session) -> None:
    session.select(["sum"])
    assert not button(panel, "use_again").isVisible()
    session.select(["attention"])
    assert button(panel, "use_again").isVisible()
