"""A learning rate by trying: Smith's range test (2017, https://arxiv.org/abs/1506.01186).

A fresh copy of the network trains for some steps while the rate grows by the same factor at each; where the
smoothed loss falls steepest, over the logarithm of the rate, learning goes fastest. Nothing of it is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.graph.model import ProjectData
from studio.quantities import significant
from studio.training.commands import Commands
from studio.training.progress import Progress
from studio.training.run import rehearse
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch.optim import Optimizer

LOWEST, HIGHEST, STEPS = 1e-7, 10.0, 100
SMOOTHING = 0.9
"""of the moving average of the loss, as in the paper's successors"""
TOO_MUCH = 4.0
"""times the lowest loss: from there on the rate only destroys"""
MARGIN = 5
"""steps at both ends that say little: the average has hardly begun, or the loss is about to grow"""


class RangeError(NetloomError):
    """The test shows no rate to recommend."""


@dataclass(frozen=True, slots=True)
class Found:
    """`losses` of each rate in `rates`, as they were and smoothed; the `suggestion` is one of the rates."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float
    reason: Message

    def to_json(self) -> dict[str, Any]:
        return {
            "rates": list(self.rates),
            "losses": list(self.losses),
            "smoothed": list(self.smoothed),
            "suggestion": self.suggestion,
            "reason": str(self.reason),
        }


class Growing:
    """Moves every learning rate by one factor at each step; what `fit` takes for a schedule.

    After `steps` of them, or once the loss is `TOO_MUCH` times the lowest, the training is stopped.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        lowest: float,
        highest: float,
        steps: int,
        progress: Progress,
        end: Commands,
    ) -> None:
        self._optimizer, self._progress, self._end = optimizer, progress, end
        self._steps, self._made = steps, 0
        self._factor = (highest / lowest) ** (1 / max(1, steps - 1))
        first = float(optimizer.param_groups[0]["lr"])
        self._scale(lowest / first)
        self.rates = [self.lr]

    @property
    def lr(self) -> float:
        return float(self._optimizer.param_groups[0]["lr"])

    def step(self) -> None:
        self._made += 1
        losses = self._progress.steps_since(0)[2]
        if self._made >= self._steps or has_blown_up(smooth(losses.tolist())):
            self._end.stop()
            return
        self._scale(self._factor)
        self.rates.append(self.lr)

    def epoch(self, loss: float) -> None: ...

    def scale(self, factor: float) -> None: ...

    def state(self) -> dict[str, Any]:
        return {}

    def _scale(self, factor: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = group["lr"] * factor


def find(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    progress: Progress | None = None,
    commands: Commands | None = None,
    lowest: float = LOWEST,
    highest: float = HIGHEST,
    steps: int = STEPS,
    device: str | None = None,
) -> Found:
    """The range test of a project. `progress` follows it, `commands` stop it.

    Raises RangeError where nothing can be recommended, and what `training.run.train` raises.
    """
    from studio.training.divergence import DivergedError

    progress, commands = progress or Progress(), commands or Commands()
    made: list[Growing] = []

    def grow(optimizer: Optimizer, _: int) -> Any:
        made.append(Growing(optimizer, lowest, highest, steps, progress, commands))
        return made[0]

    # an epoch has one step at least, and the test stops itself
    with suppress(DivergedError):  # of a rate that is far too large: that is what the test is for
        rehearse(project, base, runs_folder, grow, steps, progress, commands, device)
    if not made:
        raise RangeError(Message("The test was stopped before its first step."))
    losses = [float(loss) for loss in progress.steps_since(0)[2]]
    return judge(made[0].rates, losses)


def judge(rates: Sequence[float], losses: Sequence[float]) -> Found:
    """What a test says whose steps had these rates and losses. Raises RangeError."""
    count = min(len(rates), len(losses))
    good = next((i for i in range(count) if not math.isfinite(losses[i])), count)
    smoothed = smooth(losses[:good])
    end = next((i + 1 for i in range(good) if has_blown_up(smoothed[: i + 1])), good)
    rates, losses, smoothed = rates[:end], losses[:end], smoothed[:end]
    if end < 4 * MARGIN:
        raise RangeError(
            Message(
                "After {n} steps the loss was no number or had grown beyond {factor} times its lowest value: "
                "too few to tell a learning rate. Begin with a smaller one.",
                n=end,
                factor=f"{TOO_MUCH:g}",
            )
        )
    slopes = np.gradient(np.asarray(smoothed), np.log10(np.asarray(rates)))
    lowest = int(np.argmin(smoothed))
    inside = slopes[MARGIN : max(MARGIN + 1, min(lowest, end - MARGIN) + 1)]
    best = MARGIN + int(np.argmin(inside))
    if not slopes[best] < 0:
        raise RangeError(
            Message(
                "The loss fell at none of the rates from {low} to {high}: either the network cannot learn "
                "from this data as it is, or it has learned it already.",
                low=significant(rates[0]),
                high=significant(rates[-1]),
            )
        )
    reason = Message(
        "At {lr} the smoothed loss falls steepest, by {slope} for each tenfold of the rate. It is lowest at "
        "{lowest}; larger rates only make it grow.",
        lr=significant(rates[best]),
        slope=significant(-float(slopes[best])),
        lowest=significant(rates[lowest]),
    )
    return Found(tuple(rates), tuple(losses), tuple(smoothed), rounded(rates[best]), reason)


def smooth(losses: Sequence[float]) -> list[float]:
    """The moving average of the losses, freed from its bias towards zero at the start."""
    average, found = 0.0, []
    for number, loss in enumerate(losses, 1):
        average = SMOOTHING * average + (1 - SMOOTHING) * float(loss)
        found.append(average / (1 - SMOOTHING**number))
    return found


def has_blown_up(smoothed: Sequence[float]) -> bool:
    """Whether the newest loss says that the rate is far too large."""
    if len(smoothed) < 2:
        return False
    lowest = min(smoothed)
    return not math.isfinite(smoothed[-1]) or smoothed[-1] > TOO_MUCH * abs(lowest) + 1e-12 > 0


def rounded(rate: float) -> float:
    """Two digits: the test tells no more."""
    return float(f"{rate:.1e}")
