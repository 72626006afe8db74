"""The Runs panel: what is on the disk, newest first, and what can be done with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QPushButton
from pytestqt.qtbot import QtBot

from studio.app import run_actions
from studio.app.runs import RunsPanel
from studio.app.trainer import Trainer
from studio.project.atomic import write
from studio.training import labels

from .training_fakes import session_with_data


def make_run(folder: Path, name: str, accuracy: float, status: str = "done") -> Path:
    run = folder / name
    run.mkdir(parents=True)
    record = {
        "format": "netloom-run", "version": 1, "status": status, "started": f"{name[:10]}T10:00:00+00:00",
        "epochs": 2, "best": {"epoch": 2, "validation": {"loss": 0.1, "accuracy": accuracy}},
        "test": {"loss": 0.2, "accuracy": 0.5},
        "settings": {"batch_size": 64, "epochs": 30, "optimizer": {"type": "Adam", "lr": 0.001}},
    }  # fmt: skip
    write(run / "run.json", json.dumps(record))
    write(
        run / "metrics.jsonl",
        '{"epoch": 1, "step": 5, "seconds": 1.5}\n{"epoch": 2, "step": 10, "seconds": 1.5}\n',
    )
    write(run / "best.safetensors", b"")
    return run


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> RunsPanel:
    session = session_with_data()
    session.mark_saved(tmp_path / "p.json")
    make_run(tmp_path / "p.runs", "2026-01-01_10-00-00", 0.5)
    make_run(tmp_path / "p.runs", "2026-01-02_10-00-00", 0.75, "stopped")
    panel = RunsPanel(session, Trainer(session))
    qtbot.addWidget(panel)
    panel.resize(900, 240)
    panel.show()
    qtbot.waitUntil(lambda: panel.table.topLevelItemCount() == 2, timeout=10_000)
    return panel


def texts(panel: RunsPanel, row: int) -> list[str]:
    item = panel.table.topLevelItem(row)
    return [item.text(column) for column in range(1, 7)]


def test_the_newest_run_comes_first_with_what_it_reached(panel: RunsPanel) -> None:
    assert texts(panel, 0) == [
        "stopped", "accuracy 75.0 %", "accuracy 50.0 %", "2/30", "0:03", "Adam 0.001 · batch 64",
    ]  # fmt: skip
    assert texts(panel, 1)[:2] == ["done", "accuracy 50.0 %"]


def test_a_tick_lays_a_run_over_the_curves(panel: RunsPanel, qtbot: QtBot, tmp_path: Path) -> None:
    with qtbot.waitSignal(panel.overlay_changed) as told:
        panel.table.topLevelItem(1).setCheckState(0, Qt.CheckState.Checked)
    assert told.args[0] == [tmp_path / "p.runs" / "2026-01-01_10-00-00"]


def test_ticks_and_selection_outlive_a_new_reading(panel: RunsPanel, qtbot: QtBot, tmp_path: Path) -> None:
    panel.table.topLevelItem(1).setCheckState(0, Qt.CheckState.Checked)
    panel.table.topLevelItem(1).setSelected(True)
    make_run(tmp_path / "p.runs", "2026-01-03_10-00-00", 0.9)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.topLevelItemCount() == 3, timeout=10_000)
    first = tmp_path / "p.runs" / "2026-01-01_10-00-00"
    assert panel.ticked() == [first]
    assert panel.selected() == first


def test_the_selected_run_can_be_exported(panel: RunsPanel, qtbot: QtBot, tmp_path: Path) -> None:
    assert not panel.export_button.isEnabled()
    panel.table.topLevelItem(0).setSelected(True)
    with qtbot.waitSignal(panel.export_requested) as asked:
        panel.export_button.click()
    assert asked.args[0] == tmp_path / "p.runs" / "2026-01-02_10-00-00"


def test_a_project_without_runs_says_what_a_run_is(qtbot: QtBot, tmp_path: Path) -> None:
    session = session_with_data()
    session.mark_saved(tmp_path / "empty.json")
    panel = RunsPanel(session, Trainer(session))
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitUntil(lambda: not panel._lane.busy, timeout=10_000)
    assert panel._none.isVisible()


def test_a_regression_is_told_by_the_names_of_its_metrics(panel: RunsPanel, tmp_path: Path) -> None:
    from studio.app.runs import metrics_of_best
    from studio.training.runs import RunInfo

    best = {"epoch": 1, "validation": {"loss": 0.5, "mae": 40.2, "r2": 0.5}}
    assert metrics_of_best(RunInfo(tmp_path, "done", "", best=best)) == "MAE 40.2 · R² 0.500"


def choose(panel: RunsPanel, *rows: int) -> None:
    panel.table.clearSelection()
    for row in rows:
        panel.table.topLevelItem(row).setSelected(True)


def test_a_run_is_given_a_title_a_note_and_a_star_that_stay(
    panel: RunsPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    choose(panel, 0)
    panel.actions_of_runs.rename()
    dialog = panel.findChild(QInputDialog, "run_title_dialog")
    dialog.setTextValue("wide")
    dialog.accept()
    qtbot.waitUntil(lambda: panel.table.topLevelItem(0).text(0) == "wide", timeout=10_000)
    assert panel.selected() == tmp_path / "p.runs" / "2026-01-02_10-00-00", "the selection stays"
    panel.actions_of_runs.star()
    qtbot.waitUntil(lambda: panel.table.topLevelItem(0).text(0) == "★ wide", timeout=10_000)
    panel.actions_of_runs.write_note()
    note = panel.findChild(QInputDialog, "run_note_dialog")
    note.setTextValue("with more filters\nand dropout")
    note.accept()
    qtbot.waitUntil(lambda: "more filters" in panel.table.topLevelItem(0).toolTip(0), timeout=10_000)
    found = labels.read(tmp_path / "p.runs" / "2026-01-02_10-00-00")
    assert found == labels.Labels("wide", "with more filters\nand dropout", True)
    panel.actions_of_runs.star()
    qtbot.waitUntil(lambda: panel.table.topLevelItem(0).text(0) == "wide", timeout=10_000)


def test_the_menu_offers_what_can_be_done_with_that_many_runs(panel: RunsPanel) -> None:
    def offered(*rows: int) -> set[str]:
        choose(panel, *rows)
        menu = panel.actions_of_runs.menu()
        names = {action.objectName() for action in menu.actions() if action.isEnabled()}
        menu.deleteLater()
        return names

    assert offered() == set()
    assert offered(0) == {"run_rename", "run_note", "run_star", "run_restore", "run_delete"}
    assert offered(0, 1) == {"run_star", "run_compare", "run_delete"}


def test_a_run_that_is_deleted_goes_to_the_trash(
    panel: RunsPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trash = tmp_path / "trash"
    monkeypatch.setattr(run_actions.QFile, "moveToTrash", lambda path: bool(Path(path).rename(trash)))
    choose(panel, 1)
    panel.actions_of_runs.ask_to_delete()
    panel.window().findChild(QPushButton, "trash_button").click()
    qtbot.waitUntil(lambda: panel.table.topLevelItemCount() == 1, timeout=10_000)
    assert (trash / "run.json").is_file()


def test_a_run_that_cannot_go_to_the_trash_stays_and_is_named(
    panel: RunsPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_actions.QFile, "moveToTrash", lambda path: False)
    choose(panel, 1)
    panel.actions_of_runs.ask_to_delete()
    with qtbot.waitSignal(panel._session.notice, timeout=10_000) as told:
        panel.window().findChild(QPushButton, "trash_button").click()
    assert "2026-01-01_10-00-00" in str(told.args[1])
    assert panel.table.topLevelItemCount() == 2


def test_the_project_of_a_run_can_be_opened(panel: RunsPanel, qtbot: QtBot, tmp_path: Path) -> None:
    choose(panel, 0)
    with qtbot.waitSignal(panel.open_requested) as asked:
        panel.actions_of_runs.open_project()
    assert asked.args[0] == tmp_path / "p.runs" / "2026-01-02_10-00-00" / "project.json"


def test_a_run_that_was_cut_off_can_be_continued(
    panel: RunsPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = tmp_path / "p.runs" / "2026-01-02_10-00-00"
    write(stopped / "state.safetensors", b"")
    panel.refresh()
    qtbot.waitUntil(lambda: panel._rows[-1].info.resumable, timeout=10_000)
    asked: list[Path] = []
    monkeypatch.setattr(
        "studio.training.apart.TrainingProcess.resume", lambda _, run, *given: asked.append(run)
    )
    choose(panel, 0)
    go_on = next(a for a in panel.actions_of_runs.menu().actions() if a.objectName() == "run_go_on")
    assert go_on.isEnabled()
    go_on.trigger()
    qtbot.waitUntil(lambda: not panel._trainer.active, timeout=10_000)
    assert asked == [stopped]
    choose(panel, 1)
    assert not panel.actions_of_runs.menu().actions()[0].isEnabled(), "a run that is done has nothing left"
