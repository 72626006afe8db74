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
from torch.optim import lr_scheduler

from studio.data.batches import batches, steps
from studio.data.prepare import Prepared
from studio.graph.model import ProjectData
from studio.training import optimizers, options, runs
from studio.training.commands import Commands
from studio.training.loop import Attendants, Movers, fit
from studio.training.objectives.classification import Classification
from studio.training.options import OptionError
from studio.training.progress import EpochRecord, Progress
from studio.training.run import resume, train
from studio.training.schedules import Schedule
from studio.training.settings import Settings, SettingsError, read
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
        module, data, objective, Movers(optimizer, schedule if settings.options.varies else None),
        settings, progress, Commands(), Attendants(lambda _: None),
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


BY_TORCH: dict[str, tuple[dict[str, Any], Callable[[Any], Any]]] = {
    "StepLR": ({"step_size": 2}, lambda o: lr_scheduler.StepLR(o, 10)),
    "StepLR in steps": ({"step_size": 7, "unit": "steps"}, lambda o: lr_scheduler.StepLR(o, 7)),
    "MultiStepLR": ({"milestones": [2, 5]}, lambda o: lr_scheduler.MultiStepLR(o, [10, 25])),
    "MultiStepLR in steps": (
        {"milestones": [3, 4, 50], "gamma": 0.5, "unit": "steps"},
        lambda o: lr_scheduler.MultiStepLR(o, [3, 4, 50], 0.5),
    ),
    "ExponentialLR in steps": (
        {"gamma": 0.99, "unit": "steps"}, lambda o: lr_scheduler.ExponentialLR(o, 0.99)),
    "LinearLR": ({"end_factor": 0.2}, lambda o: lr_scheduler.LinearLR(o, 1.0, 0.2, 60)),
    "PolynomialLR": ({"power": 2.0}, lambda o: lr_scheduler.PolynomialLR(o, 60, 2.0)),
    "CosineAnnealingWarmRestarts": (
        {"T_0": 2, "T_mult": 2}, lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 10, 2)),
    "CosineAnnealingWarmRestarts in steps": (
        {"T_0": 7, "unit": "steps"}, lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 7)),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_TORCH)
def test_a_schedule_gives_the_rates_of_torchs_class(name: str) -> None:
    params, by_torch = BY_TORCH[name]
    optimizer = torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=0.1)
    scheduler = by_torch(optimizer)
    for rate in rates({"schedule": {"type": name.split()[0], **params}}):
        assert rate == optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()


def test_every_schedule_of_pytorch_is_offered_or_left_out_for_a_reason() -> None:
    classes = {
        name
        for name, found in vars(lr_scheduler).items()
        if isinstance(found, type) and issubclass(found, lr_scheduler.LRScheduler)
    }
    asks_for_functions = {"LambdaLR", "MultiplicativeLR"}
    made_of_others = {"SequentialLR", "ChainedScheduler", "LRScheduler", "_LRScheduler"}
    said_otherwise = {"ConstantLR", "CyclicLR"}  # a warm-up; OneCycleLR and warm restarts
    left_out = asks_for_functions | made_of_others | said_otherwise
    assert classes - left_out == set(options.SCHEDULES) - {"constant"}


def test_a_warm_up_may_be_counted_in_steps() -> None:
    assert rates({"warmup_steps": 7})[:8] == rates({"warmup_epochs": 7 / 5})[:8]
    assert rates({"warmup_steps": 7})[7] == pytest.approx(0.1)


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
    assert len(whole) == steps_ * epochs
    assert all(rate > 0 or kind in ("CosineAnnealingLR", "PolynomialLR") for rate in whole)


@pytest.mark.parametrize(
    "section",
    [
        {"schedule": {"type": "CosineAnnealingLR"}, "warmup_epochs": 0.5},
        {"schedule": {"type": "OneCycleLR"}},
        {"schedule": {"type": "ReduceLROnPlateau", "patience": 1}},
        {"schedule": {"type": "MultiStepLR", "milestones": [9, 14], "unit": "steps"}, "warmup_steps": 4},
        {"schedule": {"type": "CosineAnnealingWarmRestarts", "T_0": 1, "T_mult": 2}},
        {"schedule": "LinearLR", "warmup_epochs": 1},
        {"schedule": {"type": "PolynomialLR", "power": 2.0}},
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
        ({"schedule": "OneCycleLR", "warmup_epochs": 1}, "training.warmup_epochs to 0"),
        ({"schedule": "OneCycleLR", "warmup_steps": 1}, "training.warmup_steps to 0"),
        ({"warmup_epochs": 1, "warmup_steps": 1}, "in epochs and in steps"),
        ({"schedule": {"type": "StepLR", "unit": "hours"}}, "training.schedule.unit is 'hours'"),
        ({"schedule": {"type": "MultiStepLR", "milestones": [3, 3]}}, "each larger than the one before"),
        ({"schedule": {"type": "MultiStepLR", "milestones": 3}}, "training.schedule.milestones is 3"),
        ({"schedule": {"type": "LinearLR", "start_factor": 0}}, "training.schedule.start_factor is 0"),
        ({"schedule": {"type": "LinearLR", "end_factor": 2}}, "training.schedule.end_factor is 2"),
        ({"l1": -1}, "training.l1 is -1"),
        ({"ema": 1.0}, "training.ema is 1.0"),
        ({"max_minutes": 0}, "training.max_minutes is 0"),
        ({"mixup": float("nan")}, "training.mixup is nan"),
        ({"sampler": "random"}, "one of shuffle, balanced"),
        ({"class_weights": [1, -2]}, "training.class_weights is -2"),
        ({"class_weights": "balance"}, "balanced, or a list with a number for each class"),
        ({"class_weights": [1.0, 2.0], "sampler": "balanced"}, "they do it twice"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_place(section: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionError) as caught:
        options.read(section)
    assert said in str(caught.value)


def test_smoothing_needs_cross_entropy(iris: Make, diabetes: Make, tmp_path: Path) -> None:
    for project in (iris(loss="nll", label_smoothing=0.1), diabetes(label_smoothing=0.1)):
        with pytest.raises(NetloomError, match="moothing"):
            train(project, None, tmp_path)


@pytest.mark.parametrize("section", [{"class_weights": "balanced"}, {"sampler": "balanced"}, {"mixup": 0.2}])
def test_what_is_for_classes_is_refused_for_numbers(section: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"training.{next(iter(section))} is for one of several classes"):
        read(section, "regression")


def test_what_was_read_is_written_again(iris: Make) -> None:
    section = {"schedule": {"type": "StepLR", "step_size": 3, "gamma": 0.5}, "clip_norm": 1.0, "patience": 7}
    settings: Settings = read(section)
    again = read(copy.deepcopy(settings.to_json()))
    assert again == settings
    with pytest.raises(NetloomError):
        read({"shedule": "StepLR"})
