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
        self._warmup = warmup_steps(options, steps, epochs)
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
        states = {name: part.state_dict() for name, part in parts.items() if part is not None}
        return {"left": self._left, **{name: _plain(state) for name, state in states.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from the state of another process. The optimiser is restored after this."""
        self._left = state["left"]
        if self._by_step is not None:
            self._by_step.load_state_dict(state["by_step"])
        if self._plateau is not None:
            self._plateau.load_state_dict(state["plateau"])


def warmup_steps(options: Options, steps: int, epochs: int) -> int:
    """How many steps the warm-up takes; at least one is left to what follows."""
    if not options.warms_up:
        return 0
    wanted = options.warmup_steps or max(1, round(options.warmup_epochs * steps))
    return min(wanted, steps * epochs - 1)


def _plain(state: dict[str, Any]) -> dict[str, Any]:
    """A state without MultiStepLR's milestones: they follow from the settings, and are no JSON."""
    kept = {name: value for name, value in state.items() if name != "milestones"}
    if "_schedulers" in kept:
        kept["_schedulers"] = [_plain(inner) for inner in kept["_schedulers"]]
    return kept


def arguments(options: Options, steps: int, left: int) -> dict[str, Any]:
    """What torch's class is made with, where `left` steps remain: its lengths are counted in steps."""
    params = dict(options.schedule.params)
    length = 1 if params.pop("unit", "epochs") == "steps" else steps
    match options.schedule.type:
        case "StepLR":
            return {**params, "step_size": params["step_size"] * length}
        case "MultiStepLR":
            return {**params, "milestones": [at * length for at in params["milestones"]]}
        case "ExponentialLR":
            return {"gamma": params["gamma"] ** (1 / length)}
        case "CosineAnnealingWarmRestarts":
            return {**params, "T_0": params["T_0"] * length}
        case "LinearLR" | "PolynomialLR":
            return {**params, "total_iters": left}
        case "CosineAnnealingLR":
            return {"T_max": left, **params}
        case "OneCycleLR":
            return {"total_steps": left, **params, "cycle_momentum": False}
    return params


def _main(optimizer: Optimizer, options: Options, steps: int, left: int) -> LRScheduler | None:
    """The schedule after the warm-up, moved on at every step."""
    kind, made_with = options.schedule.type, arguments(options, steps, left)
    if kind in ("constant", "ReduceLROnPlateau"):
        return None
    if kind == "OneCycleLR":
        made_with["max_lr"] = [group["lr"] for group in optimizer.param_groups]
    made: LRScheduler = getattr(schedulers, kind)(optimizer, **made_with)
    return made


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
