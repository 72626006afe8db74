"""Training on batches that are changed at random: repeatable, resumable, and of no weight in a judgement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from studio.graph.model import ProjectData
from studio.training.run import resume, train
from studio.training.runs import open_run

from .conftest import chain
from .test_resume import outcome, stopped_after

STEPS = [
    {"type": "crop", "padding": 1},
    {"type": "rotate", "degrees": 10},
    {"type": "rand_augment", "magnitude": 5},
    {"type": "erase"},
    {"type": "noise", "std": 0.02},
]


def digits(steps: list[dict[str, Any]], **training: Any) -> ProjectData:
    """A small network with dropout, so that the run's own random numbers matter too."""
    drawn = chain(
        ("conv", "nn.Conv2d", {"out_channels": 4, "kernel_size": 3, "stride": 2}),
        ("relu", "nn.ReLU", {}),
        ("flat", "nn.Flatten", {}),
        ("drop", "nn.Dropout", {"p": 0.2}),
        ("fc", "nn.Linear", {}),
    )
    section = {"epochs": 2, "batch_size": 128, **training}
    data = {"source": "digits", "augmentation": steps}
    return ProjectData("Digits", {"model": drawn}, {"data": data, "training": section})


@pytest.mark.parametrize("steps", [1, 7, 12, 18])
def test_a_run_goes_on_with_the_same_bits_in_the_middle_of_an_epoch_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    project = digits(STEPS, sampler="balanced", mixup=0.2)
    whole = outcome(train(project, None, tmp_path / "whole").folder)

    folder = stopped_after(steps, project, tmp_path / "parts", monkeypatch)
    resume(folder, None)

    assert outcome(folder) == whole


def test_a_table_with_noise_goes_on_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, iris: Any
) -> None:
    plain = iris()
    data = {"source": "iris", "augmentation": [{"type": "noise"}, {"type": "mask"}]}
    project = ProjectData("Flowers", plain.networks, {**plain.settings, "data": data})
    whole = outcome(train(project, None, tmp_path / "whole").folder)

    folder = stopped_after(11, project, tmp_path / "parts", monkeypatch)
    resume(folder, None)

    assert outcome(folder) == whole
    assert outcome(train(plain, None, tmp_path / "plain").folder) != whole


def test_what_a_run_draws_for_dropout_does_not_hang_on_its_augmentation(tmp_path: Path) -> None:
    """Steps that change nothing leave every bit of a training as it was."""
    still = [{"type": "flip", "horizontal": 0.0}, {"type": "erase", "p": 0.0}]

    plain = outcome(train(digits([]), None, tmp_path / "plain").folder)
    other = outcome(train(digits(still), None, tmp_path / "still").folder)

    assert plain == other


def test_runs_with_and_without_are_judged_on_the_same_samples(tmp_path: Path) -> None:
    plain, changed = (
        open_run(train(digits(steps), None, tmp_path / str(len(steps))).folder).record
        for steps in ([], STEPS)
    )

    assert plain["data"]["fingerprint"] == changed["data"]["fingerprint"]
    assert plain["preprocessing"] == changed["preprocessing"]
    assert plain["test"] != changed["test"]


def test_a_step_on_changed_batches_is_that_of_a_loop_by_hand() -> None:
    from studio.data.batches import batches
    from studio.data.prepare import prepare
    from studio.training.feed import feed

    data = prepare({"source": "digits", "augmentation": STEPS}).train
    fed = list(feed(data, 256, 17, 2, lambda reason: False))

    by_hand = list(batches(data, 256, torch.Generator().manual_seed(17)))[2:]
    assert len(fed) == len(by_hand) > 2
    assert all(torch.equal(x, z) for (x, _), (z, _) in zip(fed, by_hand, strict=True))
