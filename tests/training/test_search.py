"""Searching settings: what may be searched, that it repeats, survives a kill, and is shared by processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.graph.document import Document
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import runs
from studio.training.commands import Commands
from studio.training.search.space import (
    Choices,
    Range,
    Search,
    SearchError,
    grid,
    parse,
    place_of,
    read,
    use,
    usual,
    with_values,
)
from studio.training.search.study import Study, Told
from studio.words import Message

Make = Callable[..., ProjectData]
ROOT = Path(__file__).resolve().parents[2]
SPACE: dict[str, Range | Choices] = {
    "training.optimizer.lr": Range(1e-4, 0.1, log=True),
    "model.fc1.out_features": Range(2, 16),
}


def tried(project: ProjectData, search: Search, folder: Path, commands: Commands | None = None) -> Study:
    study = Study(project, search, folder)
    study.run(None, commands or Commands(), Told())
    return study


# -- what is searched ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("training.optimizer.lr=1e-4:0.1:log", Range(1e-4, 0.1, log=True)),
        ("training.batch_size=16,32,64", Choices((16, 32, 64))),
        ("model.fc1.out_features=8:64:8", Range(8, 64, step=8)),
        ("training.optimizer.type=Adam,SGD", Choices(("Adam", "SGD"))),
        ("model.drop.p=0.0:0.5", Range(0.0, 0.5)),
    ],
)
def test_a_line_says_what_is_searched(iris: Make, text: str, what: Range | Choices) -> None:
    key, found = parse(iris(), text)

    assert (key, found) == (text.partition("=")[0], what)
    assert parse(iris(), f"{key}={found}") == (key, what)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("training.optimizer.lr", "does not say what is searched"),
        ("training.optimiser.lr=1:2", "Did you mean training.optimizer"),
        ("model.fc9.out_features=1:2", "Did you mean model.fc"),
        ("training.batch_size=64:16", "a low end below the high one"),
        ("training.optimizer.lr=0:1:log", "numbers above 0"),
        ("training.batch_size=a:b", "two numbers"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_cure(iris: Make, text: str, words: str) -> None:
    with pytest.raises(SearchError, match=words):
        parse(iris(), text)


def test_the_section_survives_saving_and_says_the_same(iris: Make, tmp_path: Path) -> None:
    document = Document(iris())
    with document.transaction(Message("Search this")) as edit:
        edit.set(("search", "space", "model.fc1.out_features"), {"low": 2, "high": 16})
    files.save(tmp_path / "p.json", document.data())

    search = read(files.load(tmp_path / "p.json"))

    assert search == Search({"model.fc1.out_features": Range(2, 16)})
    assert read(iris()).space == usual(iris())


def test_values_reach_settings_nodes_and_the_right_optimiser(iris: Make) -> None:
    project = iris(optimizer={"type": "Adam", "lr": 0.01, "betas": [0.9, 0.99]})
    made = with_values(
        project,
        {"training.optimizer.type": "SGD", "training.optimizer.lr": 0.5, "model.fc1.out_features": 5},
    )

    assert made.training["optimizer"] == {"type": "SGD", "lr": 0.5}
    assert made.networks["model"].nodes["fc1"].params["out_features"] == 5
    assert place_of(project, "model.fc1.out_features") == ("node", "model", "fc1", "out_features")


def test_using_a_trial_is_one_step_that_can_be_undone(iris: Make) -> None:
    project = iris()
    document = Document(project)
    changes: list = []
    document.subscribe(changes.append)

    with document.transaction(Message("Use these settings")) as edit:
        use(edit, project, {"training.batch_size": 8, "model.fc1.out_features": 3})

    (change,) = changes
    document.adopt(change.inverse())
    assert document.data() == project


def test_a_grid_has_every_combination() -> None:
    points = grid({"a": Choices((1, 2)), "b": Range(0, 4, step=2), "c": Range(0.01, 1.0, log=True)})

    assert len(points) == 2 * 3 * 5
    assert [point["c"] for point in points[:5]] == pytest.approx([0.01, 0.0316, 0.1, 0.316, 1.0], rel=1e-2)


# -- trying --------------------------------------------------------------------------------------


def test_each_trial_is_a_run_of_one_group_and_the_best_is_known(iris: Make, tmp_path: Path) -> None:
    study = tried(iris(epochs=2), Search(SPACE, trials=5, pruner="none"), tmp_path)

    trials = study.trials()
    assert [trial.state for trial in trials] == ["done"] * 5
    listed = runs.list_runs(tmp_path)
    assert [run.id for run in listed] == [trial.run for trial in trials]
    assert {run.group["id"] for run in listed if run.group} == {f"search {study.id}"}
    best = study.best()
    assert best is not None and best.score == max(trial.score for trial in trials if trial.score is not None)
    opened = runs.open_run(best.run or "", tmp_path)
    assert opened.settings.optimizer.params["lr"] == best.values["training.optimizer.lr"]


def test_the_same_seed_tries_the_same_and_another_does_not(iris: Make, tmp_path: Path) -> None:
    tell = [
        [
            trial.values
            for trial in tried(iris(epochs=1), Search(SPACE, 4, seed=seed), tmp_path / name).trials()
        ]
        for name, seed in (("a", 0), ("b", 0), ("c", 1))
    ]

    assert tell[0] == tell[1] != tell[2]


def test_a_grid_ends_when_every_point_was_tried(iris: Make, tmp_path: Path) -> None:
    space: dict[str, Range | Choices] = {
        "training.batch_size": Choices((16, 32)),
        "model.drop.p": Choices((0.0, 0.5)),
    }
    study = tried(iris(epochs=1), Search(space, 100, "grid"), tmp_path)

    values = [tuple(trial.values.values()) for trial in study.trials()]
    assert sorted(values) == [(16, 0.0), (16, 0.5), (32, 0.0), (32, 0.5)]


def test_a_network_that_does_not_fit_is_named_and_counted(iris: Make, tmp_path: Path) -> None:
    space: dict[str, Range | Choices] = {"model.drop.p": Choices((0.1, 7.0))}
    study = tried(iris(epochs=1), Search(space, 2, "grid"), tmp_path)

    by_value = {trial.values["model.drop.p"]: trial for trial in study.trials()}
    assert (by_value[0.1].state, by_value[7.0].state) == ("done", "failed")
    assert "drop" in str(by_value[7.0].reason)


def test_hopeless_trials_are_given_up_early(iris: Make, tmp_path: Path) -> None:
    space: dict[str, Range | Choices] = {"training.optimizer.lr": Choices((0.02, 1e-9))}
    project = iris(epochs=8, optimizer={"type": "SGD", "lr": 0.02})
    study = tried(project, Search(space, 12, "random", "median", metric="loss"), tmp_path)

    pruned = [trial for trial in study.trials() if trial.state == "pruned"]
    assert pruned and all(trial.values["training.optimizer.lr"] == 1e-9 for trial in pruned)
    assert all(trial.epochs < 8 for trial in pruned)


def test_a_search_that_was_stopped_goes_on_with_the_values_it_left(iris: Make, tmp_path: Path) -> None:
    commands = Commands()
    project, search = iris(epochs=2), Search(SPACE, 3, pruner="none")
    study = Study(project, search, tmp_path)
    study.run(None, commands, Told(epoch=lambda number, *_: commands.stop() if number == 1 else None))
    left = study.trials()[1]
    assert [trial.state for trial in study.trials()] == ["done", "cut off"]

    again = tried(project, search, tmp_path)

    counted = [trial for trial in again.trials() if trial.state != "cut off"]
    assert [trial.state for trial in counted] == ["done"] * 3
    assert left.values in [trial.values for trial in counted]


def test_a_search_without_validation_data_says_what_it_needs(iris: Make, tmp_path: Path) -> None:
    project = with_split(iris(epochs=1), {"validation": 0.0})

    with pytest.raises(SearchError, match=r"data\.split\.validation"):
        tried(project, Search(SPACE, 1), tmp_path)


def with_split(project: ProjectData, split: dict[str, float]) -> ProjectData:
    settings = {**project.settings, "data": {**project.data, "split": split}}
    return ProjectData(project.name, project.networks, settings)


# -- several processes ---------------------------------------------------------------------------


WHEN_ALL_ARE_THERE = """
import sys, time
from pathlib import Path
import studio.training.run, studio.training.search.study
from studio.cli import main
gate, own, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
(gate / own).touch()
while len(list(gate.iterdir())) < count:
    time.sleep(0.005)
sys.exit(main(sys.argv[4:]))
"""
"""`netloom` that begins when so many processes have imported all they need: none has an advantage"""


def command(
    path: Path, *more: str, start: tuple[object, ...] = ("-m", "studio"), pipesize: int = -1
) -> subprocess.Popen[str]:
    arguments = ["search", str(path), "--json", "--pruner", "none", *more]
    return subprocess.Popen(
        [sys.executable, *map(str, start), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        pipesize=pipesize,
    )


def events(said: str) -> list[dict]:
    return [json.loads(line) for line in said.splitlines()]


def test_a_line_that_a_power_cut_left_half_written_is_taken_away(iris: Make, tmp_path: Path) -> None:
    search = Search(SPACE, 1)
    study = tried(iris(epochs=1), search, tmp_path)
    with study.path.open("ab") as file:
        file.write(b'{"op_code":5,"worker_id":"x')

    again = tried(iris(epochs=1), Search(SPACE, 2), tmp_path)

    assert [trial.state for trial in again.trials()] == ["done", "done"]


@pytest.mark.slow
def test_two_processes_work_together_on_one_search(iris: Make, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    files.save(path, iris(epochs=20))
    gate = tmp_path / "gate"
    gate.mkdir()

    starts = [("-c", WHEN_ALL_ARE_THERE, gate, name, 2) for name in ("one", "other")]
    both = [command(path, "--trials", "8", start=start) for start in starts]
    said = [events(process.communicate(timeout=240)[0]) for process in both]

    assert [process.returncode for process in both] == [0, 0]
    own = [{e["number"] for e in lines if e["event"] == "trial" and e["mine"]} for lines in said]
    assert own[0] and own[1] and not own[0] & own[1]
    assert len(own[0] | own[1]) == 8
    assert len(runs.list_runs(runs.runs_folder(path))) == 8
    assert said[0][-1]["best"] is not None


@pytest.mark.slow
def test_a_search_goes_on_after_a_kill(iris: Make, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    files.save(path, iris(epochs=300))
    process = command(path, "--trials", "2", pipesize=4096)  # it holds less than a trial: the kill is in one
    assert process.stdout is not None
    killed_with = None
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "trial":
            killed_with = event["values"]
        if event["event"] == "epoch":
            os.kill(process.pid, signal.SIGKILL)
            break
    process.wait()

    again = command(path, "--trials", "1")
    said = events(again.communicate(timeout=240)[0])

    assert again.returncode == 0
    states = [(e["state"], e["values"]) for e in said if e["event"] == "trial"]
    assert ("cut off", killed_with) in states
    assert ("done", killed_with) in states
