"""The finer settings do what PyTorch does: the same weights as a loop written by hand."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from studio.data.batches import batches, steps
from studio.data.prepare import Prepared
from studio.graph.model import ProjectData
from studio.training import optimizers, options, runs
from studio.training.commands import Commands
from studio.training.loop import fit
from studio.training.objectives import ObjectiveError
from studio.training.objectives.classification import Classification
from studio.training.options import OptionError
from studio.training.progress import EpochRecord, Progress
from studio.training.run import resume, train
from studio.training.schedules import Schedule
from studio.training.settings import Settings, read
from studio.words import NetloomError

from .test_resume import outcome, stopped_after

Make = Callable[..., ProjectData]
EPOCHS, BATCH, SEED = 3, 8, 0


def network() -> nn.Sequential:
    torch.manual_seed(7)
    return nn.Sequential(nn.Linear(2, 8), nn.LayerNorm(8), nn.ReLU(), nn.Linear(8, 2))


def ours(data: Prepared, **section: Any) -> tuple[nn.Module, list[EpochRecord]]:
    settings = read({"epochs": EPOCHS, "batch_size": BATCH, "seed": SEED, **section})
    module, progress = network(), Progress()
    progress.epochs, progress.steps_per_epoch = EPOCHS, steps(len(data.train), BATCH)
    optimizer = optimizers.make(settings.optimizer, module.parameters(), settings.options.decay)
    every = settings.options.accumulate
    schedule = Schedule(optimizer, settings.options, -(-progress.steps_per_epoch // every), EPOCHS)
    objective = Classification("cross_entropy", 2, settings.options.label_smoothing)
    fit(
        module, data, objective, optimizer, settings, progress, Commands(), lambda _: None,
        schedule=schedule if settings.options.varies else None,
    )  # fmt: skip
    return module, progress.epochs_done


def seen(data: Prepared) -> Iterator[list[tuple[Tensor, Tensor]]]:
    """The batches of each epoch, in the order of a run."""
    for epoch in range(1, EPOCHS + 1):
        seed = (SEED * 1_000_003 + epoch) % 2**63
        yield list(batches(data.train, BATCH, torch.Generator().manual_seed(seed)))


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_gradients_are_clipped_as_by_torch(blobs: Prepared) -> None:
    sgd = {"type": "SGD", "lr": 0.5, "momentum": 0.9}
    by_hand = network()
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.5, momentum=0.9, fused=True)
    for epoch in seen(blobs):
        for x, y in epoch:
            optimizer.zero_grad()
            nn.functional.cross_entropy(by_hand(x), y).backward()
            nn.utils.clip_grad_norm_(by_hand.parameters(), 0.1)
            optimizer.step()
    assert same(ours(blobs, optimizer=sgd, clip_norm=0.1)[0], by_hand)
    assert not same(ours(blobs, optimizer=sgd)[0], by_hand)


def test_labels_are_smoothed_as_by_torch_in_the_steps_only(blobs: Prepared) -> None:
    by_hand = network()
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.01, momentum=0.9, fused=True)
    for epoch in seen(blobs):
        for x, y in epoch:
            optimizer.zero_grad()
            nn.functional.cross_entropy(by_hand(x), y, label_smoothing=0.2).backward()
            optimizer.step()
    module, epochs = ours(blobs, optimizer="SGD", label_smoothing=0.2)
    assert same(module, by_hand)
    with torch.no_grad():
        plain = nn.functional.cross_entropy(module.eval()(blobs.validation.x), blobs.validation.y)
    assert epochs[-1].validation["loss"] == pytest.approx(float(plain), rel=1e-6)


@pytest.mark.parametrize("every", [2, 3, 5, 100])
def test_a_few_batches_make_the_step_of_one_large_one(blobs: Prepared, every: int) -> None:
    by_hand = network()
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1, fused=True)
    for epoch in seen(blobs):
        for first in range(0, len(epoch), every):
            group = epoch[first : first + every]
            optimizer.zero_grad()
            for x, y in group:
                (nn.functional.cross_entropy(by_hand(x), y) / len(group)).backward()
            optimizer.step()
    sgd = {"type": "SGD", "lr": 0.1, "momentum": 0.0}
    module, _ = ours(blobs, optimizer=sgd, accumulate=every)
    for a, b in zip(module.parameters(), by_hand.parameters(), strict=True):
        torch.testing.assert_close(a, b)


def test_weight_decay_may_leave_biases_and_norms_alone() -> None:
    settings = read({"optimizer": {"type": "AdamW", "weight_decay": 0.1}})
    module = network()
    found = optimizers.make(settings.optimizer, module.parameters(), "matrices")
    decayed, free = found.param_groups
    assert (decayed["weight_decay"], free["weight_decay"]) == (0.1, 0.0)
    assert [p.ndim for p in decayed["params"]] == [2, 2]
    assert all(p.ndim == 1 for p in free["params"]) and len(free["params"]) == 4


def rates(section: dict[str, Any], steps_: int = 5, epochs: int = 12, lr: float = 0.1) -> list[float]:
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=lr)
    schedule, found = Schedule(optimizer, options.read(section), steps_, epochs), []
    for step in range(steps_ * epochs):
        found.append(schedule.lr)
        optimizer.step()
        schedule.step()
        if step % steps_ == steps_ - 1:
            schedule.epoch(1.0)
    return found


def test_the_cosine_falls_from_the_rate_to_its_end() -> None:
    found = rates({"schedule": "CosineAnnealingLR"})
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
    by_torch = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 60)
    for rate in found:
        assert rate == optimizer.param_groups[0]["lr"]
        optimizer.step()
        by_torch.step()


def test_steps_are_counted_in_epochs() -> None:
    found = rates({"schedule": {"type": "StepLR", "step_size": 4, "gamma": 0.5}})
    assert found[::5] == pytest.approx([0.1] * 4 + [0.05] * 4 + [0.025] * 4)


def test_an_exponential_has_fallen_by_gamma_after_an_epoch() -> None:
    assert rates({"schedule": {"type": "ExponentialLR", "gamma": 0.5}})[::5][:4] == pytest.approx(
        [0.1, 0.05, 0.025, 0.0125]
    )


def test_one_cycle_reaches_the_rate_once_and_ends_low() -> None:
    found = rates({"schedule": "OneCycleLR"})
    assert found[0] == pytest.approx(0.1 / 25)
    assert max(found) == pytest.approx(0.1, rel=1e-2)
    assert found[-1] == pytest.approx(0.1 / 25 / 1e4, rel=1e-3)


def test_a_plateau_lowers_the_rate_after_its_patience() -> None:
    found = rates({"schedule": {"type": "ReduceLROnPlateau", "patience": 2, "factor": 0.5}})
    assert found[0] == 0.1 and found[-1] < 0.1


@pytest.mark.parametrize("kind", ["constant", "StepLR", "CosineAnnealingLR", "ReduceLROnPlateau"])
def test_a_warm_up_comes_first_and_ends_at_the_rate(kind: str) -> None:
    found = rates({"schedule": kind, "warmup_epochs": 2})
    assert found[0] == pytest.approx(0.001)
    assert found[:11] == sorted(found[:11])
    assert found[10] == pytest.approx(0.1)


@given(
    st.sampled_from(sorted(options.SCHEDULES)),
    st.integers(1, 20),
    st.integers(1, 6),
    st.sampled_from([0, 0.5, 3, 50]),
)
def test_a_schedule_survives_any_length_and_goes_on_from_its_state(
    kind: str, steps_: int, epochs: int, warmup: float
) -> None:
    section = {"schedule": kind, "warmup_epochs": 0 if kind == "OneCycleLR" else warmup}
    whole = rates(section, steps_, epochs)
    assert len(whole) == steps_ * epochs and all(rate > 0 or kind == "CosineAnnealingLR" for rate in whole)


@pytest.mark.parametrize(
    "section",
    [
        {"schedule": {"type": "CosineAnnealingLR"}, "warmup_epochs": 0.5},
        {"schedule": {"type": "OneCycleLR"}},
        {"schedule": {"type": "ReduceLROnPlateau", "patience": 1}},
        {"accumulate": 3, "clip_norm": 0.5, "label_smoothing": 0.1, "decay": "matrices"},
    ],
    ids=str,
)
def test_a_run_with_them_goes_on_with_the_same_bits(
    iris: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: dict[str, Any]
) -> None:
    project = iris(**section)
    whole = outcome(train(project, None, tmp_path / "whole").folder)
    folder = stopped_after(11, project, tmp_path / "parts", monkeypatch)
    resume(folder, None)
    assert outcome(folder) == whole


def test_the_rate_is_told_with_each_epoch_where_it_changes(iris: Make, tmp_path: Path) -> None:
    folder = train(iris(schedule="CosineAnnealingLR"), None, tmp_path).folder
    found = [line["train"]["lr"] for line in runs.metrics_of(folder)]
    assert found == sorted(found, reverse=True) and found[0] < 0.01
    assert "lr" not in runs.metrics_of(train(iris(), None, tmp_path).folder)[0]["train"]


def test_a_run_ends_when_nothing_gets_better(iris: Make, tmp_path: Path) -> None:
    progress = Progress()
    still = {"type": "SGD", "lr": 1e-12, "momentum": 0.0}
    result = train(iris(epochs=50, patience=4, optimizer=still), None, tmp_path, progress)
    assert result.status == "done"
    best = result.best["epoch"] if result.best else 0
    assert len(progress.epochs_done) == best + 4 < 50
    assert "none of the last 4 epochs" in str(progress.notices[-1])


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"schedule": "Cosine"}, "training.schedule.type is 'Cosine'"),
        ({"schedule": {"type": "StepLR", "gama": 0.1}}, "gamma"),
        ({"schedule": {"type": "StepLR", "gamma": 1.5}}, "training.schedule.gamma is 1.5"),
        ({"schedule": 5}, "training.schedule is 5"),
        ({"clip_norm": 0}, "training.clip_norm is 0"),
        ({"accumulate": 0}, "training.accumulate is 0"),
        ({"label_smoothing": 1.0}, "training.label_smoothing is 1.0"),
        ({"decay": "some"}, "training.decay is 'some'"),
        ({"patience": 0.5}, "training.patience is 0.5"),
        ({"warmup_epochs": -1}, "training.warmup_epochs is -1"),
        ({"schedule": "OneCycleLR", "warmup_epochs": 1}, "warms up by itself"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(section: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        options.read(section)
    assert said in str(caught.value)


def test_smoothing_needs_cross_entropy(iris: Make, diabetes: Make, tmp_path: Path) -> None:
    for project in (iris(loss="nll", label_smoothing=0.1), diabetes(label_smoothing=0.1)):
        with pytest.raises(ObjectiveError, match="moothing"):
            train(project, None, tmp_path)


def test_what_was_read_is_written_again(iris: Make) -> None:
    section = {"schedule": {"type": "StepLR", "step_size": 3, "gamma": 0.5}, "clip_norm": 1.0, "patience": 7}
    settings: Settings = read(section)
    again = read(copy.deepcopy(settings.to_json()))
    assert again == settings
    with pytest.raises(NetloomError):
        read({"shedule": "StepLR"})
