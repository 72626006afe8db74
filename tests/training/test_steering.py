"""What is asked of a run while it runs: done between two steps, written down, and part of the position."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from studio.graph.model import ProjectData
from studio.training import recorder, runs
from studio.training.commands import Commands
from studio.training.options import Options
from studio.training.options import read as read_options
from studio.training.progress import Progress
from studio.training.run import resume, train
from studio.training.schedules import Schedule
from studio.training.steering import scale

from .test_resume import outcome

Make = Callable[..., ProjectData]
SCHEDULES: tuple[Any, ...] = (
    "constant", {"type": "StepLR", "step_size": 1}, "ExponentialLR", "CosineAnnealingLR", "OneCycleLR",
    {"type": "ReduceLROnPlateau", "patience": 1},
)  # fmt: skip


def asking_after(steps: int, ask: Callable[[Commands], object], commands: Commands) -> Callable[..., None]:
    """Recorder.step that asks something once, after that many steps of the process."""
    plain, made = recorder.Recorder.step, [0]

    def step(self: recorder.Recorder, *given: Any) -> None:
        plain(self, *given)
        made[0] += 1
        if made[0] == steps:
            ask(commands)

    return step


def steered(
    project: ProjectData,
    folder: Path,
    steps: int,
    ask: Callable[[Commands], object],
    monkeypatch: pytest.MonkeyPatch,
    again: Path | None = None,
) -> tuple[Path, Progress]:
    commands, progress = Commands(), Progress()
    with monkeypatch.context() as patched:
        patched.setattr(recorder.Recorder, "step", asking_after(steps, ask, commands))
        if again is not None:
            return resume(again, None, progress, commands).folder, progress
        return train(project, None, folder, progress, commands).folder, progress


def test_a_changed_rate_is_that_of_a_run_which_began_with_it(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = {"type": "SGD", "momentum": 0.0}
    changed, progress = steered(
        iris(optimizer={**plain, "lr": 0.5}), tmp_path / "a", 1, lambda c: c.change_lr(0.01), monkeypatch
    )
    [event] = runs.events_of(changed)
    assert (event.kind, event.step, event.epoch, event.values) == ("lr", 1, 1, {"from": 0.5, "to": 0.01})
    assert progress.lr == 0.01
    assert [line["train"]["lr"] for line in runs.metrics_of(changed)] == [0.01] * 3


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@pytest.mark.parametrize("decay", ["all", "matrices"])
def test_a_run_whose_rate_was_changed_goes_on_with_the_same_bits(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: Any, decay: str
) -> None:
    from .test_resume import stopped_after

    more = {} if schedule == "OneCycleLR" else {"warmup_epochs": 1.0}
    project = iris(schedule=schedule, decay=decay, **more)
    ask = lambda commands: commands.change_lr(0.03)  # noqa: E731
    whole, _ = steered(project, tmp_path / "whole", 5, ask, monkeypatch)
    part, _ = steered(
        project, tmp_path / "part", 5, lambda c: (c.change_lr(0.03), c.stop_after_epoch()), monkeypatch
    )
    stopped_after(3, project, tmp_path, monkeypatch, again=part)
    resume(part, None)
    assert outcome(part) == outcome(whole)
    assert runs.events_of(part) == runs.events_of(whole)


def test_a_changed_rate_is_on_the_disk_at_once(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off a step later, the run does not forget it."""

    class Cut(BaseException):
        pass

    commands = Commands()
    ask = asking_after(5, lambda c: c.change_lr(0.03), commands)
    made = [0]

    def step(self: recorder.Recorder, *given: Any) -> None:
        ask(self, *given)
        made[0] += 1
        if made[0] == 6:
            raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(recorder.Recorder, "step", step)
        with pytest.raises(Cut):
            train(iris(), None, tmp_path / "cut", Progress(), commands)
    folder = runs.list_runs(tmp_path / "cut")[0].folder
    resume(folder, None)
    whole, _ = steered(iris(), tmp_path / "whole", 5, lambda c: c.change_lr(0.03), monkeypatch)
    assert outcome(folder) == outcome(whole)


@pytest.mark.parametrize("kind", ["StepLR", "ExponentialLR", "CosineAnnealingLR", "OneCycleLR"])
@pytest.mark.parametrize("warmup", [0.0, 2.0])
def test_a_schedule_goes_on_at_so_many_times_the_rate(kind: str, warmup: float) -> None:
    if kind == "OneCycleLR" and warmup:
        return
    options: Options = read_options({"schedule": {"type": kind}, "warmup_epochs": warmup})

    def rates(changed_at: int | None) -> list[float]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
        schedule, found = Schedule(optimizer, options, 5, 6), []
        for step in range(30):
            if step == changed_at:
                scale(optimizer, 0.5)
                schedule.scale(0.5)
            found.append(schedule.lr)
            optimizer.step()
            schedule.step()
        return found

    plain = rates(None)
    for step in (0, 4, 10, 11, 20):
        changed = rates(step)
        assert changed[:step] == plain[:step]
        assert changed[step:] == pytest.approx([rate / 2 for rate in plain[step:]], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("lr", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(lr: float) -> None:
    with pytest.raises(ValueError, match="learning rate"):
        Commands().change_lr(lr)


def test_a_snapshot_holds_the_weights_of_its_step_and_changes_nothing(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = outcome(train(iris(), None, tmp_path / "whole").folder)
    folder, _ = steered(iris(), tmp_path / "parts", 8, lambda c: c.snapshot(), monkeypatch)
    assert outcome(folder) == whole
    assert runs.checkpoints_of(folder) == ["best", "last", "step-8"]
    first = train(iris(epochs=1), None, tmp_path / "first").folder
    taken, kept = load_file(folder / "step-8.safetensors"), load_file(first / "last.safetensors")
    assert all(torch.equal(taken[name], kept[name]) for name in kept)
    assert runs.open_run(folder).load_module("step-8") is not None


def test_an_evaluation_tells_the_metrics_and_changes_nothing(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(iris(), None, tmp_path / "whole").folder
    folder, _ = steered(iris(), tmp_path / "parts", 8, lambda c: c.evaluate(), monkeypatch)
    assert outcome(folder) == outcome(whole)
    [event] = runs.events_of(folder)
    assert event.kind == "evaluation"
    assert event.values == runs.metrics_of(whole)[0]["validation"]


def test_a_stop_after_the_epoch_ends_it_whole_and_goes_on_with_the_same_bits(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = outcome(train(iris(), None, tmp_path / "whole").folder)
    folder, progress = steered(iris(), tmp_path / "parts", 3, lambda c: c.stop_after_epoch(), monkeypatch)
    assert (progress.step, progress.status) == (8, "stopped")
    assert [line["complete"] for line in runs.metrics_of(folder)] == [True]
    resume(folder, None)
    assert outcome(folder) == whole


def test_what_is_asked_before_a_process_listens_is_handed_on_once() -> None:
    commands, told = Commands(), []
    commands.change_lr(0.1)
    commands.snapshot()
    commands.stop_after_epoch()
    with commands.told(lambda word, value: told.append((word, value))):
        commands.evaluate()
        commands.pause()
    assert told == [
        ("stop_after_epoch", None),
        ("lr", 0.1),
        ("snapshot", None),
        ("evaluate", None),
        ("pause", None),
    ]
    there = Commands()
    for word, value in told:
        there.obey(word, value)
    assert there.asked() == [("lr", 0.1), ("snapshot", None), ("evaluate", None)]
    assert there.ending and there.paused
