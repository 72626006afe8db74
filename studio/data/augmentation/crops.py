"""Parts of images: shifted within a margin, or cut out and brought back to size (arXiv:1409.4842)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.kind import IMAGES, Kind
from studio.data.steps.options import NUMBER, WHOLE, Option
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def crop(x: Tensor, generator: Generator, padding: int) -> Tensor:
    """Puts a black margin around each image and cuts its size out of that anywhere."""
    import torch
    from torch.nn import functional

    height, width = x.shape[-2:]
    top, left = torch.randint(2 * padding + 1, (2, len(x)), generator=generator)
    places = functional.pad(x, [padding] * 4).unfold(2, height, 1).unfold(3, width, 1)
    return places[torch.arange(len(x)), :, top, left]


def resized_crop(
    x: Tensor,
    generator: Generator,
    smallest: float,
    ratio: float,
) -> Tensor:
    """Cuts a part out of each image and brings it back to the size of the whole.

    Its area is from `smallest` to 1 of the whole, its sides differ by `ratio` at most.
    """
    import torch

    height, width = x.shape[-2:]
    top, left, high, wide = boxes(len(x), height, width, smallest, ratio, generator)
    down = resampling(top, high, height).to(x.device).unsqueeze(1)
    across = resampling(left, wide, width).to(x.device).unsqueeze(1)
    return torch.matmul(torch.matmul(down, x), across.mT)


def boxes(
    n: int,
    height: int,
    width: int,
    smallest: float,
    ratio: float,
    generator: Generator,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Top, left, height, width of `n` boxes: the first of ten that fits, or the whole."""
    import math

    import torch

    area = smallest + (1 - smallest) * torch.rand(n, 10, generator=generator)
    shape = ((2 * torch.rand(n, 10, generator=generator) - 1) * math.log(ratio)).exp()
    wide = (area * height * width * shape).sqrt().round().clamp(min=1)
    high = (area * height * width / shape).sqrt().round().clamp(min=1)
    fits = (wide <= width) & (high <= height)
    first = fits.byte().argmax(1, keepdim=True)
    high = torch.where(fits.any(1), high.gather(1, first).flatten(), height)
    wide = torch.where(fits.any(1), wide.gather(1, first).flatten(), width)
    at = torch.rand(2, n, generator=generator)
    return (
        (at[0] * (height - high + 1)).floor(),
        (at[1] * (width - wide + 1)).floor(),
        high,
        wide,
    )


def resampling(start: Tensor, length: Tensor, size: int) -> Tensor:
    """How `size` values are made of `length` ones from `start` on: (N, size, size).

    Straight lines between neighbours; where many become one, a mean of all that lie there.
    """
    import torch

    scale = (length / size).view(-1, 1, 1)
    center = (torch.arange(size).view(1, -1, 1) + 0.5) * scale
    place = torch.arange(size).view(1, 1, -1) - start.view(-1, 1, 1)
    weight = (1 - ((place + 0.5 - center) / scale.clamp(min=1)).abs()).clamp(min=0)
    weight = weight * ((place >= 0) & (place < length.view(-1, 1, 1)))
    return weight / weight.sum(2, keepdim=True)


KINDS = (
    Kind(
        "crop",
        Message("Shift"),
        Message(
            "Shifts an image by up to so many pixels; what is empty then is black."
        ),
        (Option("padding", Message("pixels"), WHOLE, 4, 1, 512),),
        IMAGES,
        crop,
        moves=True,
        warps=True,
    ),
    Kind(
        "resized_crop",
        Message("Cut out"),
        Message(
            "Cuts a part out of an image and enlarges it: for photographs, where a part says enough."
        ),
        (
            Option("smallest", Message("smallest share"), NUMBER, 0.3, 0.01, 1),
            Option("ratio", Message("ratio of sides"), NUMBER, 1.33, 1, 10),
        ),
        IMAGES,
        resized_crop,
        warps=True,
    ),
)
