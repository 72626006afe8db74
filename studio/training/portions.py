"""A batch in parts, where memory does not suffice for it whole: the step stays that of the whole batch."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from studio.training import machine
from studio.training.progress import Event, Progress
from studio.words import Message

if TYPE_CHECKING:
    from studio.training.descent import Descent
    from studio.training.objectives import Meter, Objective
    from studio.training.objectives.objective import Outcome
    from studio.training.replay import Replay

Judged = list[tuple[Any, Tensor]]
"""predictions, each with what it should have been"""


class Portions:
    """Tries batches of training data, in as many parts as `progress.parts` says.

    Where memory runs short, the parts are halved, their gradients added up, and the batch is tried again;
    `note` is told. What has no smaller part to try, or is no lack of memory, is raised as it came.
    Whole batches are replayed by `replay` where there is one.
    """

    def __init__(
        self,
        module: nn.Module,
        objective: Objective,
        descent: Descent,
        progress: Progress,
        note: Callable[[Event], object],
        replay: Replay | None = None,
    ) -> None:
        self._replay = replay
        self._module, self._objective, self._descent = module, objective, descent
        self._progress, self._note = progress, note

    def step(self, x: Tensor, y: Tensor, meter: Meter, last: bool) -> Tensor:
        """Descends the loss of a batch and gives it; `last`: the epoch has no batch behind it."""
        for turn in self._objective.turns:
            loss, judged = self._gathered(x, y, turn)
            self._descent.move(last)
        for prediction, target in judged:
            meter.add(prediction, target)
        return loss

    def _gathered(self, x: Tensor, y: Tensor, turn: str) -> tuple[Tensor, Judged]:
        while True:
            try:
                if self._progress.parts > 1:
                    return self._in_parts(x, y, turn)
                if self._replay is not None:
                    loss, prediction, target = self._replay.step(x, y, self._plainly)
                else:
                    loss, prediction, target = self._plainly(x, y, turn)
                return loss, [(prediction, target)]
            except (RuntimeError, MemoryError) as error:
                if not machine.out_of_memory(error) or 2 * self._progress.parts > len(x):
                    raise
            self._halve(len(x))

    def _plainly(self, x: Tensor, y: Tensor, turn: str = "") -> Outcome:
        loss, prediction, target = self._objective.step(self._module, x, y, turn)
        return self._descent.gather(loss, turn), prediction, target

    def _in_parts(self, x: Tensor, y: Tensor, turn: str) -> tuple[Tensor, Judged]:
        whole, judged = torch.zeros((), device=x.device), []
        parts = min(self._progress.parts, len(x))
        for some_x, some_y in zip(x.tensor_split(parts), y.tensor_split(parts), strict=True):
            share = len(some_x) / len(x)
            loss, prediction, target = self._objective.step(self._module, some_x, some_y, turn)
            whole += self._descent.gather(loss, turn, share) * share
            judged.append((_let_go(prediction), target))
        return whole, judged

    def _halve(self, batch: int) -> None:
        """Half the memory from here on. What was gathered of a gradient half-way is dropped."""
        progress = self._progress
        self._descent.forget()
        gc.collect()
        if progress.device.startswith("cuda"):
            torch.cuda.empty_cache()
        progress.parts *= 2
        progress.notices.append(self._told(batch))
        event = Event("memory", progress.step, progress.epoch, {"parts": progress.parts})
        progress.events.append(event)
        self._note(event)

    def _told(self, batch: int) -> Message:
        said = {"batch": batch, "parts": self._progress.parts, "epoch": self._progress.epoch}
        norms = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - the one name for all of them
        if any(isinstance(layer, norms) for layer in self._module.modules()):
            return Message(
                "Memory ran out in epoch {epoch}, so training goes on with each batch of {batch} in {parts} "
                "parts whose gradients are added up: a step is still of {batch} samples. Batch normalisation "
                "sees one part at a time.",
                **said,
            )
        return Message(
            "Memory ran out in epoch {epoch}, so training goes on with each batch of {batch} in {parts} "
            "parts whose gradients are added up: a step is still of {batch} samples.",
            **said,
        )


def _let_go(prediction: Any) -> Any:
    """A prediction without its history, which would hold the memory of its part."""
    if isinstance(prediction, Tensor):
        return prediction.detach()
    if isinstance(prediction, tuple | list):
        return type(prediction)(_let_go(item) for item in prediction)
    return prediction
