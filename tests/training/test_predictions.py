"""What a run says of each sample, two runs beside each other, and their numbers for other programs."""

from __future__ import annotations

import builtins
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio.data.prepare import prepare
from studio.graph.model import ProjectData
from studio.training import curve_files, labels, predictions, runs
from studio.training.run import train

Make = Callable[..., ProjectData]


def test_a_run_keeps_what_its_best_weights_say_of_every_sample_it_did_not_learn_from(
    iris: Make, tmp_path: Path
) -> None:
    result = train(iris(epochs=5), None, tmp_path)
    kept = load_file(result.folder / predictions.FILE)
    data = prepare(iris().data)
    module = runs.open_run(result.folder).load_module("best")
    for part, split in (("validation", data.validation), ("test", data.test)):
        assert torch.equal(kept[f"{part}.said"], module(split.x).argmax(1).int())
        assert torch.equal(kept[f"{part}.true"], split.y.int())
    right = (kept["test.said"] == kept["test.true"]).float().mean()
    assert float(right) == pytest.approx(result.test["accuracy"])


def test_two_runs_are_compared_sample_by_sample(iris: Make, tmp_path: Path) -> None:
    weak = train(iris(epochs=1), None, tmp_path).folder
    strong = train(iris(epochs=30), None, tmp_path).folder
    found = predictions.compare(weak, strong)
    one, two = load_file(weak / predictions.FILE), load_file(strong / predictions.FILE)
    total = right = 0
    for part in predictions.PARTS:
        first = one[f"{part}.said"] == one[f"{part}.true"]
        second = two[f"{part}.said"] == two[f"{part}.true"]
        flips = {flip.sample: flip for flip in found.flips if flip.part == part}
        assert set(flips) == set((first != second).nonzero().flatten().tolist())
        assert all(flip.first_is_right == bool(first[n]) for n, flip in flips.items())
        total += len(first)
        right += int((first & second).sum())
    assert (found.right, found.right + found.wrong + len(found.flips)) == (right, total)
    assert found.name_of(0) == "setosa"


def test_runs_on_other_data_are_not_compared(iris: Make, tmp_path: Path) -> None:
    first = train(iris(epochs=1), None, tmp_path).folder
    other = iris(epochs=1)
    settings = {**other.settings, "data": {"source": "iris", "split": {"seed": 5}}}
    second = train(ProjectData(other.name, other.networks, settings), None, tmp_path).folder
    with pytest.raises(runs.RunError, match="other data"):
        predictions.compare(first, second)


def test_a_run_without_classes_says_that_nothing_was_kept(diabetes: Make, tmp_path: Path) -> None:
    first, second = (train(diabetes(epochs=1), None, tmp_path).folder for _ in range(2))
    assert not (first / predictions.FILE).exists()
    with pytest.raises(runs.RunError, match="not kept"):
        predictions.compare(first, second)


def test_the_table_of_a_run_has_every_number(iris: Make, tmp_path: Path) -> None:
    folder = train(iris(), None, tmp_path).folder
    labels.write(folder, labels.Labels("=cmd()"))
    rows = list(csv.DictReader(io.StringIO(curve_files.csv_text([folder]))))
    assert {row["run"] for row in rows} == {"'=cmd()"}, "a spreadsheet runs no cell of it"
    steps = [row for row in rows if row["series"] == "step/loss"]
    assert [float(row["value"]) for row in steps] == runs.steps_of(folder)
    assert float(steps[7]["epoch"]) == 1.0
    accuracy = [float(row["value"]) for row in rows if row["series"] == "validation/accuracy"]
    assert accuracy == [line["validation"]["accuracy"] for line in runs.metrics_of(folder)]


def test_tensorboard_reads_back_what_was_written(iris: Make, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = train(iris(), None, tmp_path / "runs").folder
    for _ in range(2):  # a second time it is replaced
        [made] = curve_files.write_tensorboard([folder], tmp_path / "board")
    assert [path.name for path in (tmp_path / "board").iterdir()] == [folder.name]
    found = EventAccumulator(str(made), size_guidance={"scalars": 0})
    found.Reload()
    losses = found.Scalars("step/loss")
    assert [event.step for event in losses] == list(range(1, 25))
    assert [event.value for event in losses] == pytest.approx(runs.steps_of(folder))
    assert [event.step for event in found.Scalars("validation/accuracy")] == [8, 16, 24]


def test_without_tensorboard_the_cure_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = builtins.__import__

    def without(name: str, *given: Any, **named: Any) -> Any:
        if name.startswith(("tensorboard", "torch.utils.tensorboard")):
            raise ModuleNotFoundError(name)
        return plain(name, *given, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(curve_files.CurveFileError, match=r"pip install 'netloom\[tensorboard\]'"):
        curve_files.write_tensorboard([], tmp_path)
