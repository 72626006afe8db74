"""The learning rate over a training, by PyTorch's own schedulers.

A linear warm-up comes first, then the schedule over what is left, both moved on at every step; only
ReduceLROnPlateau looks at epochs. https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch.optim import Optimizer
from torch.optim import lr_scheduler as schedulers
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from studio.training.options import Options

WARMUP_FROM = 0.01
"""the part of the learning rate that a warm-up begins with"""


class Schedule:
    """Moves the learning rate of `optimizer`, which makes `steps` steps an epoch."""

    def __init__(self, optimizer: Optimizer, options: Options, steps: int, epochs: int) -> None:
        self._optimizer = optimizer
        self._left = steps * epochs
        self._warmup = min(round(options.warmup_epochs * steps), self._left - 1)
        kind = options.schedule.type
        self._plateau = (
            ReduceLROnPlateau(optimizer, **options.schedule.params) if kind == "ReduceLROnPlateau" else None
        )
        main = _main(optimizer, options, steps, self._left - self._warmup)
        self._by_step = _after_warmup(optimizer, main, self._warmup)

    @property
    def lr(self) -> float:
        """The rate of the next step, of the first group."""
        return float(self._optimizer.param_groups[0]["lr"])

    def step(self) -> None:
        """After each step of the optimiser; the last one is followed by none."""
        self._left -= 1
        if self._by_step is not None and self._left > 0:
            self._by_step.step()

    def epoch(self, loss: float) -> None:
        """After each epoch, with the loss on validation data or, without them, on the training data."""
        if self._plateau is not None:
            self._plateau.step(loss)

    def scale(self, factor: float) -> None:
        """From now on all rates are `factor` times what they would have been."""
        if self._by_step is not None:
            _scale(self._by_step, factor)

    def state(self) -> dict[str, Any]:
        """What is needed to go on, as plain JSON; the rates themselves are the optimiser's."""
        parts = {"by_step": self._by_step, "plateau": self._plateau}
        return {"left": self._left, **{n: part.state_dict() for n, part in parts.items() if part is not None}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from the state of another process. The optimiser is restored after this."""
        self._left = state["left"]
        if self._by_step is not None:
            self._by_step.load_state_dict(state["by_step"])
        if self._plateau is not None:
            self._plateau.load_state_dict(state["plateau"])


def _main(optimizer: Optimizer, options: Options, steps: int, left: int) -> LRScheduler | None:
    """The schedule after the warm-up, moved on at every step; lengths in epochs become lengths in steps."""
    params = options.schedule.params
    match options.schedule.type:
        case "StepLR":
            return schedulers.StepLR(optimizer, params["step_size"] * steps, params["gamma"])
        case "ExponentialLR":
            return schedulers.ExponentialLR(optimizer, params["gamma"] ** (1 / steps))
        case "CosineAnnealingLR":
            return schedulers.CosineAnnealingLR(optimizer, left, params["eta_min"])
        case "OneCycleLR":
            rates = [group["lr"] for group in optimizer.param_groups]
            return schedulers.OneCycleLR(optimizer, rates, left, cycle_momentum=False, **params)
    return None


def _scale(scheduler: LRScheduler, factor: float) -> None:
    """PyTorch's schedulers go on from the rates of the optimiser, but begin a part at their base rates."""
    if hasattr(scheduler, "base_lrs"):
        scheduler.base_lrs = [rate * factor for rate in scheduler.base_lrs]
    for part in getattr(scheduler, "_schedulers", ()):
        _scale(part, factor)


def _after_warmup(optimizer: Optimizer, main: LRScheduler | None, steps: int) -> LRScheduler | None:
    if steps < 1:
        return main
    first = schedulers.LinearLR(optimizer, WARMUP_FROM, total_iters=steps)
    return first if main is None else schedulers.SequentialLR(optimizer, [first, main], [steps])
