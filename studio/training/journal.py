"""What a run writes down of itself: epochs, steps and the record, and the weights that are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.project import atomic
from studio.training import predictions, runs
from studio.training.progress import EpochRecord, Event, Progress
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.training.checkpoint import Checkpoints
    from studio.training.objectives import Objective


class Journal:
    """Writes down what happened. A disk that fails is told of once and does not end the training."""

    def __init__(
        self,
        folder: Path,
        record: dict[str, Any],
        module: nn.Module,
        objective: Objective,
        progress: Progress,
        checkpoints: Checkpoints,
        on_epoch: Callable[[EpochRecord], None] | None,
        elapsed: float = 0.0,
        patience: int | None = None,
    ) -> None:
        self._folder = folder
        self._record = record
        self._module, self._objective, self._progress = module, objective, progress
        self._checkpoints = checkpoints
        self._on_epoch = on_epoch
        self._began = time.monotonic() - elapsed
        self._patience = patience
        self._fault: Message | None = None
        self.last: EpochRecord | None = None

    def keep(self, record: EpochRecord) -> bool:
        """Writes an epoch down; True where `patience` epochs brought nothing better, so the run may end."""
        metrics = record.validation or record.train
        told = {
            "epoch": record.epoch,
            "validation": dict(record.validation),
            "train": dict(record.train),
        }
        self._checkpoints.take(self._module.state_dict(), self._objective.score(metrics), told)
        self._record["epochs"] = record.epoch
        self.last = record
        self._attempt(lambda: runs.append_metrics(self._folder, asdict(record)))
        if self._on_epoch is not None:
            self._on_epoch(record)
        return self._patience_is_out(record)

    def note(self, event: Event) -> None:
        """Writes down what was done to the run between two steps."""
        self._attempt(lambda: runs.append_event(self._folder, asdict(event)))

    def _patience_is_out(self, record: EpochRecord) -> bool:
        best = self._checkpoints.newest_best
        if self._patience is None or best is None or record.epoch - best.epoch["epoch"] < self._patience:
            return False
        self._progress.notices.append(
            Message(
                "The run ended after epoch {epoch}: none of the last {n} epochs was better than epoch "
                "{best}.",
                epoch=record.epoch,
                n=self._patience,
                best=best.epoch["epoch"],
            )
        )
        return True

    def go_on(self) -> None:
        """A run that is continued: epochs that came after its position are taken back."""
        self.last = self._progress.epochs_done[-1] if self._progress.epochs_done else None
        lines = [asdict(record) for record in self._progress.epochs_done]
        self._attempt(lambda: runs.write_metrics(self._folder, lines))
        events = [asdict(event) for event in self._progress.events]
        self._attempt(lambda: runs.write_events(self._folder, events))
        self._attempt(lambda: runs.write_record(self._folder, self._record))

    def keep_predictions(self, said: Mapping[str, Tensor]) -> None:
        """Writes down what the kept weights say of each sample (`training.predictions`)."""
        from studio.training.checkpoint import write_tensors

        if said:
            path = self._folder / predictions.FILE
            self._attempt(lambda: write_tensors(path, said, {"format": "pt"}))

    def close(self, status: str) -> None:
        record = self._record
        record["status"] = status
        record["best"] = self._checkpoints.best.epoch if self._checkpoints.best is not None else None
        record["ended"] = now()
        record["seconds"] = round(time.monotonic() - self._began, 3)
        record["notices"] = [str(notice) for notice in self._progress.notices]
        self._attempt(self._write_steps)
        self._attempt(lambda: runs.write_record(self._folder, record))

    def problems(self) -> tuple[Message, ...]:
        return tuple(fault for fault in (self._checkpoints.fault, self._fault) if fault is not None)

    def _write_steps(self) -> None:
        from safetensors.numpy import save

        _, numbers, losses = self._progress.steps_since(0)
        atomic.write(self._folder / "steps.safetensors", save({"step": numbers, "loss": losses}))

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (NetloomError, OSError) as error:
            reason = error.message if isinstance(error, NetloomError) else error
            fault = Message("The run's record could not be written: {reason}", reason=reason)
            if self._fault is None:
                self._progress.notices.append(fault)
            self._fault = fault


def now() -> str:
    """The time as a record has it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
