"""From the loss of a batch to a step of the optimiser."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.training.average import Average
from studio.training.objectives import Objective
from studio.training.options import Options
from studio.training.schedules import Schedule
from studio.training.stepper import Stepper


class Descent:
    """Every batch or every few, with a bound on the gradient.

    The gradients of `every` batches are averaged; what is left at the end of an epoch is a step of its own.
    """

    def __init__(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        options: Options,
        schedule: Schedule | None,
        objective: Objective,
        average: Average | None = None,
    ) -> None:
        self._average, self._l1 = average, options.l1
        self._decayed = [p for p in module.parameters() if options.decay == "all" or p.ndim > 1]
        self._parameters = [p for group in optimizer.param_groups for p in group["params"]]
        turns = objective.turns if len(objective.turns) > 1 else ()
        self._movable = {turn: objective.movable(module, turn) for turn in turns}
        self._turns, self._taken = len(objective.turns), 0
        self._stepper, self._schedule = Stepper(optimizer), schedule
        self._clip = options.clip_norm
        self._gathered, self._empty = 0, True
        self.every = options.accumulate

    def gather(self, loss: Tensor, turn: str = "", share: float = 1.0) -> Tensor:
        """Takes in the loss of a batch, or of a part of it; gives it back without its history.

        Where several take turns, only the parameters of `turn` move.
        """
        if self._empty:
            self._stepper.clear()
            self._empty = False
        part = loss * share if share < 1 else loss
        (part / self.every if self.every > 1 else part).backward(inputs=self._movable.get(turn))  # type: ignore[no-untyped-call]
        return loss.detach()

    def forget(self) -> None:
        """Drops what was gathered, after a batch that failed half-way."""
        self._gathered, self._empty = 0, True

    def move(self, last: bool) -> None:
        """Ends a batch, the `last` of its epoch or not: a step where enough batches are gathered."""
        self._gathered += 1
        if self._gathered == self.every or last:
            self._descend()

    def _descend(self) -> None:
        if self._gathered < self.every:  # a rest is averaged over as many as there are
            for parameter in self._parameters:
                if parameter.grad is not None:
                    parameter.grad.mul_(self.every / self._gathered)
        if self._l1:
            self._pull()
        if self._clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._clip)
        self._stepper.step()
        if self._average is not None:
            self._average.update()
        self._taken = (self._taken + 1) % self._turns
        if self._schedule is not None and not self._taken:
            self._schedule.step()
        self._gathered, self._empty = 0, True

    def _pull(self) -> None:
        """The gradient of `l1` times the sum of absolute values, of what weight decay is for."""
        for parameter in self._decayed:
            if parameter.grad is not None:
                parameter.grad.add_(parameter.detach().sign(), alpha=self._l1)
