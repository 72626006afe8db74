"""What is done to a run between two of its steps without ending it: another rate, a snapshot, an evaluation.

Each is written down as an event of the run, with its step, so that a curve can be read afterwards. A changed
learning rate is part of the position (`training.position`): a run that goes on goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from studio.training.checkpoint import write_tensors
from studio.training.commands import Commands
from studio.training.position import generators, set_generators
from studio.training.progress import Event, Progress
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from studio.training.schedules import Schedule

SNAPSHOT = "step-{step}"
"""what the weights of a snapshot are called; the file has ".safetensors" behind it"""


class Steering:
    """Obeys what is asked of one run. `note` is told every event once it has happened.

    `evaluate` gives the metrics on validation data, `weights` what is kept of a state (`Objective.weights`).
    """

    def __init__(
        self,
        folder: Path,
        module: nn.Module,
        optimizer: Optimizer,
        schedule: Schedule | None,
        progress: Progress,
        weights: Callable[[dict[str, Tensor]], dict[str, Tensor]],
        evaluate: Callable[[], Mapping[str, float]],
        note: Callable[[Event], None],
    ) -> None:
        self._folder, self._module = folder, module
        self._optimizer, self._schedule = optimizer, schedule
        self._progress = progress
        self._weights, self._evaluate = weights, evaluate
        self._note = note

    def obey(self, commands: Commands) -> None:
        """Does what was asked, in order. The losses so far must be in the progress."""
        for word, value in commands.asked():
            match word:
                case "lr":
                    self._happened("lr", self._change_lr(value))
                case "snapshot":
                    self._snapshot()
                case "evaluate":
                    self._happened("evaluation", self._judge())

    def _happened(self, kind: str, values: Mapping[str, Any]) -> None:
        event = Event(kind, self._progress.step, self._progress.epoch, dict(values))
        self._progress.events.append(event)
        self._note(event)

    def _change_lr(self, lr: float) -> dict[str, float]:
        before = rate_of(self._optimizer)
        scale(self._optimizer, lr / before)
        if self._schedule is not None:
            self._schedule.scale(lr / before)
        self._progress.lr = rate_of(self._optimizer)
        return {"from": before, "to": lr}

    def _snapshot(self) -> None:
        name = SNAPSHOT.format(step=self._progress.step)
        path = self._folder / f"{name}.safetensors"
        try:
            write_tensors(path, self._weights(dict(self._module.state_dict())), {"format": "pt"})
        except (NetloomError, OSError) as error:
            self._progress.notices.append(
                Message(
                    "The snapshot could not be written to {path}: {reason} Training goes on; free some "
                    "space.",
                    path=path,
                    reason=error.message if isinstance(error, NetloomError) else error,
                )
            )
        else:
            self._happened("snapshot", {"name": name})

    def _judge(self) -> dict[str, float]:
        """The metrics now; the module and the generators are afterwards as they were."""
        training, device = self._module.training, self._progress.device
        drawn = generators(device)
        try:
            return dict(self._evaluate())
        finally:
            set_generators(drawn, device)
            self._module.train(training)


def rate_of(optimizer: Optimizer) -> float:
    """The learning rate of the first group, which stands for the run's."""
    return float(optimizer.param_groups[0]["lr"])


def scale(optimizer: Optimizer, factor: float) -> None:
    """Multiplies the learning rate of every group, and what a schedule keeps beside it."""
    for group in optimizer.param_groups:
        for name in ("lr", "initial_lr", "max_lr", "min_lr"):
            if isinstance(rate := group.get(name), torch.Tensor):
                rate.mul_(factor)
            elif rate is not None:
                group[name] = rate * factor
