"""What is known of one run over time: the loss of every step, and every metric of every epoch. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studio.app.curves.pyramid import Floats, Pyramid
from studio.app.curves.smoothing import Smoothing

if TYPE_CHECKING:
    from studio.training.progress import EpochRecord, Event, Progress

TRAIN, VALIDATION = "train", "validation"


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was done to a run, at `x` epochs."""

    x: float
    text: str


class History:
    """Everything a run has said so far. x is in epochs: step 30 of 20 steps an epoch is at 1.5.

    `name` is empty for the run that was trained just now, `run` its folder once it has one.
    """

    def __init__(self, name: str = "", window: float = 20) -> None:
        self.name = name
        self.run: Path | None = None
        self.marks: list[Mark] = []
        self.epochs = 0
        self.steps_per_epoch = 1
        self.steps = Pyramid()
        self.smooth = Pyramid()
        self.metrics: dict[tuple[str, str], Pyramid] = {}
        self._smoothing = Smoothing(window)
        self._cursor = self._events_read = 0
        self.epochs_read = 0

    @property
    def label(self) -> str:
        """What the run is called in a legend or a table."""
        return self.name or (short_name(self.run) if self.run is not None else "")

    @property
    def window(self) -> float:
        return self._smoothing.window

    @property
    def empty(self) -> bool:
        return not len(self.steps) and not self.metrics

    def feed(self, progress: Progress) -> bool:
        """Takes what is new in `progress`; False when there was nothing new."""
        self.epochs, self.run = progress.epochs, progress.run
        self.steps_per_epoch = max(1, progress.steps_per_epoch)
        self._cursor, steps, losses = progress.steps_since(self._cursor)
        self.add_steps(np.asarray(steps, dtype=np.float64), np.asarray(losses, dtype=np.float64))
        records = progress.epochs_done
        fresh = records[self.epochs_read :]
        events = progress.events[self._events_read :]
        self.add_epochs(fresh, events)
        return bool(len(steps) or fresh or events)

    def add_steps(self, steps: Floats, losses: Floats) -> None:
        """The losses of further steps; `steps` count from 1 over the whole run."""
        x = steps / self.steps_per_epoch
        self.steps.append(x, losses)
        self.smooth.append(x, self._smoothing.extend(losses))

    def add_epochs(self, records: Iterable[EpochRecord], events: Iterable[Event] = ()) -> None:
        """What came since: epochs, and what was done to the run between its steps."""
        fresh: dict[tuple[str, str], list[tuple[float, float]]] = {}
        for record in records:
            self.epochs_read += 1
            for split, values in ((TRAIN, record.train), (VALIDATION, record.validation)):
                for metric, value in values.items():
                    fresh.setdefault((split, metric), []).append((float(record.epoch), float(value)))
        for event in events:
            self._events_read += 1
            x = event.step / self.steps_per_epoch
            if event.kind == "evaluation":
                for metric, value in event.values.items():
                    known = float("nan") if value is None else float(value)
                    fresh.setdefault((VALIDATION, metric), []).append((x, known))
            else:
                self.marks.append(Mark(x, _text(event)))
        for key, points in fresh.items():
            x_values, y_values = np.array(sorted(points, key=lambda point: point[0])).T
            series = self.metrics.setdefault(key, Pyramid())
            later = x_values >= series.x[-1] if len(series) else np.full(len(x_values), True)
            series.append(x_values[later], y_values[later])

    def smooth_over(self, window: float) -> None:
        """Smooths anew over about `window` steps."""
        self._smoothing = Smoothing(window)
        self.smooth = Pyramid()
        self.smooth.append(self.steps.x.copy(), self._smoothing.extend(self.steps.y))

    def metric_names(self) -> list[str]:
        """The metrics that were measured, in the order they came, without the loss."""
        return list(dict.fromkeys(metric for _, metric in self.metrics if metric != "loss"))


def short_name(folder: Path) -> str:
    """Day and time of a run, for a legend: its folder is named by them."""
    try:
        started = datetime.strptime(folder.name[:19], "%Y-%m-%d_%H-%M-%S")
    except ValueError:
        return folder.name
    return f"{started:%m-%d %H:%M:%S}{folder.name[19:]}"


def _text(event: Event) -> str:
    """What stands beside the mark."""
    match event.kind:
        case "lr":
            return f"lr {event.values['to']:.4g}"
        case "snapshot":
            return str(event.values["name"])
        case "memory":
            return f"1/{event.values['parts']}"
    return event.kind
