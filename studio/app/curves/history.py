"""What is known of one run over time: the loss of every step, and every metric of every epoch. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from studio.app.curves.pyramid import Floats, Pyramid
from studio.app.curves.smoothing import Smoothing

if TYPE_CHECKING:
    from studio.training.progress import EpochRecord, Progress

TRAIN, VALIDATION = "train", "validation"


class History:
    """Everything a run has said so far. x is in epochs: step 30 of 20 steps an epoch is at 1.5."""

    def __init__(self, name: str = "", window: float = 20) -> None:
        self.name = name
        self.epochs = 0
        self.steps_per_epoch = 1
        self.steps = Pyramid()
        self.smooth = Pyramid()
        self.metrics: dict[tuple[str, str], Pyramid] = {}
        self._smoothing = Smoothing(window)
        self._cursor = 0
        self.epochs_read = 0

    @property
    def window(self) -> float:
        return self._smoothing.window

    @property
    def empty(self) -> bool:
        return not len(self.steps) and not self.metrics

    def feed(self, progress: Progress) -> bool:
        """Takes what is new in `progress`; False when there was nothing new."""
        self.epochs = progress.epochs
        self.steps_per_epoch = max(1, progress.steps_per_epoch)
        self._cursor, steps, losses = progress.steps_since(self._cursor)
        self.add_steps(np.asarray(steps, dtype=np.float64), np.asarray(losses, dtype=np.float64))
        records = progress.epochs_done
        fresh = records[self.epochs_read :]
        self.add_epochs(fresh)
        return bool(len(steps) or fresh)

    def add_steps(self, steps: Floats, losses: Floats) -> None:
        """The losses of further steps; `steps` count from 1 over the whole run."""
        x = steps / self.steps_per_epoch
        self.steps.append(x, losses)
        self.smooth.append(x, self._smoothing.extend(losses))

    def add_epochs(self, records: Iterable[EpochRecord]) -> None:
        fresh: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for record in records:
            self.epochs_read += 1
            for split, values in ((TRAIN, record.train), (VALIDATION, record.validation)):
                for metric, value in values.items():
                    fresh.setdefault((split, metric), []).append((float(record.epoch), float(value)))
        for key, points in fresh.items():
            x, y = np.array(points).T
            self.metrics.setdefault(key, Pyramid()).append(x, y)

    def smooth_over(self, window: float) -> None:
        """Smooths anew over about `window` steps."""
        self._smoothing = Smoothing(window)
        self.smooth = Pyramid()
        self.smooth.append(self.steps.x.copy(), self._smoothing.extend(self.steps.y))

    def metric_names(self) -> list[str]:
        """The metrics that were measured, in the order they came, without the loss."""
        return list(dict.fromkeys(metric for _, metric in self.metrics if metric != "loss"))
