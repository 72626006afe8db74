"""The Runs panel: what is on the disk, newest first, and what can be done with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from studio.app import run_actions
from studio.app.branch_dialog import BranchDialog
from studio.app.queue_strip import QueueStrip
from studio.app.run_comparison import SampleFlips
from studio.app.run_rows import BEST, FOLDER_ROLE, TAGS
from studio.app.runs import RunsPanel
from studio.app.trainer import Trainer
from studio.graph.model import ProjectData
from studio.project.atomic import write
from studio.training import labels, predictions
from studio.training.predictions import Comparison, Flip

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
    from studio.app.run_rows import metrics_of_best
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
    any_number = {"run_tags", "run_star", "run_csv", "run_tensorboard", "run_delete"}
    assert offered(0) == any_number | {"run_branch", "run_rename", "run_note", "run_restore"}
    assert offered(0, 1) == any_number | {"run_compare", "run_flips"}
    for row in (0, 1):
        panel.table.topLevelItem(row).setCheckState(0, Qt.CheckState.Checked)
    assert {"run_compare", "run_flips"} <= offered(0), "two that are ticked are compared too"


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
    qtbot.waitUntil(lambda: panel._infos[-1].resumable, timeout=10_000)
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


def shown(panel: RunsPanel) -> list[str]:
    """The days of the rows in sight, from above."""
    rows = (panel.table.topLevelItem(i) for i in range(panel.table.topLevelItemCount()))
    return [row.data(0, FOLDER_ROLE).name[8:10] for row in rows if not row.isHidden()]


def test_a_search_finds_words_of_status_settings_notes_and_tags(
    panel: RunsPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    labels.write(tmp_path / "p.runs" / "2026-01-01_10-00-00", labels.Labels("wide", "slow", tags=("good",)))
    panel.refresh()
    qtbot.waitUntil(lambda: not panel.table.isColumnHidden(TAGS), timeout=10_000)
    for words, days in (
        ("", ["02", "01"]), ("stopped", ["02"]), ("WIDE", ["01"]), ("#good slow", ["01"]),
        ("#good stopped", []), ("adam 64", ["02", "01"]),
    ):  # fmt: skip
        panel.search.setText(words)
        assert shown(panel) == days, words


def test_rows_are_sorted_by_any_column(panel: RunsPanel, qtbot: QtBot, tmp_path: Path) -> None:
    make_run(tmp_path / "p.runs", "2026-01-03_10-00-00", 0.6)
    panel.refresh()
    qtbot.waitUntil(lambda: panel.table.topLevelItemCount() == 3, timeout=10_000)
    assert shown(panel) == ["03", "02", "01"], "the newest first"
    panel.table.sortByColumn(BEST, Qt.SortOrder.DescendingOrder)
    assert shown(panel) == ["02", "03", "01"]
    panel.table.sortByColumn(BEST, Qt.SortOrder.AscendingOrder)
    assert shown(panel) == ["01", "03", "02"]


def test_tags_are_given_to_several_runs_and_each_keeps_its_own(
    panel: RunsPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    first, second = (tmp_path / "p.runs" / f"2026-01-0{day}_10-00-00" for day in (1, 2))
    labels.write(first, labels.Labels(tags=("all", "own")))
    labels.write(second, labels.Labels(tags=("all",)))
    panel.refresh()
    qtbot.waitUntil(lambda: not panel.table.isColumnHidden(TAGS), timeout=10_000)
    choose(panel, 0, 1)
    panel.actions_of_runs.write_tags()
    dialog = panel.table.findChild(QInputDialog, "run_tags_dialog")
    assert dialog.textValue() == "all"
    dialog.setTextValue("new, wide")
    dialog.accept()
    wanted = [("own", "new", "wide"), ("new", "wide")]
    qtbot.waitUntil(lambda: [labels.read(run).tags for run in (first, second)] == wanted, timeout=10_000)


def test_a_new_run_begins_with_a_checkpoint_and_other_settings(
    panel: RunsPanel, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "p.runs" / "2026-01-02_10-00-00"
    write(run / "step-120.safetensors", b"")
    began: list[ProjectData] = []
    monkeypatch.setattr(Trainer, "train", lambda self, project, base, folder: began.append(project))
    choose(panel, 0)
    panel.actions_of_runs.branch()
    qtbot.waitUntil(lambda: panel.table.findChild(BranchDialog) is not None, timeout=10_000)
    dialog = panel.table.findChild(BranchDialog)
    assert [dialog.which.itemData(i) for i in range(dialog.which.count())] == ["best", "step-120"]
    dialog.which.setCurrentIndex(1)
    dialog.epochs.setValue(3)
    dialog.rate.clear()
    qtbot.keyClicks(dialog.rate, "x")
    assert not dialog.train_button.isEnabled() and not dialog.queue_button.isEnabled()
    dialog.rate.clear()
    qtbot.keyClicks(dialog.rate, "0.02")
    before = panel._session.document.data()
    dialog.train_button.click()
    [project] = began
    assert project.training["weights"] == "2026-01-02_10-00-00/step-120"
    assert project.training["epochs"] == 3
    assert project.training["optimizer"]["lr"] == 0.02  # type: ignore[index,call-overload]
    assert panel._session.document.data() is before, "the project on the screen stays as it is"


def test_two_runs_are_compared_sample_by_sample(
    panel: RunsPanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    flips = (Flip("test", 4, 1, 1, 0), Flip("validation", 2, 0, 1, 0))
    found = Comparison(flips, 10, 3, ("cat", "dog"))
    monkeypatch.setattr(predictions, "compare", lambda first, second: found)
    choose(panel, 0, 1)
    panel.actions_of_runs.compare_samples()
    qtbot.waitUntil(lambda: panel.table.findChild(SampleFlips) is not None, timeout=10_000)
    dialog = panel.table.findChild(SampleFlips)
    rows = [dialog.table.topLevelItem(i) for i in range(2)]
    assert [[row.text(c) for c in range(5)] for row in rows] == [
        ["test", "4", "dog", "dog", "cat"],
        ["validation", "2", "cat", "dog", "cat"],
    ]
    said = dialog.findChild(QLabel, "flips_summary").text()
    assert "right: 10" in said and "wrong: 3" in said
    dialog.close()


def test_waiting_runs_are_listed_and_can_be_taken_out(panel: RunsPanel, qtbot: QtBot, tmp_path: Path) -> None:
    queue = panel._trainer.queue
    queue.hold()
    for epochs in (2, 3):
        queue.add(ProjectData("P", {}, {"training": {"epochs": epochs}}), None, tmp_path)
    strip = panel.findChild(QueueStrip)
    assert strip.isVisible()

    def shown_texts() -> list[str]:
        return [label.text() for label in strip.findChildren(QLabel) if label.isVisible()]

    wanted = ["waits, 1: P · Adam · 2 epochs", "waits, 2: P · Adam · 3 epochs"]
    qtbot.waitUntil(lambda: shown_texts() == wanted, timeout=10_000)

    def press(name: str) -> None:
        def there() -> list[QToolButton]:
            return [button for button in strip.findChildren(QToolButton, name) if button.isVisible()]

        qtbot.waitUntil(lambda: bool(there()), timeout=10_000)
        there()[0].click()

    press("queue_earlier")
    assert [waiting.project.training["epochs"] for waiting in queue.waiting] == [3, 2]
    for _ in range(2):
        press("queue_close")
    assert not queue.waiting and not strip.isVisible()
