"""What a crash left unsaved: journals whose owner no longer runs, read back into projects."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from studio import places
from studio.graph.document import Document, Ranks
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project import files, journal, locks
from studio.project.records import decode_change
from studio.words import Message, NetloomError


class RecoveryError(NetloomError):
    """A journal cannot be read back."""


@dataclass(frozen=True, slots=True)
class Recoverable:
    """Unsaved work of a program that ended without saving or discarding it.

    `path` is its journal, `original` the project file it belongs to, `name` the project's, `when` the time of
    the last edit. `saved_since`: the project file was written after that, by whomever.
    """

    path: Path
    when: datetime
    original: Path | None
    name: str
    saved_since: bool

    def project(self) -> ProjectData:
        """The project with every edit that reached the journal. Raises RecoveryError."""
        return _replayed(self.path)[0]

    def discard(self) -> None:
        """Removes the journal: its work is saved elsewhere or given up. One that is in use again stays."""
        key = self.path.name.partition(".")[0]
        lock = locks.take(self.path.with_name(f"{key}.lock"))
        if lock is not None:
            for file in journal.serials(self.path.parent, key):
                file.unlink(missing_ok=True)
            lock.remove()


def default_folder() -> Path:
    """Where this person's journals lie."""
    return places.user_data() / "recovery"


def find(folder: Path | None = None) -> list[Recoverable]:
    """Unsaved work in `folder` that nobody is working on, newest first.

    Journals that hold nothing beyond their project file are removed. One that cannot be read is left out and
    left alone.
    """
    folder = folder or default_folder()
    keys = sorted({path.name.partition(".")[0] for path in folder.glob("*.jsonl")})
    found = [work for key in keys if not journal.is_owner(folder, key) for work in _work(folder, key)]
    _sweep_locks(folder)
    return sorted(found, key=lambda work: work.when, reverse=True)


def _work(folder: Path, key: str) -> Iterator[Recoverable]:
    for path in journal.serials(folder, key):
        try:
            project, head, when = _replayed(path)
        except RecoveryError:
            continue  # an unfinished base: the journal before it is still there
        named = head.get("original")
        original = Path(named) if isinstance(named, str) else None
        saved = _modified(original)
        work = Recoverable(
            path, datetime.fromtimestamp(when), original, project.name, saved is not None and saved > when
        )
        if original is not None and _holds(original, project):
            work.discard()
        else:
            yield work
        return


def _replayed(path: Path) -> tuple[ProjectData, Mapping[str, Json], float]:
    """The project, the first line and the time of the last edit. What follows a torn line is not read."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
        head = json.loads(lines[0])
        document = Document(files.loads(head["base"], path.name), _ranks(head["ranks"]))
        when = float(head["when"])
    except (OSError, ValueError, IndexError, KeyError, TypeError, AttributeError, NetloomError) as error:
        reason = Message("The unsaved work in {path} cannot be read: {reason}", path=path, reason=error)
        raise RecoveryError(reason) from error
    for line in lines[1:]:
        try:
            table = json.loads(line)
            document.replay(decode_change(table))
            when = float(table["when"])
        except (ValueError, KeyError, TypeError, AttributeError, NetloomError):
            break
    return document.data(), head, when


def _ranks(table: Mapping[str, Json]) -> Ranks:
    return {name: (int(rank), tuple(map(int, nodes))) for name, (rank, nodes) in table.items()}


def _modified(path: Path | None) -> float | None:
    with suppress(OSError):
        return path.stat().st_mtime if path is not None else None
    return None


def _holds(path: Path, project: ProjectData) -> bool:
    try:
        return files.dumps(files.load(path)) == files.dumps(project)
    except NetloomError:
        return False


def _sweep_locks(folder: Path) -> None:
    """Removes the locks of dead programs that left no journal."""
    for path in folder.glob("*.lock"):
        if _older_than_a_minute(path) and not journal.serials(folder, path.stem):
            with suppress(OSError):
                if lock := locks.take(path):
                    lock.remove()


def _older_than_a_minute(path: Path) -> bool:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > 60
    return False
