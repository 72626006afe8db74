"""How far a training is: plain numbers written by the loop, read by whoever wants, without a lock.

One thread writes, any number read. Losses of steps lie in a ring that is allocated once; a reader keeps a
cursor and asks what came since. The writer says how far it will write, writes, and then moves the counter of
steps; a reader copies and then drops what the writer may have overwritten meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from studio.words import Message

Status = Literal["idle", "preparing", "running", "paused", "stopping", "stopped", "done", "failed"]

CAPACITY = 2**20
"""steps kept for readers that come late"""


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch. `step` counts the optimiser's steps so far; `validation` is empty where nothing validates.

    `complete` is False for an epoch that was stopped half-way.
    """

    epoch: int
    step: int
    train: Mapping[str, float]
    validation: Mapping[str, float]
    seconds: float
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Event:
    """What was done to a run between two steps, after `step` of them, in `epoch`.

    `kind` and `values`: "lr" (`from`, `to`), "snapshot" (`name`), "evaluation" (the metrics), "memory"
    (`parts`).
    """

    kind: str
    step: int
    epoch: int
    values: Mapping[str, Any]


@dataclass(slots=True)
class Progress:
    """Written by the loop only. `seconds_left` is None until there is something to reckon with.

    `samples` were trained on in `train_seconds`, pauses and validation left out. `lr` is the learning rate of
    the newest steps, `parts` how many parts a batch is taken in for want of memory, `waits` what a run that
    paused by itself waits for, `way` how its steps are computed, `pace` why so.
    """

    status: Status = "idle"
    epoch: int = 0
    epochs: int = 0
    step: int = 0
    steps_per_epoch: int = 0
    samples_per_second: float = 0.0
    seconds_left: float | None = None
    samples: int = 0
    train_seconds: float = 0.0
    run: Path | None = None
    device: str = ""
    threads: int = 0
    way: Message | None = None
    pace: Message | None = None
    lr: float = 0.0
    parts: int = 1
    waits: Message | None = None
    capacity: int = CAPACITY
    epochs_done: list[EpochRecord] = field(default_factory=list)
    notices: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    _losses: npt.NDArray[np.float32] = field(init=False, repr=False)
    _claimed: int = field(init=False, default=0, repr=False)

    def __post_init__(self) -> None:
        self._losses = np.zeros(self.capacity, dtype=np.float32)

    @property
    def share(self) -> float:
        """How much is done, from 0 to 1."""
        total = self.epochs * self.steps_per_epoch
        return min(1.0, self.step / total) if total else 0.0

    def add(self, losses: npt.ArrayLike) -> None:
        """Appends the losses of the steps just made."""
        values = np.asarray(losses, dtype=np.float32)
        first, count = self.step, len(values)
        if count > self.capacity:
            first, values = first + count - self.capacity, values[-self.capacity :]
        self._claimed = self.step + count
        start = first % self.capacity
        room = min(len(values), self.capacity - start)
        self._losses[start : start + room] = values[:room]
        self._losses[: len(values) - room] = values[room:]
        self.step += count

    def steps_since(self, cursor: int) -> tuple[int, npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """The new cursor, and the numbers (from 1) and losses of the steps after `cursor`.

        A reader that comes so late that steps were overwritten sees the gap in the numbers.
        """
        end = self.step
        start = max(cursor, end - self.capacity, 0)
        if start >= end:
            return end, np.empty(0, np.int64), np.empty(0, np.float32)
        first, stop = start % self.capacity, (end - 1) % self.capacity + 1
        if first < stop:
            losses = self._losses[first:stop].copy()
        else:
            losses = np.concatenate((self._losses[first:], self._losses[:stop]))
        overwritten = max(0, min(self._claimed - self.capacity - start, end - start))
        return end, np.arange(start + 1 + overwritten, end + 1, dtype=np.int64), losses[overwritten:]
