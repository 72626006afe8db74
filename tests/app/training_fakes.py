"""A training that does what the test tells it, in the place of the training process."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.app.session import Session
from studio.graph.model import Network, ProjectData
from studio.training.commands import Commands
from studio.training.progress import EpochRecord, Progress
from studio.training.run import RunResult
from studio.words import Message


def session_with_data(**training: object) -> Session:
    """A session on a project that has data and an engine that is ready, without analysing anything."""
    session = Session()
    settings = {"data": {"source": "iris"}, "training": training}
    session.open(ProjectData("Test", {"model": Network()}, settings), None)
    session._idle.stop()
    session.engine_ready = True
    return session


class FakeTraining:
    """Steps as fast as it is let, obeys its commands, ends when told."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.unwritten: tuple[Message, ...] = ()
        """why no weights could be written"""
        self.steps = 40
        self.per_epoch = 10
        self.hold = threading.Event()
        self.hold.set()
        self.seen: dict[str, Any] = {}

    def __call__(
        self, project: ProjectData, base: Path | None, folder: Path, progress: Progress, commands: Commands
    ) -> RunResult:
        self.seen = {"project": project, "base": base, "folder": folder}
        progress.status, progress.epochs, progress.steps_per_epoch = "running", 4, self.per_epoch
        progress.run = folder / "run"
        for step in range(1, self.steps + 1):
            commands.wait()
            if commands.stopping:
                break
            progress.add(np.array([1 / step]))
            if step % self.per_epoch == 0:
                self._epoch(progress, step)
            if step == self.steps // 2:
                while not self.hold.is_set() and not commands.stopping and not commands.paused:
                    time.sleep(0.002)
            if self.error is not None:
                raise self.error
        status = "stopped" if commands.stopping else "done"
        reached = {"epoch": 4, "validation": {"loss": 0.1, "accuracy": 0.9}}
        best = None if self.unwritten else reached
        return RunResult(folder / "run", best, None, {}, 1.0, status, self.unwritten)  # type: ignore[arg-type]

    def _epoch(self, progress: Progress, step: int) -> None:
        progress.epoch = step // self.per_epoch
        values = {"loss": 1 / step, "accuracy": 1 - 1 / step}
        progress.epochs_done.append(EpochRecord(progress.epoch, step, values, values, 0.1))


@pytest.fixture
def training(monkeypatch: pytest.MonkeyPatch) -> FakeTraining:
    fake = FakeTraining()
    monkeypatch.setattr("studio.training.apart.TrainingProcess.train", lambda _, *given: fake(*given))
    return fake


def progress_of(losses: list[float], per_epoch: int, epochs: int) -> Progress:
    """A progress with these losses, and an epoch's metrics after each `per_epoch` of them."""
    progress = Progress(status="running", epochs=epochs, steps_per_epoch=per_epoch)
    progress.add(np.array(losses))
    for epoch in range(1, len(losses) // per_epoch + 1):
        values = {"loss": losses[epoch * per_epoch - 1], "accuracy": epoch / epochs}
        progress.epochs_done.append(EpochRecord(epoch, epoch * per_epoch, values, values, 0.1))
    progress.epoch = len(progress.epochs_done)
    return progress


Notices = list[tuple[str, str]]


def notices_of(session: Session) -> Notices:
    """Everything the session says from here on."""
    heard: Notices = []
    session.notice.connect(lambda level, text: heard.append((level, str(text))))
    return heard
