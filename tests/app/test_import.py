"""The import dialog and what becomes of it: a project, a network of this one, weights for the next run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio.app.import_dialog import ImportDialog
from studio.app.window import MainWindow
from studio.compiler.build import build
from studio.data.prepare import context_of
from studio.graph.model import Network, Node, ProjectData
from studio.training import runs


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """An ONNX file of one layer."""
    weight = np.ones((3, 4), np.float32)
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "w"], ["z"], transB=1)],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 3])],
        [numpy_helper.from_array(weight, "w")],
    )
    path = tmp_path / "flowers.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def iris() -> ProjectData:
    nodes = (
        Node("x", "input"),
        Node("fc", "nn.Linear", args=({"n": "x"},)),
        Node("y", "output", args=({"n": "fc"},)),
    )
    return ProjectData("Flowers", {"model": Network({n.id: n for n in nodes})}, {"data": {"source": "iris"}})


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dialog's list without torchvision, which takes a while to import."""
    known = ["resnet18", "resnet50", "vit_b_16", "wide_resnet50_2"]
    monkeypatch.setattr("studio.importing.sources.architectures", lambda: known)


def opened(window: MainWindow, qtbot: QtBot) -> ImportDialog:
    dialog = window.importer.open()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: not dialog._listing.busy, timeout=10_000)
    return dialog


def finish(dialog: ImportDialog, qtbot: QtBot) -> None:
    dialog.start()
    qtbot.waitUntil(lambda: not dialog._lane.busy, timeout=20_000)


def undo(window: MainWindow, qtbot: QtBot) -> None:
    window.session.undo()
    qtbot.waitUntil(lambda: not window.session._idle.isActive())


@pytest.mark.usefixtures("names")
def test_the_list_is_searched_by_every_word_that_is_typed(window: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(window, qtbot)

    dialog.search.setText("resnet 50")

    shown = [dialog.names.item(i) for i in range(dialog.names.count())]
    assert [item.text() for item in shown if not item.isHidden()] == ["resnet50", "wide_resnet50_2"]
    assert dialog.names.currentItem().text() == "resnet50"
    assert dialog.now_button.isEnabled()
    assert not dialog.download.isChecked(), "nothing is downloaded unless asked"
    dialog.search.setText("nothing")
    assert not dialog.now_button.isEnabled()


@pytest.mark.usefixtures("names")
def test_an_onnx_file_becomes_a_new_project_that_begins_with_its_weights(
    window: MainWindow, qtbot: QtBot, model: Path
) -> None:
    dialog = opened(window, qtbot)
    dialog.choose("onnx", model)

    finish(dialog, qtbot)

    session = window.session
    assert list(session.document.nodes("model")) == ["x", "fc1", "z"]
    assert session.dirty
    assert session.path is None
    kept = runs.open_run(session.document.setting(("training", "weights")), runs.runs_folder(None))
    assert kept.load_module().fc1.weight.unique().tolist() == [1]
    assert window.trainer.last_run == kept.folder
    assert "Weights: 1 tensors, 12 numbers." in dialog.outcome.text()
    assert dialog.focusWidget() is dialog.cancel_button, "Enter closes and imports no second time"


@pytest.mark.usefixtures("names")
def test_as_a_network_of_the_open_project_it_is_one_undo_step(
    window: MainWindow, qtbot: QtBot, model: Path
) -> None:
    window.files.show_imported(iris(), lambda: None)
    session = window.session
    before = session.document.data()
    dialog = opened(window, qtbot)
    dialog.choose("onnx", model)
    dialog.choose_place("network")

    finish(dialog, qtbot)

    assert list(session.document.network_names()) == ["model", "flowers"]
    assert session.network == "flowers"
    assert "It is the network flowers" in dialog.outcome.text()
    undo(window, qtbot)
    assert session.document.data() == before


@pytest.mark.usefixtures("names")
def test_weights_are_for_the_next_training_and_undo_takes_them_back(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    project = iris()
    window.files.show_imported(project, lambda: None)
    module = build(project, "model", context_of(project.data), seed=3)
    torch.save({f"module.{n}": t for n, t in module.state_dict().items()}, tmp_path / "w.pt")
    dialog = opened(window, qtbot)
    dialog.choose("weights", tmp_path / "w.pt")

    finish(dialog, qtbot)

    said = dialog.outcome.text()
    assert "Tensors that match by name and shape: 2." in said
    assert "“module.”, which was taken away" in said
    name = window.session.document.setting(("training", "weights"))
    kept = runs.open_run(name, runs.runs_folder(None)).load_module()
    assert torch.equal(kept.fc.weight, module.fc.weight)
    undo(window, qtbot)
    assert "weights" not in window.session.document.data().training


@pytest.mark.usefixtures("names")
def test_a_file_that_would_run_code_is_refused_in_words(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.files.show_imported(iris(), lambda: None)
    torch.save(torch.nn.Linear(2, 2), tmp_path / "module.pt")
    dialog = opened(window, qtbot)
    dialog.choose("weights", tmp_path / "module.pt")

    finish(dialog, qtbot)

    assert "loading it would run code, so it is not loaded" in dialog.outcome.text()
    assert "weights" not in window.session.document.data().training


@pytest.mark.usefixtures("names")
def test_weights_need_a_project_that_is_open(window: MainWindow, qtbot: QtBot) -> None:
    dialog = opened(window, qtbot)

    assert not dialog._kinds.buttons()[2].isEnabled()
    assert not dialog._places_row.isVisible()
