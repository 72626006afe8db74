"""Images lighter or darker, with more or less contrast, and of other colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.kind import IMAGES, Kind
from studio.data.steps.options import NUMBER, Option
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def color_jitter(
    x: Tensor,
    generator: Generator,
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
) -> Tensor:
    """Changes each image by factors from 1 - a to 1 + a, its hue by up to `hue` of 1.

    The order of the four is drawn for each batch. Grey images have neither of the latter.
    """
    import torch

    drawn = 2 * torch.rand(4, len(x), generator=generator) - 1
    for number in torch.randperm(4, generator=generator).tolist():
        strength = (brightness, contrast, saturation, hue)[number]
        if strength:
            by = (drawn[number] * strength).to(x.device).view(-1, 1, 1, 1)
            x = COLOUR_CHANGES[number](x, by)
    return x


def brighten(x: Tensor, by: Tensor) -> Tensor:
    """Images (N, C, H, W) from 0 to 1 times 1 + `by` (N, 1, 1, 1)."""
    return (x * (1 + by)).clamp(0, 1)


def contrast(x: Tensor, by: Tensor) -> Tensor:
    """Farther from their mean grey, or nearer to it."""
    mean = grey(x).mean((1, 2, 3), keepdim=True)
    return (mean + (x - mean) * (1 + by)).clamp(0, 1)


def saturate(x: Tensor, by: Tensor) -> Tensor:
    """Farther from grey, or nearer to it."""
    if x.shape[1] != 3:
        return x
    pale = grey(x)
    return (pale + (x - pale) * (1 + by)).clamp(0, 1)


def tint(x: Tensor, by: Tensor) -> Tensor:
    """Every colour as far along the circle of colours as `by` says, of 1."""
    import torch

    if x.shape[1] != 3:
        return x
    (red, green, blue), high = x.unbind(1), x.amax(1)
    spread = high - x.amin(1)
    safe = torch.where(spread > 0, spread, 1.0)
    sixth = torch.where(
        high == green, 2 + (blue - red) / safe, 4 + (red - green) / safe
    )
    sixth = torch.where(high == red, (green - blue) / safe, sixth) + 6 * by.squeeze(1)
    near = (
        sixth.unsqueeze(1)
        + torch.tensor([5.0, 3.0, 1.0], device=x.device).view(3, 1, 1)
    ) % 6
    return high.unsqueeze(1) - spread.unsqueeze(1) * torch.minimum(
        near, 4 - near
    ).clamp(0, 1)


def grey(x: Tensor) -> Tensor:
    """(N, 3, H, W) to (N, 1, H, W), as bright as eyes see them; others as they are."""
    if x.shape[1] != 3:
        return x
    red, green, blue = x.unbind(1)
    return (0.2989 * red + 0.587 * green + 0.114 * blue).unsqueeze(1)


COLOUR_CHANGES = (brighten, contrast, saturate, tint)


def _strength(name: str, label: Message, default: float, most: float = 1) -> Option:
    return Option(name, label, NUMBER, default, 0, most)


KINDS = (
    Kind(
        "color_jitter",
        Message("Colour"),
        Message(
            "Changes brightness, contrast, saturation and hue by up to so much to either side."
        ),
        (
            _strength("brightness", Message("brightness"), 0.2),
            _strength("contrast", Message("contrast"), 0.2),
            _strength("saturation", Message("saturation"), 0.2),
            _strength("hue", Message("hue"), 0.0, 0.5),
        ),
        IMAGES,
        color_jitter,
        ranged=True,
    ),
)
