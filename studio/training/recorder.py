"""What a training writes down of its steps, and the time that it does not count."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from studio.training.commands import Commands
from studio.training.divergence import DivergedError
from studio.training.objectives import Meter, Objective
from studio.training.position import Position, generators
from studio.training.progress import Progress
from studio.training.steering import Steering, rate_of
from studio.words import Message, NetloomError

FLUSH_SECONDS = 0.05
FLUSH_STEPS = 256
RETRY_S = 10.0
"""how long a run whose data have vanished waits before it tries again by itself"""


class Recorder:
    """Gathers losses as tensors and reads them on a schedule: reading one may wait for the device."""

    def __init__(self, progress: Progress, optimizer: torch.optim.Optimizer) -> None:
        self._progress, self._optimizer = progress, optimizer
        progress.lr = rate_of(optimizer)
        self._losses: list[Tensor] = []
        self._sizes: list[int] = []
        self._started = self._read = time.perf_counter()
        self._loss_sum = 0.0
        self.samples = 0

    def begin(self) -> None:
        """Starts the clock and the sums of an epoch."""
        self._loss_sum, self.samples = 0.0, 0
        self._read = time.perf_counter()

    @property
    def made(self) -> int:
        """How many steps the run has made."""
        return self._progress.step + len(self._losses)

    def step(self, loss: Tensor, samples: int) -> None:
        self._losses.append(loss)
        self._sizes.append(samples)
        if len(self._losses) >= FLUSH_STEPS or time.perf_counter() - self._read >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes what was gathered to the progress. Raises DivergedError for a loss that is no number."""
        if not self._losses:
            return
        values = torch.stack(self._losses).tolist()
        now = time.perf_counter()
        progress, sizes = self._progress, self._sizes
        first = progress.step + 1
        progress.add(values)
        self._losses, self._sizes = [], []
        for value, size in zip(values, sizes, strict=True):  # one by one: when it is flushed does not matter
            self._loss_sum += value * size
        self.samples += sum(sizes)
        progress.samples += sum(sizes)
        progress.train_seconds += now - self._read
        progress.lr = rate_of(self._optimizer)
        rate = sum(sizes) / max(now - self._read, 1e-9)
        old = progress.samples_per_second
        progress.samples_per_second = rate if not old else 0.8 * old + 0.2 * rate
        remaining = progress.epochs * progress.steps_per_epoch - progress.step
        progress.seconds_left = remaining * (now - self._started) / progress.step
        self._read = now
        for offset, value in enumerate(values):
            check_finite(value, progress, first + offset)

    def position(self, epoch: int, batch: int, began: float, meter: Meter, objective: Objective) -> Position:
        """Where the training stands; what was gathered is written to the progress first."""
        self.flush()
        seconds, sums = time.perf_counter() - began, (self._loss_sum, self.samples)
        drawn = generators(self._progress.device)
        return Position(epoch, batch, seconds, sums, meter.state(), drawn, objective.state())

    def restore(self, sums: tuple[float, int]) -> None:
        """Goes on with the sums of an epoch that another process began."""
        self._loss_sum, self.samples = sums

    def epoch_loss(self) -> float:
        """The mean loss a sample since the epoch began."""
        return self._loss_sum / self.samples

    def pause(self, commands: Commands) -> float:
        """Waits until the run goes on; returns the seconds that took."""
        return self._rest(lambda: self._wait(commands))

    def steer(self, steering: Steering, commands: Commands) -> float:
        """Lets what was asked be done; returns the seconds that took."""
        return self._rest(lambda: steering.obey(commands))

    def wait_for_data(self, commands: Commands, reason: Exception) -> float:
        """Waits until the run goes on, or for a while, because the data cannot be read."""
        progress = self._progress
        why = reason.message if isinstance(reason, NetloomError) else reason
        said = Message(
            "The data cannot be read: {reason} Training waits and tries again; nothing is lost.", reason=why
        )
        if said not in progress.notices:
            progress.notices.append(said)
        progress.waits = said
        commands.pause()
        waited = self._rest(lambda: self._wait(commands, RETRY_S))
        progress.waits = None
        return waited

    def _wait(self, commands: Commands, seconds: float | None = None) -> None:
        self._progress.status = "paused"
        commands.wait(seconds)
        self._progress.status = "stopping" if commands.stopping else "running"

    def _rest(self, meanwhile: Callable[[], None]) -> float:
        """Does what is no part of a step; returns the seconds that took, which no rate counts."""
        self.flush()
        began = time.perf_counter()
        meanwhile()
        waited = time.perf_counter() - began
        self._started += waited
        self._read = time.perf_counter()
        return waited


def check_finite(loss: float, progress: Progress, step: int | None = None) -> None:
    """Raises DivergedError for a loss that is infinite or no number."""
    if math.isfinite(loss):
        return
    said: dict[str, Any] = {
        "value": "NaN" if math.isnan(loss) else "∞",
        "step": progress.step if step is None else step,
        "epoch": progress.epoch,
    }
    if progress.epochs_done:
        raise DivergedError(
            Message(
                "The loss became {value} at step {step}, in epoch {epoch}, so training stopped there. "
                "Usually a smaller learning rate helps: try a tenth. The weights of the last good epoch are "
                "kept.",
                **said,
            ),
            said["step"],
        )
    raise DivergedError(
        Message(
            "The loss became {value} at step {step}, in epoch {epoch}, so training stopped there. Usually a "
            "smaller learning rate helps: try a tenth. No epoch was finished, so no weights are kept.",
            **said,
        ),
        said["step"],
    )
