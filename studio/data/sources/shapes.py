"""Made images of circles, squares and triangles: to find each pixel's shape, or which shapes there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

SEED = 0
SAMPLES, SIZE = 600, 24
NAMES = ("background", "circle", "square", "triangle")
NOISE = 0.1
VISIBLE = 8
"""pixels from which on a shape that another covers in part counts as being there"""


def draw() -> tuple[Tensor, Tensor]:
    """Images (N, 1, SIZE, SIZE) from about 0 to 1, and the class of each pixel (N, SIZE, SIZE) int64.

    Each shape is there in two of three images; a later one covers an earlier one.
    """
    import torch

    generator = torch.Generator().manual_seed(SEED)

    def uniform(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(SAMPLES, 1, 1, generator=generator)

    images = uniform(0.0, 0.25).expand(-1, SIZE, SIZE).clone()
    masks = torch.zeros(SAMPLES, SIZE, SIZE, dtype=torch.int64)
    down, across = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    for number in torch.randperm(3, generator=generator).tolist():
        radius = uniform(4, 7)
        y, x = down - uniform(6, SIZE - 6), across - uniform(6, SIZE - 6)
        inside = (
            y.square() + x.square() <= radius.square(),
            torch.maximum(y.abs(), x.abs()) <= 0.85 * radius,
            (y <= 0.8 * radius) & (y + radius >= 2 * x.abs()),
        )[number]
        there = inside & (torch.rand(SAMPLES, 1, 1, generator=generator) < 2 / 3)
        images = torch.where(there, uniform(0.5, 1.0), images)
        masks[there] = number + 1
    images += NOISE * torch.randn(images.shape, generator=generator)
    return images.unsqueeze(1), masks


def _pixels(_: Place) -> Raw:
    return Raw(*draw())


def _present(_: Place) -> Raw:
    import torch

    images, masks = draw()
    there = torch.stack([(masks == n).flatten(1).sum(1) >= VISIBLE for n in (1, 2, 3)], 1)
    return Raw(images, there.float())


INFOS = (
    SourceInfo(
        "shapes",
        Message("Shapes (each pixel)"),
        Message("600 made images of circles, squares and triangles; to predict: each pixel's shape."),
        "segmentation",
        (1, SIZE, SIZE),
        SAMPLES,
        len(NAMES),
        _pixels,
        NAMES,
        made=True,
    ),
    SourceInfo(
        "shapes_present",
        Message("Shapes (which are there)"),
        Message("600 made images of circles, squares and triangles; to predict: which of them are there."),
        "multilabel",
        (1, SIZE, SIZE),
        SAMPLES,
        len(NAMES) - 1,
        _present,
        NAMES[1:],
        made=True,
    ),
)
