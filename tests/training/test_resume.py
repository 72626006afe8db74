"""A run that was stopped, killed or cut off goes on where it was and ends with the same bits."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.graph.model import ProjectData
from studio.training import position, recorder, runs
from studio.training.apart import ProcessDiedError, TrainingProcess
from studio.training.commands import Commands
from studio.training.optimizer_settings import OPTIMIZERS
from studio.training.position import Saved
from studio.training.progress import Progress
from studio.training.run import resume, train
from studio.words import NetloomError

from .test_apart import InBackground, pid_of

Make = Callable[..., ProjectData]
EPOCHS = 600
STEPS = 3 * 8
"""of the fixtures' iris"""


def outcome(folder: Path) -> dict[str, Any]:
    """All that must be the same, to the last bit; times differ."""
    record = json.loads((folder / "run.json").read_text())
    lines = [{**line, "seconds": 0} for line in runs.metrics_of(folder)]
    files = ("best.safetensors", "last.safetensors", "steps.safetensors")
    kept = {name: (folder / name).read_bytes() for name in files}
    return {
        "metrics": lines,
        "best": record["best"],
        "test": record["test"],
        "status": record["status"],
        **kept,
    }


def stopped_after(
    steps: int, project: ProjectData, folder: Path, monkeypatch: pytest.MonkeyPatch, again: Path | None = None
) -> Path:
    """The folder of a run that is stopped after `steps` steps of its process."""
    commands, plain, made = Commands(), recorder.Recorder.step, [0]

    def step(self: recorder.Recorder, *given: Any) -> None:
        plain(self, *given)
        made[0] += 1
        if made[0] == steps:
            commands.stop()

    with monkeypatch.context() as patched:
        patched.setattr(recorder.Recorder, "step", step)
        if again is not None:
            return resume(again, None, Progress(), commands).folder
        return train(project, None, folder, Progress(), commands).folder


@pytest.fixture
def undisturbed(iris: Make, tmp_path: Path) -> dict[str, Any]:
    return outcome(train(iris(), None, tmp_path / "undisturbed").folder)


@pytest.mark.parametrize("steps", [1, 7, 8, 9, 16, 23])
def test_a_stopped_run_goes_on_with_the_same_bits(
    iris: Make, undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    folder = stopped_after(steps, iris(), tmp_path, monkeypatch)
    assert runs.list_runs(tmp_path)[0].status == "stopped"
    result = resume(folder, None)
    assert result.folder == folder
    assert outcome(folder) == undisturbed
    assert not (folder / runs.POSITION).exists(), "what is done does not go on"


def test_a_run_may_be_stopped_and_continued_again_and_again(
    iris: Make, undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = stopped_after(5, iris(), tmp_path, monkeypatch)
    for steps in (2, 6, 4):
        stopped_after(steps, iris(), tmp_path, monkeypatch, again=folder)
    resume(folder, None)
    assert outcome(folder) == undisturbed
    assert len(json.loads((folder / "run.json").read_text())["resumed"]) == 4


@pytest.mark.parametrize(
    "optimizer",
    [
        {"type": "SGD", "lr": 0.05, "momentum": 0.9, "nesterov": True},
        {"type": "AdamW", "lr": 0.01, "amsgrad": True},
        {"type": "RMSprop", "momentum": 0.5, "centered": True},
        {"type": "Adagrad", "lr_decay": 0.01},
        *({"type": name} for name in sorted({*OPTIMIZERS} - {"SGD", "AdamW", "RMSprop", "Adagrad"})),
    ],
    ids=lambda table: table["type"],
)
def test_every_optimizer_goes_on_as_it_was(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: dict[str, Any]
) -> None:
    project = iris(optimizer=optimizer)
    whole = outcome(train(project, None, tmp_path / "whole").folder)
    folder = stopped_after(11, project, tmp_path / "parts", monkeypatch)
    resume(folder, None)
    assert outcome(folder) == whole


def test_a_regression_goes_on_as_it_was(
    diabetes: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = outcome(train(diabetes(), None, tmp_path / "whole").folder)
    folder = stopped_after(15, diabetes(), tmp_path / "parts", monkeypatch)
    resume(folder, None)
    assert outcome(folder) == whole


def without_generator(saved: Saved) -> None:
    saved.position.generator["cpu"] = torch.Generator().manual_seed(99).get_state()


def without_optimizer(saved: Saved) -> None:
    saved.tensors = {n: t for n, t in saved.tensors.items() if not n.startswith("optimizer.")}


def without_place(saved: Saved) -> None:
    saved.position.batch -= 1


def without_meter(saved: Saved) -> None:
    saved.position.meter["right"] = torch.tensor(0)


def without_sums(saved: Saved) -> None:
    saved.position.sums = (0.0, saved.position.sums[1])


def without_weights(saved: Saved) -> None:
    name = next(name for name in saved.tensors if name.startswith("module."))
    saved.tensors = {**saved.tensors, name: saved.tensors[name] + 1e-6}


def without_losses(saved: Saved) -> None:
    saved.tensors = {**saved.tensors, "losses": saved.tensors["losses"][:-1]}


def without_epochs(saved: Saved) -> None:
    saved.facts = {**saved.facts, "epochs": []}


def without_best(saved: Saved) -> None:
    saved.facts = {**saved.facts, "best": {**saved.facts["best"], "score": [9.0, 9.0]}}


PARTS = (
    without_generator, without_optimizer, without_place, without_meter, without_sums, without_weights,
    without_losses, without_epochs, without_best,
)  # fmt: skip


@pytest.mark.parametrize("harm", PARTS, ids=lambda harm: harm.__name__)
def test_every_part_of_the_position_is_needed(
    iris: Make,
    undisturbed: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[Saved], None],
) -> None:
    folder = stopped_after(11, iris(), tmp_path, monkeypatch)
    saved = position.load(folder)
    harm(saved)
    monkeypatch.setattr(position, "load", lambda folder: saved)
    resume(folder, None)
    assert outcome(folder) != undisturbed


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, STEPS - 1), st.sampled_from([1, 3, 1000]))
def test_cut_off_anywhere_it_goes_on_from_the_last_position(
    iris: Make, tmp_path_factory: pytest.TempPathFactory, steps: int, every: int
) -> None:
    """The position is kept every few steps, and the process ends at a step without a word."""
    base = tmp_path_factory.mktemp("cut")
    whole = outcome(train(iris(), None, base / "whole").folder)

    class Cut(BaseException):
        pass

    made, plain = [0], recorder.Recorder.step

    def step(self: recorder.Recorder, *given: Any) -> None:
        plain(self, *given)
        made[0] += 1
        if made[0] == steps:
            raise Cut

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(position.Keeper, "due", lambda self: made[0] % every == 0)
        patched.setattr(recorder.Recorder, "step", step)
        with pytest.raises(Cut):
            train(iris(), None, base / "parts")
    folder = runs.list_runs(base / "parts")[0].folder
    resume(folder, None)
    assert outcome(folder) == whole


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_killed_in_the_middle_it_goes_on_with_the_same_bits(iris: Make, tmp_path: Path) -> None:
    project = iris(epochs=EPOCHS)
    whole = outcome(train(project, None, tmp_path / "whole").folder)
    process = TrainingProcess()
    run = InBackground(process, project, tmp_path / "parts")
    run.wait_for(lambda progress: bool(progress.epochs_done))
    run.commands.pause()  # a position is kept then; before the clock has one kept, a fast machine is done
    run.wait_for(
        lambda progress: progress.status == "paused" and any((tmp_path / "parts").glob(f"*/{runs.POSITION}"))
    )
    os.kill(pid_of(process), signal.SIGKILL)
    run.end()
    assert isinstance(run.error, ProcessDiedError)
    folder = runs.list_runs(tmp_path / "parts")[0].folder
    progress = Progress()
    result = process.resume(folder, None, progress, Commands())
    process.close()
    assert (result.status, progress.step) == ("done", EPOCHS * 8)
    assert outcome(folder) == whole


def test_what_is_done_or_was_never_kept_is_refused_with_the_reason(iris: Make, tmp_path: Path) -> None:
    folder = train(iris(), None, tmp_path).folder
    with pytest.raises(NetloomError, match="done"):
        resume(folder, None)
    record = json.loads((folder / "run.json").read_text())
    runs.write_record(folder, {**record, "status": "stopped"})
    with pytest.raises(NetloomError, match="no position"):
        resume(folder, None)
    (folder / runs.POSITION).write_bytes(b"not a file of tensors")
    with pytest.raises(NetloomError, match="could not be read"):
        resume(folder, None)


def test_a_run_that_still_runs_is_refused(iris: Make, tmp_path: Path) -> None:
    folder = train(iris(), None, tmp_path).folder
    record = json.loads((folder / "run.json").read_text())
    runs.write_record(folder, {**record, "status": "running"})
    with pytest.raises(NetloomError, match="still running"):
        resume(folder, None)


def test_other_data_are_refused(iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = stopped_after(5, iris(), tmp_path, monkeypatch)
    saved = position.load(folder)
    other = replace(saved, facts={**saved.facts, "fingerprint": "another"})
    monkeypatch.setattr(position, "load", lambda folder: other)
    with pytest.raises(NetloomError, match="data"):
        resume(folder, None)


def test_a_disk_that_fails_is_told_of_once_and_training_goes_on(
    iris: Make, undisturbed: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(position.Keeper, "due", lambda self: True)
    monkeypatch.setattr(position, "write_tensors", full)
    progress = Progress()
    folder = train(iris(), None, tmp_path, progress).folder
    assert [str(notice) for notice in progress.notices if "position" in str(notice)] == [
        "The position of the run could not be written, so it cannot be continued after a crash: no space left"
    ]
    assert outcome(folder) == undisturbed
