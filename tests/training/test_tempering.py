"""L1, class weights, balanced draws, blended batches and averaged weights: what a loop by hand would do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import WeightedRandomSampler

from studio.compiler.build import build
from studio.data.batches import batches, steps
from studio.data.prepare import Prepared, Split, prepare
from studio.graph.model import ProjectData
from studio.training import optimizers, position, weighting
from studio.training.average import Average
from studio.training.commands import Commands
from studio.training.loop import Attendants, Movers, evaluate, fit
from studio.training.machine import using_threads
from studio.training.mixing import Mixing
from studio.training.objectives import ObjectiveError, classification
from studio.training.options import OptionError
from studio.training.progress import Progress
from studio.training.run import resume, train
from studio.training.runs import open_run
from studio.training.settings import read

from .conftest import chain
from .test_resume import outcome, stopped_after

Make = Callable[..., ProjectData]
EPOCHS, BATCH, SGD = 3, 8, {"type": "SGD", "lr": 0.1, "momentum": 0.9}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Networks as small as these wait for a second thread longer than they compute."""
    with using_threads(1):
        yield


def network(inputs: int = 2) -> nn.Sequential:
    torch.manual_seed(7)
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 2))


def ours(data: Prepared, inputs: int = 2, **section: Any) -> tuple[nn.Module, Average | None, Progress]:
    settings = read({"epochs": EPOCHS, "batch_size": BATCH, "optimizer": SGD, **section})
    module, progress, options = network(inputs), Progress(), settings.options
    data = replace(data, train=replace(data.train, chances=weighting.of_samples(options, data.train.y)))
    progress.epochs, progress.steps_per_epoch = EPOCHS, steps(len(data.train), BATCH)
    objective = classification.make(settings, data, module)
    optimizer = optimizers.make(settings.optimizer, module.parameters(), options.decay)
    average = Average(module, options.ema) if options.ema is not None else None
    movers, attendants = Movers(optimizer, average=average), Attendants(lambda _: None)
    fit(module, data, objective, movers, settings, progress, Commands(), attendants)
    return module, average, progress


def by_hand(
    data: Prepared, loss: Callable[[nn.Module, Tensor, Tensor], Tensor], inputs: int = 2,
    after: Callable[[nn.Module], object] = lambda module: None,
) -> nn.Module:  # fmt: skip
    module = network(inputs)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9, fused=True)
    for epoch in seen(data):
        for x, y in epoch:
            optimizer.zero_grad()
            loss(module, x, y).backward()
            optimizer.step()
            after(module)
    return module


def seen(data: Prepared) -> Iterator[Iterator[tuple[Tensor, Tensor]]]:
    """The batches of each epoch, with the generator as a run has it."""
    for epoch in range(1, EPOCHS + 1):
        torch.manual_seed(epoch)
        yield batches(data.train, BATCH, torch.Generator().manual_seed(epoch))


def same(first: nn.Module, second: nn.Module) -> bool:
    pairs = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def cross_entropy(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    return nn.functional.cross_entropy(module(x), y)


@pytest.fixture
def rare(blobs: Prepared) -> Prepared:
    """Five times as many samples of one class as of the other."""
    y = (torch.arange(90) % 6 == 0).long()
    return replace(blobs, train=Split(blobs.train.x + y.unsqueeze(1), y))


@pytest.fixture
def pictures(blobs: Prepared) -> Prepared:
    """Noise of 1×6×5, brighter in one class."""
    y = torch.arange(90) % 2
    x = torch.randn(90, 1, 6, 5, generator=torch.Generator().manual_seed(3)) + y.view(-1, 1, 1, 1)
    return replace(blobs, train=Split(x, y), validation=Split(x[:20], y[:20]))


# -- L1 --------------------------------------------------------------------------------------------


def test_l1_pulls_every_weight_towards_zero(blobs: Prepared) -> None:
    def loss(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(module, x, y) + 0.01 * sum(p.abs().sum() for p in module.parameters())

    module, _, _ = ours(blobs, l1=0.01)
    for a, b in zip(module.parameters(), by_hand(blobs, loss).parameters(), strict=True):
        torch.testing.assert_close(a, b)
    assert not same(module, ours(blobs)[0])


def test_l1_leaves_alone_what_weight_decay_does(blobs: Prepared) -> None:
    def loss(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return cross_entropy(module, x, y) + 0.01 * sum(
            p.abs().sum() for p in module.parameters() if p.ndim > 1
        )

    module, _, _ = ours(blobs, l1=0.01, decay="matrices")
    for a, b in zip(module.parameters(), by_hand(blobs, loss).parameters(), strict=True):
        torch.testing.assert_close(a, b)


# -- classes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "meant"), [([1.0, 3.0], [1.0, 3.0]), ("balanced", [0.6, 3.0])])
def test_classes_weigh_in_the_steps_as_by_torch(rare: Prepared, given: Any, meant: list[float]) -> None:
    weight = torch.tensor(meant)

    def loss(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        return nn.functional.cross_entropy(module(x), y, weight=weight)

    module, _, progress = ours(rare, class_weights=given)
    assert same(module, by_hand(rare, loss))
    with torch.no_grad():
        plain = cross_entropy(module.eval(), rare.validation.x, rare.validation.y)
    assert progress.epochs_done[-1].validation["loss"] == pytest.approx(float(plain), rel=1e-6)


def test_weights_for_another_number_of_classes_are_refused(blobs: Prepared) -> None:
    with pytest.raises(OptionError, match="has 3 numbers, and the data has 2 classes"):
        ours(blobs, class_weights=[1, 2, 3])


def test_balanced_draws_are_those_of_torchs_sampler(rare: Prepared) -> None:
    chances = weighting.of_samples(read({"sampler": "balanced"}).options, rare.train.y)
    assert chances is not None
    sampler = WeightedRandomSampler(chances.tolist(), 90, generator=torch.Generator().manual_seed(5))
    split = replace(rare.train, chances=chances)
    drawn = [y for _, y in batches(split, BATCH, torch.Generator().manual_seed(5))]
    expected = rare.train.y[torch.tensor(list(sampler))]
    assert torch.equal(torch.cat(drawn), expected)
    assert 0.35 < float(expected.float().mean()) < 0.65


def test_a_run_with_balanced_draws_learns_the_rare_class(rare: Prepared) -> None:
    module, _, _ = ours(rare, sampler="balanced")
    assert not same(module, ours(rare)[0])


# -- blended batches -------------------------------------------------------------------------------


def test_mixup_descends_both_labels_by_their_share(pictures: Prepared) -> None:
    def loss(module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        share = float(torch.distributions.Beta(0.4, 0.4).sample())
        prediction = module(x * share + x.roll(1, 0) * (1 - share))
        both = [nn.functional.cross_entropy(prediction, labels) for labels in (y, y.roll(1))]
        return share * both[0] + (1 - share) * both[1]

    module, _, progress = ours(pictures, 30, mixup=0.4)
    expected = by_hand(pictures, loss, 30)
    for a, b in zip(module.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    objective = classification.Classification("cross_entropy", 2)
    judged = evaluate(module, pictures.validation, objective, BATCH)
    assert progress.epochs_done[-1].validation == judged, "judged on pictures as they are"


@pytest.mark.parametrize("seed", range(8))
def test_cutmix_pastes_a_box_and_shares_the_labels_by_its_size(seed: int) -> None:
    torch.manual_seed(seed)
    x = torch.arange(4.0).view(4, 1, 1, 1).expand(4, 3, 8, 6)
    y = torch.tensor([0, 1, 2, 3])
    mixed, labels = Mixing(0.0, 1.0, 4)(x, y)
    for sample in range(4):
        own = mixed[sample] == x[sample]
        assert torch.equal(mixed[sample][~own], x[sample - 1][~own])
        share = float(own.float().mean())
        assert labels[sample, sample] == pytest.approx(share, abs=1e-6)
        assert labels[sample, sample - 1] == pytest.approx(1 - share, abs=1e-6)
        rows, columns = (~own[0]).any(1).sum(), (~own[0]).any(0).sum()
        assert int((~own[0]).sum()) == int(rows * columns), "one box"


def test_shares_of_mixup_and_cutmix_follow_their_distribution() -> None:
    torch.manual_seed(0)
    y = torch.tensor([0, 1])
    x = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 20, 20)
    shares = torch.tensor([float(Mixing(0.2, 0.0, 2)(x, y)[1][0, 0]) for _ in range(400)])
    assert float(shares.mean()) == pytest.approx(0.5, abs=0.05)
    assert float(shares.var()) == pytest.approx(1 / (4 * (2 * 0.2 + 1)), abs=0.03)
    both = Mixing(1.0, 1.0, 2)
    kinds = [bool(((mixed[0] != 0) & (mixed[0] != 1)).any()) for mixed, _ in (both(x, y) for _ in range(60))]
    assert 15 < sum(kinds) < 45, "a coin decides"


def test_only_images_are_blended(blobs: Prepared, pictures: Prepared) -> None:
    with pytest.raises(ObjectiveError, match=r"training.cutmix is for images"):
        ours(blobs, cutmix=1.0)
    with pytest.raises(ObjectiveError, match=r"training.mixup needs the loss cross_entropy"):
        ours(pictures, 30, mixup=1.0, loss="nll")


# -- averaged weights ------------------------------------------------------------------------------


def test_the_average_is_that_of_torch(blobs: Prepared) -> None:
    averaged: list[AveragedModel] = []

    def after(module: nn.Module) -> None:
        if not averaged:
            averaged.append(AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(0.9)))
        averaged[0].update_parameters(module)

    trained = by_hand(blobs, cross_entropy, after=after)
    module, average, progress = ours(blobs, ema=0.9)
    assert average is not None
    assert same(module, trained), "the average does not change what is trained"
    assert same(average.module, averaged[0].module)
    assert not same(average.module, module)
    statistics = average.module.get_buffer("2.running_mean")
    assert torch.equal(statistics, module.get_buffer("2.running_mean"))
    objective = classification.Classification("cross_entropy", 2)
    judged = evaluate(average.module, blobs.validation, objective, BATCH)
    assert progress.epochs_done[-1].validation == judged


def test_the_average_is_what_a_run_keeps(iris: Make, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    plain = load_file(train(iris(), None, tmp_path).folder / "last.safetensors")
    folder = train(iris(ema=0.95), None, tmp_path).folder
    kept = load_file(folder / "last.safetensors")
    assert any(not torch.equal(kept[name], plain[name]) for name in plain)
    assert open_run(folder).settings.options.ema == 0.95


# -- the time it may take --------------------------------------------------------------------------


def test_a_run_ends_when_its_minutes_are_over(iris: Make, tmp_path: Path) -> None:
    progress = Progress()
    result = train(iris(epochs=100_000, max_minutes=0.002), None, tmp_path, progress)
    assert result.status == "done"
    assert 0 < progress.step < 8 * 100_000
    assert result.best is not None and result.test
    assert re.search(r"ended in epoch \d+ of 100000: the 0.002 minutes", str(progress.notices[-1]))


# -- exact resume ----------------------------------------------------------------------------------


def digits(**section: Any) -> ProjectData:
    """A small network with a batch normalisation on digits."""
    drawn = chain(
        ("conv", "nn.Conv2d", {"out_channels": 4, "kernel_size": 3, "stride": 2}),
        ("norm", "nn.BatchNorm2d", {}),
        ("relu", "nn.ReLU", {}),
        ("flat", "nn.Flatten", {}),
        ("fc", "nn.Linear", {}),
    )
    training = {"epochs": 2, "batch_size": 128, **section}
    return ProjectData("Digits", {"model": drawn}, {"data": {"source": "digits"}, "training": training})


@pytest.mark.parametrize(
    "section",
    [
        {"ema": 0.9, "optimizer": {"type": "SGD", "lr": 0.1}},
        {"mixup": 0.3, "cutmix": 1.0, "label_smoothing": 0.1},
        {"sampler": "balanced", "l1": 0.001, "class_weights": None},
        {"class_weights": "balanced", "ema": 0.5, "schedule": "OneCycleLR"},
    ],
    ids=lambda section: " ".join(section),
)
def test_a_run_with_them_goes_on_with_the_same_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, section: dict[str, Any]
) -> None:
    project = digits(**section)
    whole = outcome(train(project, None, tmp_path / "whole").folder)
    folder = stopped_after(7, project, tmp_path / "parts", monkeypatch)
    resume(folder, None)
    assert outcome(folder) == whole


def test_without_the_average_of_before_the_bits_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = digits(ema=0.9)
    whole = outcome(train(project, None, tmp_path / "whole").folder)
    folder = stopped_after(7, project, tmp_path / "parts", monkeypatch)
    saved = position.load(folder)
    for name in [name for name in saved.tensors if name.startswith("average.")]:
        trained = "module." + name.removeprefix("average.")
        if trained in saved.tensors:
            saved.tensors[name] = saved.tensors[trained]  # type: ignore[index]
    monkeypatch.setattr(position, "load", lambda folder: saved)
    resume(folder, None)
    assert outcome(folder) != whole


def test_what_a_run_with_an_average_tells_is_of_the_weights_it_keeps(tmp_path: Path) -> None:
    """Also where the network computes its steps in another way than it is judged."""
    from safetensors.torch import load_file

    drawn = chain(
        ("conv", "nn.Conv2d", {"out_channels": 4, "kernel_size": 3}),
        ("relu", "nn.ReLU", {}),
        ("pool", "nn.MaxPool2d", {"kernel_size": 2}),
        ("flat", "nn.Flatten", {}),
        ("fc", "nn.Linear", {}),
    )
    project = replace(digits(ema=0.9, precision="bfloat16"), networks={"model": drawn})
    progress = Progress()
    folder = train(project, None, tmp_path, progress).folder
    data = prepare(project.data)
    module = build(project, "model", data.context)
    module.load_state_dict(load_file(folder / "last.safetensors"))
    judged = evaluate(module, data.validation, classification.Classification("cross_entropy", 10), 128)
    assert progress.epochs_done[-1].validation["loss"] == pytest.approx(judged["loss"], rel=1e-5)
