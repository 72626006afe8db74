"""Small made sets of points, on which one sees what a network can and cannot learn. Always the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor

SEED = 0


def _made(draw: Callable[[Generator], tuple[Tensor, Tensor]]) -> Callable[[Place], Raw]:
    def load(_: Place) -> Raw:
        import torch

        return Raw(*draw(torch.Generator().manual_seed(SEED)))

    return load


def _moons(generator: Generator) -> tuple[Tensor, Tensor]:
    """Two half circles that reach into each other."""
    import torch

    y = torch.arange(MOONS) % 2
    angle = torch.rand(MOONS, generator=generator) * torch.pi
    upper = torch.stack([angle.cos(), angle.sin()], 1)
    lower = torch.stack([1 - angle.cos(), 0.5 - angle.sin()], 1)
    x = torch.where(y.bool().unsqueeze(1), lower, upper)
    return x + 0.12 * torch.randn(MOONS, 2, generator=generator), y


def _circles(generator: Generator) -> tuple[Tensor, Tensor]:
    """A ring inside another."""
    import torch

    y = torch.arange(CIRCLES) % 2
    angle = torch.rand(CIRCLES, generator=generator) * 2 * torch.pi
    radius = torch.where(y.bool(), 0.5, 1.0) + 0.08 * torch.randn(CIRCLES, generator=generator)
    return torch.stack([angle.cos(), angle.sin()], 1) * radius.unsqueeze(1), y


def _spirals(generator: Generator) -> tuple[Tensor, Tensor]:
    """Three arms that turn around each other."""
    import torch

    y = torch.arange(SPIRALS) % 3
    out = torch.rand(SPIRALS, generator=generator)
    angle = y * 2 * torch.pi / 3 + out * 4.5 + 0.15 * torch.randn(SPIRALS, generator=generator)
    return torch.stack([angle.cos(), angle.sin()], 1) * out.unsqueeze(1), y


def _xor(generator: Generator) -> tuple[Tensor, Tensor]:
    """Four squares: opposite ones are of one class, which no straight line tells from the other."""
    import torch

    x = torch.rand(XOR, 2, generator=generator) * 2 - 1
    y = (x[:, 0] * x[:, 1] < 0).long()
    return x + 0.06 * x.sign(), y  # a gap along the axes


def _line(generator: Generator) -> tuple[Tensor, Tensor]:
    """A straight line and noise."""
    import torch

    x = torch.rand(LINE, 1, generator=generator) * 10
    return x, 3.0 * x - 4.0 + 2.0 * torch.randn(LINE, 1, generator=generator)


def _arm(generator: Generator) -> tuple[Tensor, Tensor]:
    """Where the hand of an arm is, from the angles of shoulder and elbow."""
    import torch

    angles = (torch.rand(ARM, 2, generator=generator) - 0.5) * torch.pi
    shoulder, both = angles[:, 0], angles.sum(1)
    hand = [30 * shoulder.cos() + 25 * both.cos(), 30 * shoulder.sin() + 25 * both.sin()]
    return angles, torch.stack(hand, 1)


MOONS, CIRCLES, SPIRALS, XOR, LINE, ARM = 400, 400, 600, 400, 200, 1000


def _classes(name: str, title: Message, text: Message, samples: int, n: int, draw: Any) -> SourceInfo:
    names = ("a", "b", "c")[:n]
    return SourceInfo(
        name,
        title,
        text,
        "classification",
        (2,),
        samples,
        n,
        _made(draw),
        names,
        feature_names=("x", "y"),
        made=True,
    )


INFOS = (
    _classes(
        "two_moons",
        Message("Two moons"),
        Message("400 points of two half circles that reach into each other: no straight line parts them."),
        MOONS,
        2,
        _moons,
    ),
    _classes(
        "circles",
        Message("Circles"),
        Message("400 points of a ring inside another: distance from the middle decides."),
        CIRCLES,
        2,
        _circles,
    ),
    _classes(
        "spirals",
        Message("Spirals"),
        Message("600 points of three arms that turn around each other: a hard case for a small network."),
        SPIRALS,
        3,
        _spirals,
    ),
    _classes(
        "xor",
        Message("XOR"),
        Message("400 points in four squares, opposite ones alike: what one layer cannot learn, and two can."),
        XOR,
        2,
        _xor,
    ),
    SourceInfo(
        "noisy_line",
        Message("Noisy line"),
        Message("200 points along y = 3x - 4 with noise of deviation 2: the smallest regression there is."),
        "regression",
        (1,),
        LINE,
        1,
        _made(_line),
        feature_names=("x",),
        made=True,
    ),
    SourceInfo(
        "robot_arm",
        Message("Robot arm"),
        Message("1\u2009000 poses of an arm; two numbers to predict: where its hand is, from two angles."),
        "regression",
        (2,),
        ARM,
        2,
        _made(_arm),
        feature_names=("shoulder", "elbow"),
        made=True,
    ),
)
