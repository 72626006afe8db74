"""A project in the inspector, and hands to use it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.app.inspector import InspectorPanel
from studio.app.inspector.fields import BoolField, ChoiceField, LineField
from studio.app.session import Session
from studio.compiler.analysis import Analysis, N, NetworkReport, NodeReport, Problem, TensorSpec
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import reference

IMAGE = TensorSpec((N, 1, 28, 28))
FEATURES = TensorSpec((N, 32, 28, 28))


def project() -> ProjectData:
    nodes = [
        Node("image", "input"),
        Node(
            "conv1", "nn.Conv2d", {"out_channels": 32, "kernel_size": 3, "padding": 1}, (reference("image"),)
        ),
        Node("conv2", "nn.Conv2d", {"out_channels": 64, "kernel_size": 3}, (reference("conv1"),)),
        Node("flat", "torch.flatten", args=(reference("conv2"), 1)),
        Node("mean", "torch.mean", args=(reference("conv2"),), kwargs={"dim": [-1]}),
        Node("pick", "op.getitem", args=(reference("conv2"), {"t": [{"slice": [None, None, None]}, 0]})),
        Node("block", "block:Residual", {"channels": 16}, (reference("conv2"),)),
    ]
    inside = Network({"x": Node("x", "input")}, {"channels": 64, "twice": False})
    return ProjectData("Digits", {"model": Network({n.id: n for n in nodes}), "Residual": inside})


def analysis(*problems: Problem) -> Analysis:
    reports = {
        "image": NodeReport("ok", (IMAGE,)),
        "conv1": NodeReport("ok", (FEATURES,), {"in_channels": 1}, 320, 225_792, 100_352),
        "conv2": NodeReport("waiting", waits_for="conv1"),
    }
    return Analysis({"model": NetworkReport(reports, 320, 225_792, 100_352)}, problems)


def tell(session: Session, found: Analysis) -> None:
    session.take(found)


def line(panel: InspectorPanel, name: str) -> LineField:
    field = panel.page.findChild(LineField, f"field_{name}") if panel.page else None
    assert field is not None, name
    return field


def choice(panel: InspectorPanel, name: str) -> ChoiceField:
    field = panel.page.findChild(ChoiceField, f"field_{name}") if panel.page else None
    assert field is not None, name
    return field


def fields(panel: InspectorPanel) -> list[str]:
    assert panel.page is not None
    found = panel.page.findChildren(QWidget)
    names = [w.objectName() for w in found if isinstance(w, LineField | BoolField | ChoiceField)]
    return [name.removeprefix("field_") for name in names]


def retype(qtbot: QtBot, field: LineField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    if text:
        qtbot.keyClicks(field, text)
    else:
        qtbot.keyClick(field, Qt.Key.Key_Delete)
