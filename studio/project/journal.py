"""What is not saved yet, on the disk: every edit of a document, at most a second after it was made.

A journal is a text file, one JSON value a line: first the project as it was, then each change, only ever
appended. A thread of its own writes it, so no edit waits for the disk. A lock that dies with its process
tells a journal in use from one that a crash left; `recovery` reads those.

Call `flush` before a project file is written and `saved` after it: then no journal is older than its file.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from studio.graph.document import Change, Document, Ranks
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project import atomic, canonical, locks
from studio.project.records import encode_change
from studio.words import Message, NetloomError

FORMAT = "netloom-journal"
VERSION = 1
DELAY = 0.2
"""seconds for which edits are gathered before they are written"""
RETRY = 5.0
"""seconds until the next attempt when the disk refuses"""
MAX_CHANGES = 2_000
"""a journal of more changes begins anew from the project as it is then"""


@dataclass(frozen=True, slots=True)
class _Base:
    project: ProjectData
    ranks: Ranks
    original: Path | None
    when: float


@dataclass(frozen=True, slots=True)
class _Step:
    change: Change
    when: float


@dataclass(frozen=True, slots=True)
class _Clean:
    """All is in the project file: nothing is left to recover."""


_Entry: TypeAlias = _Base | _Step | _Clean


class JournalError(NetloomError):
    """Unsaved work cannot be kept on the disk."""


class Journal:
    """Follows a document from now on. Lives on the thread of the document; `flush` may be called from any.

    `path` is the project file, None before the first save. `unsaved`: the document already differs from it.
    `on_fault` is told, on the journal's own thread, when the journal cannot be written; it goes on trying.
    Raises JournalError when `folder` cannot be used at all.
    """

    def __init__(
        self,
        folder: Path,
        document: Document,
        path: Path | None = None,
        unsaved: bool = False,
        on_fault: Callable[[Message], None] | None = None,
        delay: float = DELAY,
    ) -> None:
        self._document = document
        self._path = path
        self._steps = 0
        self._based = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._writer = _Writer(folder, uuid.uuid4().hex[:12], delay, on_fault)
        except OSError as error:
            raise JournalError(_unsafe(folder, error)) from error
        self._end = document.subscribe(self._on_change)
        if unsaved:
            self._rebase()

    def _on_change(self, change: Change) -> None:
        if self._based and self._steps < MAX_CHANGES:
            self._steps += 1
            self._writer.put(_Step(change, time.time()))
        else:
            self._rebase()

    def _rebase(self) -> None:
        """Begins anew: the project as it is now holds every edit made so far."""
        document = self._document
        self._writer.put(_Base(document.data(), document.ranks(), self._path, time.time()))
        self._based, self._steps = True, 0

    def saved(self, path: Path, project: ProjectData | None = None) -> None:
        """Says that the document, or `project` as it was a moment ago, now lies in the file `path`."""
        self._path = path
        if project is None or project is self._document.data():
            self._based = False
            self._writer.put(_Clean())
        else:
            self._rebase()

    def flush(self, timeout: float = 5.0) -> bool:
        """Waits until every edit made so far is on the disk; False when `timeout` seconds do not suffice."""
        return self._writer.flush(timeout)

    def close(self, discard: bool) -> None:
        """Ends the journal. `discard` it when its work is saved or given up; else it is offered again."""
        self._end()
        if discard:
            self._writer.put(_Clean())
        self._writer.close()


def serials(folder: Path, key: str) -> list[Path]:
    """The files of one journal, newest first; an older one counts only where the newer has no whole base."""
    return sorted(folder.glob(f"{key}.*.jsonl"), reverse=True)


def is_owner(folder: Path, key: str) -> bool:
    """Whether the program that wrote a journal still runs."""
    lock = locks.take(_lock_path(folder, key))
    if lock is None:
        return True
    lock.release()
    return False


def _lock_path(folder: Path, key: str) -> Path:
    return folder / f"{key}.lock"


def _new_lock(path: Path) -> locks.Lock:
    lock = locks.take(path)
    if lock is None:
        raise BlockingIOError(errno.EWOULDBLOCK, "the lock of a new journal is taken", str(path))
    return lock


class _Writer(threading.Thread):
    """The thread that writes `KEY.SERIAL.jsonl`. A new base makes a new file, then the old ones go."""

    def __init__(
        self, folder: Path, key: str, delay: float, on_fault: Callable[[Message], None] | None
    ) -> None:
        super().__init__(name="netloom-journal", daemon=True)
        self._folder = folder
        self._key = key
        self._delay = delay
        self._on_fault = on_fault
        self._lock = _new_lock(_lock_path(folder, key))
        self._changed = threading.Condition()
        self._waiting: list[_Entry] = []
        self._busy = self._hurry = self._closing = self._failing = False
        self._serial = 0
        self._file: int | None = None
        self._length = 0
        self.start()

    # -- called by the journal -------------------------------------------------------------------

    def put(self, entry: _Entry) -> None:
        with self._changed:
            if not isinstance(entry, _Step):
                self._waiting.clear()  # what came before is in the base, or saved
            self._waiting.append(entry)
            self._changed.notify_all()

    def flush(self, timeout: float) -> bool:
        with self._changed:
            self._hurry = bool(self._waiting)
            self._changed.notify_all()
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout)

    def close(self) -> None:
        """Lets the thread write what waits and end; a disk that takes longer than this is not waited for."""
        self.flush(timeout=2.0)
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self.join(timeout=5.0)

    # -- on its own thread -----------------------------------------------------------------------

    def run(self) -> None:
        while self._next_turn():
            with self._changed:
                entries, self._waiting, self._busy = self._waiting, [], True
            fault = self._try_to_write(entries)
            with self._changed:
                if fault is not None:
                    newer = next((e for e in self._waiting if not isinstance(e, _Step)), None)
                    self._waiting = self._waiting if newer else entries + self._waiting
                self._busy = False
                self._hurry = self._hurry and bool(self._waiting) and fault is None
                self._changed.notify_all()
                if fault is not None:
                    self._changed.wait_for(lambda: self._closing or self._hurry, RETRY)
        self._end()

    def _next_turn(self) -> bool:
        """Waits for something to write and gathers what comes right after it; False when all is over.

        At the end what still waits is written, once: a disk may have been slow when it was put.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            if not self._closing:
                self._changed.wait_for(lambda: self._hurry or self._closing, self._delay)
            return not self._closing or (bool(self._waiting) and not self._failing)

    def _try_to_write(self, entries: list[_Entry]) -> Message | None:
        try:
            self._write(entries)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            fault = _unsafe(self._folder, error)
            if self._on_fault is not None and not self._failing:
                self._on_fault(fault)
            self._failing = True
            return fault
        self._failing = False
        return None

    def _write(self, entries: list[_Entry]) -> None:
        first = entries[0] if entries else None
        if isinstance(first, _Clean):
            self._remove_files()
            entries = entries[1:]
        elif isinstance(first, _Base):
            self._begin(first)
            entries = entries[1:]
        lines = [_step_line(entry) for entry in entries if isinstance(entry, _Step)]
        if lines and self._file is not None:
            self._append(self._file, b"".join(lines))

    def _begin(self, base: _Base) -> None:
        """Writes a new file and only then removes the old ones: at every moment one of them is whole."""
        self._close_file()
        self._serial += 1
        path = self._folder / f"{self._key}.{self._serial:06d}.jsonl"
        flags = os.O_CREAT | os.O_TRUNC | os.O_WRONLY | getattr(os, "O_BINARY", 0)
        self._file, self._length = os.open(path, flags, 0o600), 0
        self._append(self._file, _base_line(base))
        atomic.force_folder(self._folder)
        self._remove_files(but=path)

    def _append(self, file: int, content: bytes) -> None:
        """Appends and forces to the disk; a piece that did not fit is cut off again, so lines stay whole."""
        try:
            written = 0
            while written < len(content):
                written += os.write(file, content[written:])
            os.fsync(file)
        except OSError:
            os.ftruncate(file, self._length)
            os.lseek(file, self._length, os.SEEK_SET)
            raise
        self._length += len(content)

    def _remove_files(self, but: Path | None = None) -> None:
        if but is None:
            self._close_file()
        for path in serials(self._folder, self._key):
            if path != but:
                path.unlink(missing_ok=True)

    def _close_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _end(self) -> None:
        self._close_file()
        if serials(self._folder, self._key):
            self._lock.release()
        else:
            self._lock.remove()


def _unsafe(folder: Path, error: Exception) -> Message:
    return Message(
        "Unsaved work cannot be kept safe in {folder}: {reason}. Save the project now and then.",
        folder=folder,
        reason=error,
    )


def _base_line(base: _Base) -> bytes:
    head: dict[str, Json] = {
        "format": FORMAT,
        "version": VERSION,
        "when": base.when,
        "original": None if base.original is None else str(base.original.absolute()),
        "ranks": {name: [rank, list(nodes)] for name, (rank, nodes) in base.ranks.items()},
        "base": canonical.dumps(base.project),
    }
    return _line(head)


def _step_line(step: _Step) -> bytes:
    return _line({"when": step.when, **encode_change(step.change)})


def _line(table: dict[str, Json]) -> bytes:
    return (json.dumps(table) + "\n").encode()
