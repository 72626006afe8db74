"""What a training process and its window tell each other: one JSON object a line, in both directions.

A job or a command (a word of `training.commands`, with a value) goes in; "ready" comes out, then for each job
any number of "progress" lines and one "result", "error" (for a person) or "fault".
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from studio.training.progress import EpochRecord, Event, Progress
from studio.training.run import RunResult
from studio.words import Message

_NUMBERS = (
    "status",
    "epoch",
    "epochs",
    "steps_per_epoch",
    "samples_per_second",
    "seconds_left",
    "samples",
    "train_seconds",
    "device",
    "threads",
    "lr",
    "parts",
)
"""what of a Progress travels as it is"""
_WORDS = ("waits", "way", "pace")
"""what of it is a Message or nothing"""


def write(file: IO[bytes], line: Mapping[str, Any]) -> None:
    """Sends one line at once. Raises OSError where the other side is gone."""
    file.write(json.dumps(line).encode() + b"\n")
    file.flush()


def read(file: IO[bytes]) -> dict[str, Any] | None:
    """The next line; None where the other side has closed or was cut off in the middle of one."""
    line = file.readline()
    return json.loads(line) if line.endswith(b"\n") else None


def result_to_json(result: RunResult) -> dict[str, Any]:
    table = asdict(result) | {"folder": str(result.folder)}
    return table | {"problems": [problem.to_json() for problem in result.problems]}


def result_from_json(table: Mapping[str, Any]) -> RunResult:
    given = dict(table)
    given["folder"] = Path(given["folder"])
    given["last"] = EpochRecord(**given["last"]) if given["last"] else None
    given["problems"] = tuple(Message.from_json(problem) for problem in given["problems"])
    return RunResult(**given)


class Teller:
    """Tells what is new in a progress since it was asked last."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._cursor = self._epochs = self._notices = self._events = 0
        self._told: dict[str, Any] = {}

    def news(self) -> dict[str, Any] | None:
        """None where nothing has changed."""
        progress = self._progress
        table = {name: getattr(progress, name) for name in _NUMBERS}
        table["run"] = str(progress.run) if progress.run is not None else None
        for name in _WORDS:
            said = getattr(progress, name)
            table[name] = said.to_json() if said is not None else None
        self._cursor, steps, losses = progress.steps_since(self._cursor)
        epochs = progress.epochs_done[self._epochs :]
        notices = progress.notices[self._notices :]
        events = progress.events[self._events :]
        if table == self._told and not (len(steps) or epochs or notices or events):
            return None
        self._told = table
        self._epochs += len(epochs)
        self._notices += len(notices)
        self._events += len(events)
        return table | {
            "losses": base64.b64encode(losses.tobytes()).decode(),
            "epochs_done": [asdict(record) for record in epochs],
            "notices": [notice.to_json() for notice in notices],
            "events": [asdict(event) for event in events],
        }


def take(news: Mapping[str, Any], progress: Progress) -> None:
    """Writes what a Teller told into a progress of this side."""
    losses: npt.NDArray[np.float32] = np.frombuffer(base64.b64decode(news["losses"]), dtype=np.float32)
    progress.run = Path(news["run"]) if news["run"] else None
    if len(losses):
        progress.add(losses)
    progress.epochs_done += [EpochRecord(**record) for record in news["epochs_done"]]
    progress.notices += [Message.from_json(notice) for notice in news["notices"]]
    progress.events += [Event(**event) for event in news["events"]]
    for name in _WORDS:
        setattr(progress, name, Message.from_json(news[name]) if news[name] else None)
    for name in _NUMBERS:
        setattr(progress, name, news[name])
