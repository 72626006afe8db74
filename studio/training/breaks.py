"""What happens between two steps of a training: the position is kept, what is asked is done, pauses pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.training.commands import Commands
from studio.training.objectives import Meter, Objective

if TYPE_CHECKING:
    from studio.training.loop import Recorder
    from studio.training.position import Keeper
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

    def take(self) -> bool:
        """Before each batch; False where the run is to stop here."""
        if self.done % self._every:  # in the middle of a step of the optimiser
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
