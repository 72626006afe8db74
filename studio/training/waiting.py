"""Runs that wait for their turn, on the disk: what one window did not come to, the next one takes over.

Each window has a file of its own in a folder of the person's, and a lock beside it that dies with the window.
The file is there exactly while runs wait.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio import places
from studio.graph.model import ProjectData
from studio.project import atomic, canonical, files, locks
from studio.project.locks import Lock
from studio.words import Message, NetloomError

FORMAT, VERSION = "netloom-queue", 1


@dataclass(frozen=True, slots=True)
class Waiting:
    """A project as it was when it was added; `base`: the folder of its file, `folder`: where its runs lie."""

    project: ProjectData
    base: Path | None
    folder: Path


class Shelf:
    """Where the runs of one window wait. Not for two threads at once. Raises NetloomError or OSError."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or default_folder()
        self._path = self._folder / f"{uuid.uuid4().hex}.json"
        self._lock: Lock | None = None

    def write(self, runs: Iterable[Waiting]) -> None:
        """Keeps `runs` in place of what was kept before."""
        listed = [_to_json(run) for run in runs]
        if not listed:
            self._clear()
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock or locks.take(_lock_of(self._path))
        atomic.write(self._path, json.dumps({"format": FORMAT, "version": VERSION, "runs": listed}))

    def take_over(self, runs: Iterable[Waiting] = ()) -> tuple[list[Waiting], list[NetloomError]]:
        """What windows that are gone left waiting, and why a file of theirs cannot be read.

        It is kept here, before `runs`, ere it is removed there; what cannot be read is left where it is.
        """
        left = [
            (path, lock) for path in sorted(self._folder.glob("*.json")) if (lock := self._abandoned(path))
        ]
        found: list[Waiting] = []
        faults: list[NetloomError] = []
        read: list[tuple[Path, Lock]] = []
        try:
            for path, lock in left:
                try:
                    found += _read(path)
                    read.append((path, lock))
                except NetloomError as error:
                    faults.append(error)
            if found:
                self.write([*found, *runs])
            for path, _ in read:
                path.unlink(missing_ok=True)
        finally:
            for path, lock in left:
                if path.exists():
                    lock.release()
                else:
                    lock.remove()
        return found, faults

    def close(self) -> None:
        """Leaves what waits to the next window."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _abandoned(self, path: Path) -> Lock | None:
        return locks.take(_lock_of(path)) if path != self._path else None

    def _clear(self) -> None:
        self._path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.remove()
            self._lock = None


def default_folder() -> Path:
    """Where this person's runs wait."""
    return places.user_data() / "queue"


def _lock_of(path: Path) -> Path:
    return path.with_suffix(".lock")


def _to_json(run: Waiting) -> dict[str, Any]:
    return {
        "project": canonical.dumps(run.project),
        "base": None if run.base is None else str(run.base),
        "folder": str(run.folder),
    }


def _read(path: Path) -> list[Waiting]:
    try:
        table = json.loads(path.read_bytes())
        if (table["format"], table["version"]) != (FORMAT, VERSION):
            raise ValueError(table["version"])
        return [_from_json(run, path) for run in table["runs"]]
    except (OSError, ValueError, LookupError, TypeError, NetloomError) as error:
        raise NetloomError(
            Message(
                "The runs that waited in {path} cannot be read: {reason} The file is left as it is; add the "
                "runs to the queue again.",
                path=path,
                reason=error,
            )
        ) from error


def _from_json(run: Mapping[str, Any], path: Path) -> Waiting:
    base = run["base"]
    return Waiting(
        files.loads(run["project"], path.name), None if base is None else Path(base), Path(run["folder"])
    )
