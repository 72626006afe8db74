"""What happens between two steps of a training: the position is kept, what is asked is done, pauses pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from studio.training.commands import Commands
from studio.training.objectives import Meter, Objective
from studio.training.options import Options
from studio.training.progress import Progress
from studio.words import Message

if TYPE_CHECKING:
    from studio.training.position import Keeper
    from studio.training.recorder import Recorder
    from studio.training.steering import Steering


class Breaks:
    """The breaks of one training. `done` batches of the epoch are behind it, which `began` at that time."""

    def __init__(
        self,
        recorder: Recorder,
        commands: Commands,
        objective: Objective,
        keeper: Keeper | None,
        steering: Steering | None,
        every: int,
    ) -> None:
        self._recorder, self._commands, self._objective = recorder, commands, objective
        self._keeper, self._steering = keeper, steering
        self._every = every
        self._epoch, self.done, self.began = 1, 0, 0.0

    def begin(self, epoch: int, done: int, began: float, meter: Meter) -> None:
        """An epoch begins, with `done` of its batches made by an earlier process."""
        self._epoch, self.done, self.began, self._meter = epoch, done, began, meter

    @property
    def midway(self) -> bool:
        """Whether a step of the optimiser waits for more batches."""
        return self.done % self._every > 0

    def take(self) -> bool:
        """Before each batch; False where the run is to stop here."""
        if self.midway:
            return True
        commands, keeper = self._commands, self._keeper
        if commands.waiting and self._steering is not None:
            self.began += self._recorder.steer(self._steering, commands)
        if keeper is not None and (keeper.due() or commands.paused or commands.stopping):
            self._keep(keeper)
        if commands.paused:
            self.began += self._recorder.pause(commands)
        return not commands.stopping

    def wait_for_data(self, reason: Exception) -> bool:
        """Where the next batch cannot be read: True to try again, False where the run is to stop here."""
        if self._keeper is not None and self.done % self._every == 0:
            self._keep(self._keeper)
        self.began += self._recorder.wait_for_data(self._commands, reason)
        return not self._commands.stopping

    def _keep(self, keeper: Keeper) -> None:
        place = (self._epoch, self.done, self.began)
        keeper.keep(self._recorder.position(*place, self._meter, self._objective))


class Limit:
    """The time a run may take (`max_minutes`), pauses not counted. `over`: it has ended the run."""

    def __init__(self, options: Options, progress: Progress) -> None:
        self._minutes, self._progress = options.max_minutes, progress
        self.over = False

    def reached(self, breaks: Breaks) -> bool:
        """Before each batch: whether the time is over; that is told the first time."""
        if self._minutes is None or breaks.midway:
            return False
        progress = self._progress
        spent = sum(record.seconds for record in progress.epochs_done) + time.perf_counter() - breaks.began
        if spent < 60 * self._minutes or not progress.step:
            return False
        self.over = True
        progress.notices.append(
            Message(
                "The run ended in epoch {epoch} of {epochs}: the {minutes} minutes it may take are over.",
                epoch=progress.epoch,
                epochs=progress.epochs,
                minutes=f"{self._minutes:g}",
            )
        )
        return True
