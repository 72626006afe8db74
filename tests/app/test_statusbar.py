"""The status bar: everything it says is true at any moment."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from studio import words
from studio.app.statusbar import StatusBar, memory_in_training
from studio.app.trainer import Trainer
from studio.compiler.analysis import Analysis, NetworkReport, Problem
from studio.graph.model import ProjectData
from studio.training.progress import Progress
from studio.words import Message

from .training_fakes import session_with_data

THIN = "\u2009"


def made(qtbot: QtBot) -> StatusBar:
    session = session_with_data()
    bar = StatusBar(session, Trainer(session))
    qtbot.addWidget(bar)
    bar.show()
    return bar


def analysed(bar: StatusBar, *problems: Problem) -> None:
    report = NetworkReport(parameters=72362, multiply_adds=2_104_000, activation_bytes=98 * 1024)
    bar._session.take(Analysis({"model": report}, problems))


def test_it_says_whether_the_project_is_saved(qtbot: QtBot, tmp_path: Path) -> None:
    bar = made(qtbot)
    assert bar.saved.text() == "○ Not saved yet"
    bar._session.mark_saved(tmp_path / "a.json")
    assert bar.saved.text() == "● Saved"
    with bar._session.edit(Message("Set epochs")) as edit:
        edit.set(("training", "epochs"), 3)
    bar._session._idle.stop()
    assert bar.saved.text() == "○ Unsaved changes"
    bar._session.undo_stack.undo()
    bar._session._idle.stop()
    assert bar.saved.text() == "● Saved"


def test_it_says_size_and_cost(qtbot: QtBot) -> None:
    bar = made(qtbot)
    analysed(bar)
    assert bar.parameters.text() == f"72{THIN}362 parameters"
    assert bar.operations.text() == "2.10 M multiply-adds"
    assert bar.memory.text().startswith("model 283 KiB · training ≈ ")


def test_before_anything_is_known_no_figure_is_made_up(qtbot: QtBot) -> None:
    bar = made(qtbot)
    assert bar.parameters.isHidden() and bar.memory.isHidden()


def test_memory_in_training_counts_gradients_the_optimisers_state_and_the_batch() -> None:
    report = NetworkReport(parameters=100, activation_bytes=10)
    adam = ProjectData(settings={"training": {"batch_size": 8}})
    plain = ProjectData(settings={"training": {"batch_size": 8, "optimizer": {"type": "SGD", "momentum": 0}}})
    assert memory_in_training(report, adam) == 4 * 100 * 4 + 2 * 10 * 8
    assert memory_in_training(report, plain) == 4 * 100 * 2 + 2 * 10 * 8


def test_memory_in_training_knows_that_a_batch_is_no_larger_than_the_data() -> None:
    report = NetworkReport(parameters=100, activation_bytes=10)
    iris = ProjectData(settings={"data": {"source": "iris"}, "training": {"batch_size": 10**9}})
    assert memory_in_training(report, iris) == 4 * 100 * 4 + 2 * 10 * 150


def test_a_click_on_the_problems_asks_for_their_panel(qtbot: QtBot) -> None:
    bar = made(qtbot)
    assert bar.problems.text() == "no problems"
    one = Problem("x", "error", "model", None, Message("one"))
    analysed(bar, one)
    assert bar.errors.text() == "1 error" and bar.problems.isHidden() and bar.warnings.isHidden()
    analysed(bar, one, one, Problem("y", "warning", "model", None, Message("two")))
    assert (bar.errors.text(), bar.warnings.text()) == ("2 errors", "1 warning")
    with qtbot.waitSignal(bar.problems_clicked):
        qtbot.mouseClick(bar.warnings, Qt.MouseButton.LeftButton)


def test_a_hint_is_no_problem(qtbot: QtBot) -> None:
    bar = made(qtbot)
    analysed(bar, Problem("z", "hint", "model", None, Message("tidy")))
    assert bar.problems.text() == "no problems" and bar.errors.isHidden() and bar.warnings.isHidden()


def test_it_says_that_pytorch_is_loading_and_that_training_runs(qtbot: QtBot) -> None:
    bar = made(qtbot)
    bar._session.engine_ready = False
    bar._refresh()
    assert bar.engine.text() == "loading PyTorch…"
    bar._session.engine_ready = True
    bar._trainer._set_state("running")
    assert bar.engine.text() == "training"
    bar._trainer._set_state("idle")
    assert bar.engine.isHidden()


def test_the_language_is_switched_from_here(qtbot: QtBot) -> None:
    bar = made(qtbot)
    chinese = next(action for action in bar.language.menu().actions() if action.data() == "zh_CN")
    chinese.trigger()
    assert words.language() == "zh_CN"
    assert bar.language.text() == "简体中文 ▾"
    assert bar.problems.text() == "没有问题"


def test_while_it_trains_the_way_of_computing_stands_beside_the_device(qtbot: QtBot) -> None:
    bar = made(qtbot)
    progress = Progress(device="cpu", way=Message("bfloat16"), pace=Message("twice as fast here"))
    bar._trainer.progress = progress
    bar._trainer._set_state("running")
    assert bar.device.text() == "device CPU · bfloat16"
    assert bar.device.toolTip() == "twice as fast here"
    bar._trainer._set_state("idle")
    assert "bfloat16" not in bar.device.text()
