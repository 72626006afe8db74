"""What a step of augmentation is. Each family of steps has its own file.

A step takes a whole batch and gives a batch of the same shape; each sample is changed by what is drawn for it
alone. What is drawn comes from the generator that it is given and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.data.layout import IMAGE, OTHER, SERIES, TABLE, TEXT
from studio.data.steps.options import Option, Values
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

IMAGES = (IMAGE,)
NUMBERS = (TABLE, SERIES, IMAGE, OTHER)
ROWS = (TABLE, SERIES, OTHER)
TEXTS = (TEXT,)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of the training data where steps need it, all in the values that they are given.

    `spread`, the deviation of each column, and `middle`, its mean, are shaped to be broadcast over a batch.
    Of a column of 0 and 1 both are 0, of images they are 1 and 0. `axis` is that of the columns of (N, ...).
    `tokens`: how many different ones texts have.
    """

    spread: Tensor | float = 1.0
    middle: Tensor | float = 0.0
    axis: int = 1
    tokens: int = 0

    def to(self, device: str) -> Facts:
        held = (self.spread, self.middle)
        spread, middle = (
            part if isinstance(part, float) else part.to(device) for part in held
        )
        return Facts(spread, middle, self.axis, self.tokens)


@dataclass(frozen=True, slots=True)
class Kind:
    """One type of step.

    `apply(x, generator, **options, **facts)` gets images (N, C, H, W) from 0 to 1, everything else as
    the network gets it. `for_` are the kinds of `Layout` that it is for.
    """

    type: str
    title: Message
    about: Message
    options: tuple[Option, ...]
    for_: tuple[str, ...]
    apply: Callable[..., Tensor]
    moves: bool = False
    """whether it takes values to other places and changes none, so that it may work on stored bytes too"""
    warps: bool = False
    """whether it changes where things are in an image, so that a class for each pixel has to follow"""
    facts: tuple[str, ...] = ()
    """what it is given of the `Facts` as well"""
    ranged: bool = False
    """whether it makes sense only for values from 0 to 1"""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a project, checked."""

    kind: Kind
    values: Values

    def to_json(self) -> dict[str, Any]:
        return {"type": self.kind.type, **self.values}


def chance(name: str, label: Message, default: float) -> Option:
    """An option from 0 to 1."""
    return Option(name, label, "number", default, 0, 1)
