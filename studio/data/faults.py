"""What is wrong with single samples: where each lies and why; stopped at or skipped as a person says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio.data.source import DataError
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

STOP, SKIP = "stop", "skip"
MODES = (STOP, SKIP)
KEYS = ("faults", "faulty")
"""`data.reading` of every kind may have them: what is done at a fault, and those that looking found"""
LISTED = 20
"""faults that a project keeps in words; all are counted"""


@dataclass(frozen=True, slots=True)
class Fault:
    """`place` is a path, or a path and a line; `reason` what is wrong there."""

    place: Message
    reason: Message

    @property
    def said(self) -> Message:
        return Message("{place}: {reason}", place=self.place, reason=self.reason)


class Faults:
    """The faults that one reading meets. With STOP the first one is raised, with SKIP they are gathered."""

    def __init__(self, mode: str = STOP) -> None:
        self.mode = mode
        self.count = 0
        self.first: list[Fault] = []

    def meet(self, fault: Fault) -> None:
        """Notes a fault. Raises DataError where the person wants to stop at it."""
        if self.mode == STOP:
            raise DataError(
                Message(
                    "{fault} Mend it and look at the file again, or let what is faulty be skipped "
                    "(data.reading.faults).",
                    fault=fault.said,
                )
            )
        self.count += 1
        if len(self.first) < LISTED:
            self.first.append(fault)

    def meet_in_lines(self, path: Path, reasons: Mapping[int, Message]) -> None:
        """Notes what is wrong in lines of a file, in their order. Raises DataError as `meet` does."""
        for number in sorted(reasons):
            self.meet(Fault(line(path, number), reasons[number]))

    def to_json(self) -> dict[str, Json]:
        """The two keys of `data.reading`; none where there is no fault and nothing was said."""
        told: dict[str, Json] = {}
        if self.mode == SKIP:
            told["faults"] = SKIP
        if self.count:
            told["faulty"] = {"count": self.count, "first": [fault.said.to_json() for fault in self.first]}
        return told


def line(path: Path, number: int) -> Message:
    """The place of a line, from 1."""
    return Message("{path}, line {line}", path=path, line=number)


def mode(reading: Mapping[str, Json]) -> str:
    """What is done at a fault. Raises DataError."""
    said = reading.get("faults", STOP)
    if said not in MODES:
        expected = Message("one of {known}", known=", ".join(MODES))
        raise DataError(sections.wrong_value("data.reading.faults", said, expected))
    return str(said)


def found(reading: Mapping[str, Json]) -> tuple[int, list[Message]]:
    """How many faults looking found, and the first of them in words."""
    told = reading.get("faulty")
    if not isinstance(told, Mapping):
        return 0, []
    count, first = told.get("count"), told.get("first")
    listed: Iterable[Json] = first if isinstance(first, list | tuple) else ()
    return (
        count if isinstance(count, int) else 0,
        [Message.from_json(dict(entry)) for entry in listed if isinstance(entry, Mapping)],
    )


@contextmanager
def unchanged(path: Path) -> Iterator[None]:
    """Raises DataError at the end where the file was written to in the meantime."""
    before = stamp(path)
    yield
    if stamp(path) != before:
        raise changed(path)


def stamp(path: Path | str) -> tuple[int, int]:
    """Size and time of a file, by which a change is seen; (-1, 0) where there is none."""
    try:
        state = os.stat(path)  # noqa: PTH116 - a Path for each of many files takes longer than the look
    except OSError:
        return -1, 0
    return state.st_size, state.st_mtime_ns


def changed(path: Path | str) -> DataError:
    """What is said of a file that is written while it is read."""
    return DataError(
        Message("{path} changed while it was read. Wait until it is written, and read it again.", path=path)
    )
