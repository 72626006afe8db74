"""Finding by trying, in the window: each dialog follows its command, and one click takes what was found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from studio import places
from studio.app import run_groups
from studio.app.runs import RunsPanel
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.app.trying.command import Command
from studio.app.trying.folds_dialog import FoldsDialog
from studio.app.trying.lr_dialog import LrDialog
from studio.app.trying.search_dialog import SearchDialog
from studio.project import files
from studio.training import folds
from studio.training.commands import Commands
from studio.words import Message


@pytest.fixture
def session(qtbot: QtBot, tmp_path: Path) -> Session:
    path = Path(shutil.copy(places.gallery() / "iris.json", tmp_path / "iris.json"))
    made = Session()
    made.open(files.load(path), path)
    return made


@pytest.fixture
def trainer(session: Session) -> Trainer:
    return Trainer(session)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, ...]]]:
    """What commands were started; none really is."""
    found: list[tuple[str, ...]] = []
    monkeypatch.setattr(Command, "start", lambda self, *words: found.append(words))
    yield found


def test_a_learning_rate_is_taken_by_one_step_that_can_be_undone(
    qtbot: QtBot, session: Session, trainer: Trainer, started: list[tuple[str, ...]]
) -> None:
    before = session.document.data()
    dialog = LrDialog(session, trainer)
    qtbot.addWidget(dialog)
    assert started == [("lr",)]
    assert not dialog.use_button.isEnabled()

    rates, losses = [1e-3, 1e-2, 1e-1], [2.0, 1.0, 3.0]
    dialog.command.said.emit(
        {
            "event": "end",
            "rates": rates,
            "losses": losses,
            "smoothed": losses,
            "suggestion": 0.01,
            "reason": "why",
        }
    )
    dialog.command.ended.emit(None)

    assert dialog.said.text() == "why" and dialog.chart.mark == 0.01
    dialog.use_button.click()
    assert session.document.setting(("training", "optimizer", "lr")) == 0.01
    session.undo()
    assert session.document.data() == before


def trial(number: int, state: str, score: float | None, **more: object) -> dict[str, object]:
    values = {"training.optimizer.lr": 0.1 * (number + 1), "model.hidden1.out_features": 4 + number}
    told = {"event": "trial", "number": number, "state": state, "values": values, "score": score}
    return {**told, "run": f"run {number}", "reason": None, "epochs": 3, **more}


def test_the_best_trial_or_a_picked_one_becomes_the_project(
    qtbot: QtBot, session: Session, trainer: Trainer, started: list[tuple[str, ...]]
) -> None:
    network = session.document.data().networks["model"]
    node = next(n for n in network.nodes.values() if n.type == "nn.Linear" and "out_features" in n.params)
    dialog = SearchDialog(session, trainer)
    qtbot.addWidget(dialog)
    assert started == [("search", "--list")]
    key = f"model.{node.id}.out_features"
    space = {"training.optimizer.lr": {}, key: {}}
    say = dialog.command.said.emit
    say({"event": "search", "metric": "accuracy", "minimised": False, "space": space})
    for number, state, score in (
        (0, "done", 0.5),
        (1, "done", 0.9),
        (2, "pruned", 0.95),
        (3, "failed", None),
    ):
        told = trial(number, state, score, reason="does not fit" if state == "failed" else None)
        told["values"] = {"training.optimizer.lr": 0.1 * (number + 1), key: 4 + number}
        say(told)
    say(
        {
            "event": "end",
            "best": None,
            "counts": {},
            "importances": {"training.optimizer.lr": 0.75, key: 0.25},
        }
    )
    dialog.command.ended.emit(None)

    assert "Trial 2" in dialog.said.text() and "failed 1" in dialog.said.text()
    assert "75%" in dialog.importances.text()
    failed = dialog.table.topLevelItem(3)
    assert failed is not None and failed.text(dialog.table.columnCount() - 1) == "does not fit"

    dialog.use_button.click()
    assert session.document.setting(("training", "optimizer", "lr")) == pytest.approx(0.2)
    assert session.document.node("model", node.id).params["out_features"] == 5
    session.undo()
    assert session.document.node("model", node.id).params["out_features"] == node.params["out_features"]
    first = dialog.table.topLevelItem(0)
    assert first is not None
    first.setSelected(True)
    dialog.use_button.click()
    assert session.document.node("model", node.id).params["out_features"] == 4


def test_what_is_searched_is_written_into_the_project(
    qtbot: QtBot, session: Session, trainer: Trainer, started: list[tuple[str, ...]]
) -> None:
    dialog = SearchDialog(session, trainer)
    qtbot.addWidget(dialog)

    dialog.space.add_button.click()
    field = dialog.space.findChild(QLineEdit, "space_values_1")
    field.setText("1e-3:0.1:log")
    field.editingFinished.emit()

    said = session.document.setting(("search", "space"))
    assert said["training.optimizer.lr"] == {"low": 1e-3, "high": 0.1, "log": True}
    assert len(said) == 3
    field = dialog.space.findChild(QLineEdit, "space_values_1")
    field.setText("0.1:1e-3")
    field.editingFinished.emit()
    assert field.property("invalid") and "below the high one" in field.toolTip()
    assert session.document.setting(("search", "space")) == said


def test_folds_are_told_with_mean_and_deviation(
    qtbot: QtBot, session: Session, trainer: Trainer, started: list[tuple[str, ...]]
) -> None:
    dialog = FoldsDialog(session, trainer)
    qtbot.addWidget(dialog)
    dialog.folds.setValue(2)
    dialog.start_button.click()
    assert started == [("validate", "--folds", "2")]

    say = dialog.command.said.emit
    for fold, accuracy in ((1, 0.9), (2, 1.0)):
        say({"event": "start", "fold": fold, "run": "r", "epochs": 1})
        say({"event": "epoch", "fold": fold, "epoch": 1, "train": {}, "validation": {"accuracy": 0.5}})
        best = {"validation": {"accuracy": accuracy}}
        say({"event": "fold", "fold": fold, "run": "r", "status": "done", "best": best, "test": {}})
    say(
        {"event": "end", "folds": 2, "done": 2, "validation": {"accuracy": {"mean": 0.95, "deviation": 0.07}}}
    )
    dialog.command.ended.emit(None)

    assert dialog.said.text() == "Over 2 folds: Accuracy 95.0 % ± 7.0 %"
    assert [dialog.table.topLevelItem(i).text(2) for i in range(2)] == ["90.0 %", "100.0 %"]  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_command_is_a_process_that_can_be_stopped(qtbot: QtBot, session: Session, trainer: Trainer) -> None:
    command = Command(session, trainer)
    said: list[dict] = []
    command.said.connect(said.append)
    with qtbot.waitSignal(command.ended, timeout=250_000) as ended:
        command.start("lr")
    assert ended.args == [None] and said[-1]["suggestion"] > 0

    with session.edit(Message("many epochs")) as edit:
        edit.set(("training", "epochs"), 100_000)
    command.said.connect(lambda told: command.stop() if told["event"] == "epoch" else None)
    with qtbot.waitSignal(command.ended, timeout=250_000) as ended:
        command.start("validate", "--folds", "2")
    assert ended.args == [None] and command.stopped and not command.active


def test_folds_lie_under_one_row_with_their_mean(qtbot: QtBot, session: Session, trainer: Trainer) -> None:
    project = session.document.data()
    settings = {**project.settings, "training": {**project.training, "epochs": 1}}
    short = type(project)(project.name, project.networks, settings)
    assert session.path is not None
    folds.validate(short, session.path.parent, trainer.runs_folder, 2, Commands())
    panel = RunsPanel(session, trainer)
    qtbot.addWidget(panel)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.topLevelItemCount() == 1, timeout=20_000)

    group = panel.table.topLevelItem(0)
    assert isinstance(group, run_groups.GroupItem)
    assert group.text(0) == "Cross-validation, 2 folds" and "±" in group.text(2)
    assert len(panel._items()) == 2
    panel.search.setText("nothing has this")
    assert group.isHidden()


def test_the_curves_of_a_run_that_another_machine_writes_are_read_again(
    qtbot: QtBot, session: Session, trainer: Trainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.app.runs.WATCH_MS", 50)
    elsewhere = tmp_path / "share" / "a run"
    elsewhere.mkdir(parents=True)
    record = {
        "format": "netloom-run",
        "status": "running",
        "started": "",
        "process": {"id": 1, "machine": "far"},
    }
    (elsewhere / "run.json").write_text(json.dumps(record))
    panel = RunsPanel(session, trainer)
    qtbot.addWidget(panel)
    panel.show()
    asked: list[object] = []
    panel.overlay_changed.connect(asked.append)

    panel.follow(elsewhere)

    qtbot.waitUntil(lambda: len(asked) >= 3, timeout=20_000)
    assert asked[-1] == [elsewhere]
    (elsewhere / "run.json").write_text(json.dumps({**record, "status": "done"}))
    qtbot.waitUntil(lambda: panel._infos[-1].status == "done" and not panel._watch.isActive(), timeout=20_000)
