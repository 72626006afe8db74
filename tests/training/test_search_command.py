"""`netloom validate`, `lr` and `search` as a script meets them."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.cli import main
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import runs

Make = Callable[..., ProjectData]


@pytest.fixture
def path(iris: Make, tmp_path: Path) -> Path:
    files.save(tmp_path / "iris.json", iris(epochs=2))
    return tmp_path / "iris.json"


def events(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_folds_are_runs_of_one_group_told_with_mean_and_deviation(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", str(path), "--folds", "3", "--json"]) == 0

    said = events(capsys)
    reached = [e["best"]["validation"]["accuracy"] for e in said if e["event"] == "fold"]
    told = said[-1]["validation"]["accuracy"]
    assert told["mean"] == pytest.approx(statistics.mean(reached))
    assert told["deviation"] == pytest.approx(statistics.stdev(reached))
    listed = runs.list_runs(runs.runs_folder(path))
    assert [run.group and run.group["number"] for run in listed] == [1, 2, 3]
    assert len({run.group and run.group["id"] for run in listed}) == 1
    opened = [runs.open_run(run.folder) for run in listed]
    assert [run.project.data["split"]["fold"] for run in opened] == [1, 2, 3]
    assert len({str(run.preprocessing.to_json()) for run in opened}) == 3


def test_one_fold_is_no_validation(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(path), "--folds", "1"]) == 2
    assert "2 folds at least" in capsys.readouterr().err


def test_a_learning_rate_is_told_with_its_curve_and_no_run_is_left(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = path.read_bytes()

    assert main(["lr", str(path), "--json"]) == 0

    (found,) = events(capsys)
    assert found["suggestion"] in [pytest.approx(rate, rel=0.1) for rate in found["rates"]]
    assert found["reason"]
    assert path.read_bytes() == before and not runs.runs_folder(path).exists()


def test_a_search_can_be_listed_again_and_its_best_used(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["search", str(path), "--space", "training.optimizer.lr=1e-3:0.1:log", "--json"]
    assert main([*command, "--trials", "3"]) == 0
    made = events(capsys)

    assert main([*command, "--list"]) == 0
    listed = events(capsys)

    assert listed[-1]["best"] == made[-1]["best"]
    assert listed[-1]["counts"] == {"done": 3}
    assert main([*command, "--list", "--use"]) == 0
    assert files.load(path).training["optimizer"]["lr"] == made[-1]["best"]["values"]["training.optimizer.lr"]
