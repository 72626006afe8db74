"""Steps of augmentation made ready for data: a whole batch in, the same batch changed out.

Images are changed between being scaled to 0..1 and being standardised, so that black is 0 and a colour a
colour; everything else as the network gets it. What is drawn for a batch follows from the seed of its epoch
and its number alone, so a run that goes on in the middle of an epoch draws the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

import torch

from studio.data.augmentation.kind import Facts, Step
from studio.data.layout import IMAGE
from studio.data.preprocessing import Preprocessing
from studio.data.rows import Stored, rows
from studio.data.source import DataError, SourceInfo
from studio.data.texts import FIRST
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor

SHAPING = frozenset(("scale", "resize", "crop", "center_crop", "grey"))
"""operations of preprocessing after which an image is one whose values lie between 0 and 1"""
LOOKED_AT = 4096
"""training samples of which the columns' deviations are taken"""


@dataclass(frozen=True, slots=True)
class Augmentation:
    """`before` is done to samples ahead of the steps, `after` behind them; None where there is nothing to do.

    `masks`: the targets are a class for each pixel, and follow the images.
    """

    steps: tuple[Step, ...]
    before: Preprocessing | None
    after: Preprocessing | None
    facts: Facts
    masks: bool = False

    def apply(self, x: Tensor, y: Tensor, seed: int) -> tuple[Tensor, Tensor]:
        """Samples (N, ...) as they are held, and targets, to what the network gets, drawn by `seed`."""
        generator = torch.Generator().manual_seed(seed)
        format_, x = (
            _format(x),
            x.contiguous(),
        )  # sums come out the same however images lie
        steps = list(self.steps)
        if x.dtype == torch.uint8 and self._only_scales:
            while (
                steps and steps[0].kind.moves
            ):  # four times less to move than as floats
                x, y = self._step(steps.pop(0), x, y, generator)
        x = x if self.before is None else self.before.apply(x)
        for step in steps:
            x, y = self._step(step, x, y, generator)
        x = x if self.after is None else self.after.apply(x)
        return (x.contiguous(memory_format=format_) if x.dim() == 4 else x), y

    def to(self, device: str) -> Augmentation:
        return replace(self, facts=self.facts.to(device))

    @property
    def _only_scales(self) -> bool:
        return self.before is not None and all(
            step["type"] == "scale" for step in self.before.steps
        )

    def _step(
        self, step: Step, x: Tensor, y: Tensor, generator: Generator
    ) -> tuple[Tensor, Tensor]:
        kind, values = step.kind, dict(step.values)
        values |= {name: getattr(self.facts, name) for name in kind.facts}
        drawn = generator.get_state() if self.masks and kind.warps else None
        x = kind.apply(x, generator, **values)
        if drawn is not None:
            generator.set_state(drawn)
            y = kind.apply(y.unsqueeze(1), generator, **values).squeeze(1)
        return x, y


def make(
    steps: Sequence[Step],
    info: SourceInfo,
    fitted: Preprocessing,
    x: Tensor | Stored,
    pending: Preprocessing | None,
) -> Augmentation:
    """What changes the training samples `x` (N, ...), to which `pending` is still to be done of `fitted`.

    Raises DataError where a step does not fit them.
    """
    some = rows(x, torch.arange(0, len(x), len(x) // LOOKED_AT + 1))
    if info.stored.kind != IMAGE:
        given = some if pending is None else pending.apply(some)
        tokens = len(fitted.steps[0]["vocabulary"]) + FIRST if fitted.of_texts else 0
        return Augmentation(tuple(steps), pending, None, _facts(given, info, tokens))
    shaping = tuple(takewhile(lambda step: step["type"] in SHAPING, fitted.steps))
    before = replace(fitted, steps=shaping)
    after = replace(fitted, steps=fitted.steps[len(shaping) :])
    _check_range(steps, before.apply(some))
    return Augmentation(
        tuple(steps), before, after, Facts(), info.task == "segmentation"
    )


def _facts(given: Tensor, info: SourceInfo, tokens: int) -> Facts:
    if not given.is_floating_point():
        return Facts(tokens=tokens)
    axis = info.stored.axis if given.dim() > 2 else 1
    others = [dim for dim in range(given.dim()) if dim != axis]
    spread = given.std(others, correction=0, keepdim=True)
    middle = given.mean(others, keepdim=True)
    counts = ((given == 0) | (given == 1)).all(0, keepdim=True)
    flags = counts.movedim(axis, -1).flatten(0, -2).all(0).view_as(spread)
    return Facts(spread.masked_fill(flags, 0), middle.masked_fill(flags, 0), axis)


def _check_range(steps: Sequence[Step], some: Tensor) -> None:
    ranged = next((step for step in steps if step.kind.ranged), None)
    if ranged is None:
        return
    low, high = float(some.min()), float(some.max())
    if low < 0 or high > 1.0001:
        raise DataError(
            Message(
                "{step} is for images whose values lie between 0 and 1; here they lie between {low} and "
                "{high}. Take it out of data.augmentation.",
                step=ranged.kind.title,
                low=f"{low:g}",
                high=f"{high:g}",
            )
        )


def _format(x: Tensor) -> torch.memory_format:
    """How samples lie in memory."""
    last = (
        x.dim() == 4
        and not x.is_contiguous()
        and x.is_contiguous(memory_format=torch.channels_last)
    )
    return torch.channels_last if last else torch.contiguous_format
