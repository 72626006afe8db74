"""Steps without autograd: the same bits as with it, and autograd's where they could not be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from studio.graph.model import ProjectData
from studio.training import portions, replay
from studio.training.objectives.classification import Classification
from studio.training.objectives.variational import Variational
from studio.training.replay import CHECKS, Replay, replays
from studio.training.run import train
from studio.words import Message

from .conftest import chain
from .test_resume import outcome, resume, stopped_after


def images(*layers: nn.Module) -> nn.Module:
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(3))


class Recurrent(nn.Module):
    """Words to scores: an embedding, two LSTMs with dropout between, attention over the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(20, 8, padding_idx=0)
        self.lstm = nn.LSTM(8, 8, 2, batch_first=True, dropout=0.3, bidirectional=True)
        self.attention = nn.MultiheadAttention(16, 2, dropout=0.1, batch_first=True)
        self.fc = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        steps = self.lstm(self.embedding(x.abs().long().flatten(1).clamp(max=19)))[0]
        return self.fc(self.attention(steps, steps, steps, need_weights=False)[0].mean(1))  # type: ignore[no-any-return]


class Tied(nn.Module):
    """One weight used twice, one that is a bias of everything, and one that nothing uses."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.inner, self.fc = nn.Flatten(), nn.Linear(64, 64), nn.Linear(64, 3)
        self.shift, self.idle = nn.Parameter(torch.zeros(6, 3)), nn.Parameter(torch.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        x = self.inner(self.inner(self.flat(x)).tanh())
        return self.fc(x) + self.shift[: len(x)]  # type: ignore[no-any-return]


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "perceptron": lambda: images(nn.Flatten(), nn.LazyLinear(9), nn.ReLU()),
    "convolutions": lambda: images(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)),
    "in place": lambda: images(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(True), nn.Dropout2d(0.2)),
    "norms": lambda: images(nn.Conv2d(1, 4, 3), nn.GroupNorm(2, 4), nn.GELU(), nn.InstanceNorm2d(4)),
    "dropout": lambda: images(
        nn.Flatten(), nn.LazyLinear(9), nn.Dropout(0.5), nn.ELU(), nn.AlphaDropout(0.2)
    ),
    "up and down": lambda: images(
        nn.ConvTranspose2d(1, 3, 2, 2), nn.Upsample(scale_factor=2), nn.AvgPool2d(3)
    ),
    "layer norm": lambda: images(nn.LayerNorm(8), nn.RReLU(), nn.AdaptiveMaxPool2d(3), nn.LogSoftmax(1)),
    "recurrent": Recurrent,
    "tied": Tied,
}


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules of this file count as the project's own."""
    monkeypatch.setattr(replay, "KNOWN", (*replay.KNOWN, __name__))


def made(name: str, last: bool = False) -> nn.Module:
    torch.manual_seed(0)
    module = NETWORKS[name]()
    module.train()(torch.randn(6, 1, 8, 8))
    return module.to(memory_format=torch.channels_last) if last else module


class Trainer:
    """Steps of SGD, replayed or not. `told`: what was noted, `seen`: what the steps gave so far."""

    def __init__(self, module: nn.Module, replayed: bool, low: bool = False, objective: Any = None) -> None:
        self.module, self.low, self.told, self.seen = module, low, list[Message](), list[Any]()
        self.objective = objective or Classification("cross_entropy", 3)
        if low:
            plain = module.forward

            def forward(x: Tensor) -> Tensor:
                with torch.autocast("cpu", torch.bfloat16):
                    return plain(x).float()  # type: ignore[no-any-return]

            module.forward = forward  # type: ignore[method-assign]
        self.replay = Replay(module, self.objective, self.told.append) if replayed else None

    def plainly(self, x: Tensor, y: Tensor) -> Any:
        for parameter in self.module.parameters():
            parameter.grad = None
        loss, prediction, target = self.objective.step(self.module, x, y, "")
        loss.backward()
        return loss.detach(), prediction, target

    def step(self, x: Tensor, y: Tensor) -> None:
        found = self.replay.step(x, y, self.plainly) if self.replay is not None else self.plainly(x, y)
        parameters = list(self.module.parameters())
        gradients = [p.grad.clone() if p.grad is not None else None for p in parameters]
        self.seen.append([found[0], found[1], gradients, [b.clone() for b in self.module.buffers()]])
        with torch.no_grad():
            for p in parameters:
                if p.grad is not None:
                    assert p.grad.stride() == p.stride()
                    p -= 0.1 * p.grad.clamp_(-1, 1)

    def train(self, last: bool = False) -> None:
        torch.manual_seed(1)
        draw = torch.Generator().manual_seed(5)
        for number in range(3 * (CHECKS + 3)):
            size = 4 if number % 3 == 2 else 6  # the last batch of an epoch is a shorter one
            x, y = torch.randn(size, 1, 8, 8, generator=draw), torch.randint(0, 3, (size,), generator=draw)
            self.step(x.contiguous(memory_format=torch.channels_last) if last else x, y)
        self.seen.append(torch.get_rng_state())


def same(a: Any, b: Any) -> bool:
    return replay._same(a, b)


@pytest.mark.parametrize("low", [False, True], ids=["float32", "bfloat16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_replayed_steps_are_the_same_bits(name: str, low: bool) -> None:
    last = name in ("convolutions", "in place")
    plain, quick = Trainer(made(name, last), False, low), Trainer(made(name, last), True, low)
    for one in (plain, quick):
        one.train(last)
    assert same(plain.seen, quick.seen)
    assert quick.replay is not None and not quick.told
    assert [(shape.tape is not None, shape.checks) for shape in quick.replay._shapes.values()] == [
        (True, 0)
    ] * 2


class Deciding(nn.Linear):
    """Another way for large values: what a step computes depends on them."""

    def forward(self, x: Tensor) -> Tensor:
        x = super().forward(x.flatten(1))
        return x * 2 if bool(x.abs().max() > 1) else x


class Counting(nn.Linear):
    """Something that no tensor knows of changes from step to step."""

    times = 0

    def forward(self, x: Tensor) -> Tensor:
        self.times += 1
        return super().forward(x.flatten(1)) / self.times


@pytest.mark.parametrize("kind", [Deciding, Counting])
def test_what_is_not_the_same_every_time_is_left_to_autograd_and_said(kind: type[nn.Linear]) -> None:
    def module() -> nn.Module:
        torch.manual_seed(0)
        return kind(64, 3)

    plain, quick = Trainer(module(), False), Trainer(module(), True)
    for one in (plain, quick):
        one.train()
    assert len(quick.told) == 1 and "not replayed" in str(quick.told[0])
    assert same(plain.seen[-1], quick.seen[-1])
    if kind is Deciding:
        assert same(plain.seen, quick.seen)


def test_a_variational_objective_draws_the_same_numbers() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.there, self.back = nn.Linear(64, 8), nn.Linear(4, 64)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            mean, spread = self.there(x.flatten(1)).chunk(2, 1)
            drawn = mean + torch.randn_like(mean) * (spread / 2).exp()
            return self.back(drawn).view(-1, 1, 8, 8), mean, spread

    def trainer(replayed: bool) -> Trainer:
        torch.manual_seed(0)
        objective = Variational("mse", 1.0)
        return Trainer(Encoder(), replayed, objective=objective)

    plain, quick = trainer(False), trainer(True)
    for one in (plain, quick):
        one.train()
    assert same(plain.seen, quick.seen) and not quick.told


def test_what_a_person_brings_along_or_listens_to_is_not_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    objective, module = Classification("cross_entropy", 3), made("perceptron")
    assert replays(module, objective)
    with monkeypatch.context() as patched:
        patched.setattr(replay, "KNOWN", ("torch.",))
        assert not replays(made("tied"), objective)
    handle = module.register_forward_hook(lambda *_: None)
    assert not replays(module, objective)
    handle.remove()
    handle = next(module.parameters()).register_hook(lambda gradient: None)
    assert not replays(module, objective)
    handle.remove()
    assert replays(module, objective)


def test_frozen_parameters_get_no_gradient() -> None:
    def module() -> nn.Module:
        found = made("convolutions")
        found[0].requires_grad_(False)  # type: ignore[index]
        return found

    plain, quick = Trainer(module(), False), Trainer(module(), True)
    for one in (plain, quick):
        one.train()
    assert same(plain.seen, quick.seen) and quick.module[0].weight.grad is None  # type: ignore[index, union-attr]


def test_equal_is_to_the_last_bit_and_lying_alike() -> None:
    a = torch.tensor([1.0, float("nan"), 0.0])
    assert same([a, None], [a.clone(), None])
    assert not same([a], [torch.tensor([1.0, float("nan"), 1e-45])])
    assert not same([a], [a.double()]) and not same([a], [None])
    square = torch.eye(2)
    assert not same([square], [square.clone().t()])


# -- whole runs -------------------------------------------------------------------------------------


def project(**training: Any) -> ProjectData:
    network = chain(
        ("conv", "nn.Conv2d", {"out_channels": 4, "kernel_size": 3}),
        ("norm", "nn.BatchNorm2d", {}),
        ("relu", "nn.ReLU", {}),
        ("pool", "nn.MaxPool2d", {"kernel_size": 2}),
        ("flat", "nn.Flatten", {}),
        ("drop", "nn.Dropout", {"p": 0.2}),
        ("fc", "nn.Linear", {}),
    )
    section = {"epochs": 2, "batch_size": 128, "optimizer": {"type": "Adam", "lr": 0.01}, "device": "cpu"}
    return ProjectData(
        "Digits", {"model": network}, {"data": {"source": "digits"}, "training": section | training}
    )


SETTINGS = [
    {},
    {"precision": "bfloat16", "memory_format": "channels_last"},
    {"clip_norm": 0.1, "ema": 0.9, "label_smoothing": 0.1, "l1": 1e-4},
    {"optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9}, "mixup": 0.2},
    {"accumulate": 3},
]


@pytest.mark.parametrize("section", SETTINGS, ids=lambda section: "-".join(section) or "plain")
def test_a_run_is_the_same_with_and_without_replay_and_goes_on(
    section: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replayed = train(project(**section), None, tmp_path).folder
    plain = train(project(**section, replay=False), None, tmp_path).folder
    assert outcome(replayed) == outcome(plain)
    stopped = stopped_after(15, project(**section), tmp_path, monkeypatch)
    resume(stopped, None)
    assert outcome(stopped) == outcome(replayed)


def test_most_steps_of_a_run_are_made_without_autograd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted, plain = [0], portions.Portions._plainly

    def plainly(self: portions.Portions, *given: Any) -> Any:
        counted[0] += 1
        return plain(self, *given)

    monkeypatch.setattr(portions.Portions, "_plainly", plainly)
    train(project(epochs=4), None, tmp_path)
    assert counted[0] == 2 * CHECKS, "two lengths of batches"
    train(project(epochs=1, replay=False), None, tmp_path)
    assert counted[0] > 4 * CHECKS


def test_memory_that_runs_out_is_met_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from studio.training.progress import Progress
    from studio.training.tape import Tape

    whole = Tape.__call__

    def short(self: Tape, x: Tensor, y: Tensor) -> Any:
        if len(x) > 100:
            raise RuntimeError("not enough memory: you tried to allocate 1 bytes")
        return whole(self, x, y)

    monkeypatch.setattr(Tape, "__call__", short)
    progress = Progress()
    train(project(), None, tmp_path, progress)
    assert progress.parts == 2 and any("Memory ran out" in str(notice) for notice in progress.notices)


def test_losses_of_torch_are_what_is_replayed() -> None:
    """The tape holds the loss as well: it is that of the batch given, not of the one written down."""
    quick = Trainer(made("perceptron"), True)
    quick.train()
    x, y = torch.randn(6, 1, 8, 8), torch.tensor([0, 1, 2, 0, 1, 2])
    loss, prediction, target = quick.replay.step(x, y, quick.plainly)  # type: ignore[union-attr]
    with torch.no_grad():
        assert torch.equal(prediction, quick.module(x)) and torch.equal(target, y)
        assert torch.equal(loss, functional.cross_entropy(prediction, y))
    assert not loss.requires_grad and not prediction.requires_grad
