"""A run on the disk as a history that can be laid over the curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from studio.app.curves.history import History, short_name
from studio.training.progress import EpochRecord
from studio.training.runs import events_of, metrics_of, steps_of


def read(folder: Path) -> History:
    """The run in `folder`. Raises NetloomError where it cannot be read."""
    history = History(short_name(folder))
    history.run = folder
    records = [_record(line) for line in metrics_of(folder)]
    losses = np.asarray(steps_of(folder), dtype=np.float64)
    if records:
        last = records[-1]
        history.epochs = last.epoch
        full = next((r for r in records if r.complete), last)
        history.steps_per_epoch = max(1, full.step // max(1, full.epoch))
    history.add_steps(np.arange(1.0, len(losses) + 1), losses)
    history.add_epochs(records, events_of(folder))
    return history


def _record(line: dict[str, object]) -> EpochRecord:
    return EpochRecord(
        int(line["epoch"]),  # type: ignore[call-overload]
        int(line["step"]),  # type: ignore[call-overload]
        _numbers(line.get("train")),
        _numbers(line.get("validation")),
        float(line.get("seconds") or 0.0),  # type: ignore[arg-type]
        bool(line.get("complete", True)),
    )


def _numbers(values: object) -> dict[str, float]:
    """What was no number is null in the file."""
    table = values if isinstance(values, dict) else {}
    return {name: float("nan") if value is None else float(value) for name, value in table.items()}
