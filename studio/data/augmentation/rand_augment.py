"""RandAugment (arXiv:1909.13719): a few changes out of fourteen for each image, all of one strength."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.colours import brighten, contrast, saturate
from studio.data.augmentation.kind import IMAGES, Kind
from studio.data.augmentation.warps import turning, warp
from studio.data.steps.options import NUMBER, WHOLE, Option
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def rand_augment(
    x: Tensor,
    generator: Generator,
    num_ops: int,
    magnitude: float,
) -> Tensor:
    """`num_ops` of fourteen changes for each image in turn; `magnitude` is from 0 to 30."""
    import torch

    for _ in range(num_ops):
        chosen = torch.randint(14, (len(x),), generator=generator)
        sign = torch.where(torch.rand(len(x), generator=generator) < 0.5, -1.0, 1.0)
        x = x.clone()
        for number in sorted(set(chosen.tolist())):
            some = (chosen == number).nonzero().flatten()
            at, by = some.to(x.device), sign[some] * magnitude / 30
            x[at] = changed(x[at], number, by)
    return x


def changed(x: Tensor, number: int, by: Tensor) -> Tensor:
    """The change of this number, as strong as `by` (N,), from -1 to 1. 0 is none."""
    import torch

    strength = by.to(x.device).view(-1, 1, 1, 1)
    match number:
        case 1 | 2 | 3 | 4 | 5:
            return warp(x, movement(number, by, x.shape[-2], x.shape[-1]))
        case 6:
            return brighten(x, 0.9 * strength)
        case 7:
            return saturate(x, 0.9 * strength)
        case 8:
            return contrast(x, 0.9 * strength)
        case 9:
            return sharpen(x, 0.9 * strength)
        case 10:
            levels = 2.0 ** (8 - (4 * strength.abs()).round())
            return torch.minimum((x * levels).floor(), levels - 1) / levels
        case 11:
            return torch.where(x >= 1 - strength.abs(), 1 - x, x)
        case 12:
            return stretch(x)
        case 13:
            return equalize(x)
    return x


def movement(number: int, by: Tensor, height: int, width: int) -> Tensor:
    """Slants and shifts, each to the side and down, and turns: where pixels come from."""
    import torch

    if number == 5:
        return turning(torch.deg2rad(30 * by))
    moves = torch.eye(2, 3).repeat(len(by), 1, 1)
    row, column = {1: (0, 1), 2: (1, 0), 3: (0, 2), 4: (1, 2)}[number]
    most = {1: 0.3, 2: 0.3, 3: 150 / 331 * width, 4: 150 / 331 * height}[number]
    moves[:, row, column] = -most * by
    return moves


def sharpen(x: Tensor, by: Tensor) -> Tensor:
    """Farther from its blurred self, or nearer to it; the outermost pixels stay."""
    import torch
    from torch.nn import functional

    if min(x.shape[-2:]) < 3:
        return x
    kernel = torch.ones(x.shape[1], 1, 3, 3, device=x.device)
    kernel[:, :, 1, 1] = 5
    blurred = x.clone()
    blurred[..., 1:-1, 1:-1] = functional.conv2d(x, kernel / 13, groups=x.shape[1])
    return (blurred + (x - blurred) * (1 + by)).clamp(0, 1)


def stretch(x: Tensor) -> Tensor:
    """Each channel from its darkest to its lightest value over the whole range."""
    import torch

    low, high = x.amin((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
    return torch.where(
        high > low, (x - low) / torch.where(high > low, high - low, 1.0), x
    )


def equalize(x: Tensor) -> Tensor:
    """Each channel with all of 256 levels about as often."""
    import torch

    levels = (x * 255.999).long().flatten(2)
    counts = torch.zeros(*levels.shape[:2], 256, dtype=torch.int64, device=x.device)
    counts.scatter_add_(2, levels, torch.ones_like(levels))
    total = counts.cumsum(2)
    last = counts.gather(2, levels.amax(2, keepdim=True))
    step = (total[..., -1:] - last) // 255
    before = (total - counts + step // 2) // step.clamp(min=1)
    table = torch.where(
        step > 0, before.clamp(max=255), torch.arange(256, device=x.device)
    )
    return (table.gather(2, levels) / 255).to(x.dtype).view_as(x)


KINDS = (
    Kind(
        "rand_augment",
        Message("RandAugment"),
        Message(
            "Some of fourteen changes of place and colour, drawn for each image, all equally strong."
        ),
        (
            Option("num_ops", Message("changes"), WHOLE, 2, 1, 8),
            Option("magnitude", Message("strength, to 30"), NUMBER, 9, 0, 30),
        ),
        IMAGES,
        rand_augment,
        ranged=True,
    ),
)
