"""Numbers with noise, and numbers, stretches of time or tokens left out or exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.kind import NUMBERS, ROWS, TEXTS, Kind, chance
from studio.data.layout import SERIES
from studio.data.steps.options import NUMBER, Option
from studio.data.texts import FIRST, PADDING, UNKNOWN
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def noise(
    x: Tensor,
    generator: Generator,
    std: float,
    spread: Tensor | float,
) -> Tensor:
    """Adds normal noise, of `std` times the `spread` of the column."""
    import torch

    drawn = torch.randn(x.shape, generator=generator).to(x.device)
    return x + drawn * std * spread


def mask(
    x: Tensor,
    generator: Generator,
    p: float,
    middle: Tensor | float,
) -> Tensor:
    """Puts its column's mean in place of a number, each with the chance `p`."""
    import torch

    hidden = torch.rand(x.shape, generator=generator).to(x.device) < p
    return torch.where(hidden, middle, x)


def mask_span(
    x: Tensor, generator: Generator, longest: float, middle: Tensor | float, axis: int
) -> Tensor:
    """Puts the mean in a stretch of time of each sample: up to `longest` of its length."""
    import torch

    time = 3 - axis
    steps, n = x.shape[time], len(x)
    length = (torch.rand(n, generator=generator) * (longest * steps + 1)).floor()
    start = (torch.rand(n, generator=generator) * (steps - length + 1)).floor()
    at = torch.arange(steps)
    hidden = (at >= start.view(-1, 1)) & (at < (start + length).view(-1, 1))
    return torch.where(hidden.to(x.device).unsqueeze(axis), middle, x)


def mask_tokens(x: Tensor, generator: Generator, p: float) -> Tensor:
    """Tokens (N, length) become unknown ones, each with the chance `p`."""
    import torch

    hidden = torch.rand(x.shape, generator=generator).to(x.device) < p
    return x.masked_fill(hidden & (x != PADDING), UNKNOWN)


def replace_tokens(x: Tensor, generator: Generator, p: float, tokens: int) -> Tensor:
    """Tokens (N, length) become others of the vocabulary, each with the chance `p`."""
    import torch

    others = torch.randint(
        FIRST, max(tokens, FIRST + 1), x.shape, generator=generator
    ).to(x.device)
    changed = torch.rand(x.shape, generator=generator).to(x.device) < p
    return torch.where(changed & (x != PADDING), others, x)


KINDS = (
    Kind(
        "noise",
        Message("Noise"),
        Message(
            "Adds noise: of a column's deviation, or for images of the range from black to white."
        ),
        (Option("std", Message("strength"), NUMBER, 0.1, 0, 100),),
        NUMBERS,
        noise,
        facts=("spread",),
    ),
    Kind(
        "mask",
        Message("Mask numbers"),
        Message("Hides single numbers: their column's mean stands there instead."),
        (chance("p", Message("chance"), 0.1),),
        ROWS,
        mask,
        facts=("middle",),
    ),
    Kind(
        "mask_span",
        Message("Mask time"),
        Message("Hides a stretch of time: the mean stands there instead."),
        (chance("longest", Message("longest share"), 0.2),),
        (SERIES,),
        mask_span,
        facts=("middle", "axis"),
    ),
    Kind(
        "mask_tokens",
        Message("Mask words"),
        Message("Hides single words or characters, as if they were unknown."),
        (chance("p", Message("chance"), 0.1),),
        TEXTS,
        mask_tokens,
    ),
    Kind(
        "replace_tokens",
        Message("Exchange words"),
        Message("Puts any other word or character of the vocabulary in place of some."),
        (chance("p", Message("chance"), 0.05),),
        TEXTS,
        replace_tokens,
        facts=("tokens",),
    ),
)
