"""Runs that wait for their turn: each is a copy of the project as it was when it was added.

One run after the other; an error of one does not hold up the next. Where a person stops a run, the queue is
held until it is let go on. What still waits when the window ends, however it ends, waits in the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from studio.app import stages
from studio.app.tasks import Lane, Ticket
from studio.graph.model import ProjectData
from studio.words import Message, NetloomError, tr

if TYPE_CHECKING:
    from studio.app.trainer import Trainer
    from studio.training.run import RunResult
    from studio.training.waiting import Shelf, Waiting


def text_of(waiting: Waiting) -> str:
    """ "Digits · Adam 0.001 · batch 64 · 10 epochs"."""
    project, training = waiting.project, waiting.project.training
    chosen = training.get("optimizer")
    optimizer = chosen if isinstance(chosen, dict) else {"type": chosen or "Adam"}
    parts = [project.name, f"{optimizer.get('type', 'Adam')} {optimizer.get('lr', '')}".strip()]
    if training.get("batch_size"):
        parts.append(tr("batch {n}", n=training["batch_size"]))
    if training.get("epochs"):
        parts.append(tr("{n} epochs", n=training["epochs"]))
    if training.get("weights"):
        parts.append(tr("from {run}", run=training["weights"]))
    return " · ".join(parts)


class RunQueue(QObject):
    """`changed` follows every change of the list or of `held`; `fault(Message)` says what cannot be kept."""

    changed = Signal()
    fault = Signal(object)

    def __init__(self, trainer: Trainer) -> None:
        super().__init__(trainer)
        self.held = False
        self._trainer = trainer
        self._waiting: list[Waiting] = []
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._next)
        self._one_by_one = QThreadPool(self)
        self._one_by_one.setMaxThreadCount(1)
        self._shelf = _Shelf()
        self._keeping = Lane(self, self._one_by_one, stages.PROJECT)
        self._keeping.failed.connect(self._not_kept)
        self._taking = Lane(self, self._one_by_one, stages.PROJECT)
        self._taking.done.connect(self._took_over)
        self._taking.failed.connect(self._not_kept)
        trainer.finished.connect(self._ended)
        trainer.state_changed.connect(self._follow)

    @property
    def waiting(self) -> list[Waiting]:
        """What waits, in the order it will run."""
        return list(self._waiting)

    def add(self, project: ProjectData, base: Path | None, folder: Path) -> Waiting:
        """Puts a project at the end; it runs at once where nothing else does."""
        from studio.training.waiting import Waiting

        waiting = Waiting(project, base, folder)
        self._waiting.append(waiting)
        self._changed()
        self._follow(self._trainer.state)
        return waiting

    def cancel(self, run: Waiting) -> None:
        """Takes a run off the list; the one that is on its way is the trainer's to stop."""
        self._waiting = [waiting for waiting in self._waiting if waiting is not run]
        self._changed()

    def move_up(self, run: Waiting) -> None:
        """Lets a run have its turn one earlier."""
        place = next((i for i, waiting in enumerate(self._waiting) if waiting is run), 0)
        if place > 0:
            self._waiting.insert(place - 1, self._waiting.pop(place))
            self._changed()

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

    # -- from one window to the next -------------------------------------------------------------

    def take_over(self) -> None:
        """Looks for what windows that are gone left waiting; it is held until it is let go on."""
        self._taking.start(self._shelf.take_over, self.waiting)

    def finish(self) -> None:
        """Waits until the list is on the disk; for the window's end."""
        self._one_by_one.waitForDone()
        self._shelf.close()

    def _took_over(self, found: tuple[list[Waiting], list[NetloomError]]) -> None:
        left, faults = found
        for fault in faults:
            self.fault.emit(fault.message)
        if left:
            self._waiting = [*left, *self._waiting]
            self.held = True
            self._turn.stop()
        self._changed()

    def _changed(self) -> None:
        """Tells of the list and keeps it; what is being taken over comes into the same file first."""
        self.changed.emit()
        if not self._taking.busy:
            self._keeping.start(self._shelf.write, self.waiting)

    def _not_kept(self, error: Exception) -> None:
        self.fault.emit(
            Message(
                "The queue cannot be kept on the disk, so it ends with the window: {reason}", reason=error
            )
        )

    # -- whose turn it is ------------------------------------------------------------------------

    def _ended(self, result: RunResult) -> None:
        if self._waiting and result.status == "stopped":
            self.hold()

    def _follow(self, state: str) -> None:
        if state == "idle" and self._waiting and not self.held:
            self._turn.start()

    def _next(self) -> None:
        if self._trainer.state == "idle" and self._trainer.ready and self._waiting and not self.held:
            waiting = self._waiting.pop(0)
            self._changed()
            self._trainer.train(waiting.project, waiting.base, waiting.folder)


class _Shelf:
    """The place on the disk, made by the thread that uses it: by then, what it needs is imported."""

    def __init__(self) -> None:
        self._made: Shelf | None = None

    def write(self, ticket: Ticket, runs: Sequence[Waiting]) -> None:
        self._shelf().write(runs)

    def take_over(self, ticket: Ticket, runs: Sequence[Waiting]) -> tuple[list[Waiting], list[NetloomError]]:
        return self._shelf().take_over(runs)

    def close(self) -> None:
        if self._made is not None:
            self._made.close()

    def _shelf(self) -> Shelf:
        from studio.training.waiting import Shelf

        self._made = self._made or Shelf()
        return self._made
