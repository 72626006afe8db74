"""Runs that wait for their turn: each is a copy of the project as it was when it was added.

One run after the other; an error of one does not hold up the next. Where a person stops a run, the queue is
held until it is let go on.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.graph.model import ProjectData
from studio.words import tr

if TYPE_CHECKING:
    from studio.app.trainer import Trainer
    from studio.training.run import RunResult


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that waits. `base` is the folder of the project's file, `folder` where its runs lie."""

    number: int
    project: ProjectData
    base: Path | None
    folder: Path

    def text(self) -> str:
        """ "Digits · Adam 0.001 · batch 64 · 10 epochs"."""
        training = self.project.training
        chosen = training.get("optimizer")
        optimizer = chosen if isinstance(chosen, dict) else {"type": chosen or "Adam"}
        parts = [self.project.name, f"{optimizer.get('type', 'Adam')} {optimizer.get('lr', '')}".strip()]
        if training.get("batch_size"):
            parts.append(tr("batch {n}", n=training["batch_size"]))
        if training.get("epochs"):
            parts.append(tr("{n} epochs", n=training["epochs"]))
        if training.get("weights"):
            parts.append(tr("from {run}", run=training["weights"]))
        return " · ".join(parts)


class RunQueue(QObject):
    """`changed` follows every change of the list or of `held`."""

    changed = Signal()

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.held = False
        self._trainer = trainer
        self._waiting: list[Waiting] = []
        self._numbers = itertools.count(1)
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._next)
        trainer.finished.connect(self._ended)
        trainer.state_changed.connect(self._follow)

    @property
    def waiting(self) -> list[Waiting]:
        """What waits, in the order it will run."""
        return list(self._waiting)

    def add(self, project: ProjectData, base: Path | None, folder: Path) -> Waiting:
        """Puts a project at the end; it runs at once where nothing else does."""
        waiting = Waiting(next(self._numbers), project, base, folder)
        self._waiting.append(waiting)
        self.changed.emit()
        self._follow(self._trainer.state)
        return waiting

    def cancel(self, number: int) -> None:
        """Takes a run off the list; the one that is on its way is the trainer's to stop."""
        self._waiting = [waiting for waiting in self._waiting if waiting.number != number]
        self.changed.emit()

    def move_up(self, number: int) -> None:
        """Lets a run have its turn one earlier."""
        place = next((i for i, w in enumerate(self._waiting) if w.number == number), 0)
        if place > 0:
            self._waiting.insert(place - 1, self._waiting.pop(place))
            self.changed.emit()

    def hold(self) -> None:
        """Starts nothing more by itself."""
        self.held = True
        self._turn.stop()
        self.changed.emit()

    def go_on(self) -> None:
        """Lets the next run begin as soon as nothing else trains."""
        self.held = False
        self.changed.emit()
        self._follow(self._trainer.state)

    def _ended(self, result: RunResult) -> None:
        if self._waiting and result.status == "stopped":
            self.hold()

    def _follow(self, state: str) -> None:
        if state == "idle" and self._waiting and not self.held:
            self._turn.start()

    def _next(self) -> None:
        if self._trainer.state == "idle" and self._trainer.ready and self._waiting and not self.held:
            waiting = self._waiting.pop(0)
            self.changed.emit()
            self._trainer.train(waiting.project, waiting.base, waiting.folder)
