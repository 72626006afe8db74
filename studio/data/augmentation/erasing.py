"""Boxes of images made black (random erasing, arXiv:1708.04896)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.kind import IMAGES, Kind, chance
from studio.data.steps.options import NUMBER, Option
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def erase(x: Tensor, generator: Generator, p: float, largest: float) -> Tensor:
    """Makes a box of some images black: up to `largest` of the area, with the chance `p`.

    As torchvision's RandomErasing: from 0.02 of the area on, one side up to 3.3 times the
    other; the first of ten that fits.
    """
    import math

    import torch

    (height, width), n = x.shape[-2:], len(x)
    chosen = torch.rand(n, generator=generator) < p
    least = min(0.02, largest)
    area = least + (largest - least) * torch.rand(n, 10, generator=generator)
    shape = ((2 * torch.rand(n, 10, generator=generator) - 1) * math.log(3.3)).exp()
    high = (area * height * width * shape).sqrt().round()
    wide = (area * height * width / shape).sqrt().round()
    fits = (high < height) & (wide < width)
    first = fits.byte().argmax(1, keepdim=True)
    high, wide = (side.gather(1, first).flatten() for side in (high, wide))
    at = torch.rand(2, n, generator=generator)
    top, left = (
        (at[0] * (height - high + 1)).floor(),
        (at[1] * (width - wide + 1)).floor(),
    )
    rows, columns = torch.arange(height), torch.arange(width)
    down = (rows >= top.view(-1, 1)) & (rows < (top + high).view(-1, 1))
    across = (columns >= left.view(-1, 1)) & (columns < (left + wide).view(-1, 1))
    inside = (
        down.unsqueeze(2) & across.unsqueeze(1) & (chosen & fits.any(1)).view(-1, 1, 1)
    )
    return x.masked_fill(inside.unsqueeze(1).to(x.device), 0)


KINDS = (
    Kind(
        "erase",
        Message("Erase"),
        Message("Makes a box of an image black, so that no single part decides alone."),
        (
            chance("p", Message("chance"), 0.5),
            Option("largest", Message("largest share"), NUMBER, 0.33, 0.001, 0.9),
        ),
        IMAGES,
        erase,
        moves=True,
    ),
)
