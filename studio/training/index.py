"""The runs of a project in a SQLite database beside them, so that a thousand are listed at once.

The folders are the truth. A run whose files are as they were when it was indexed is taken from here; any
other is read. A database that is lost, broken or of another version is made anew; where none can be written,
every run is read.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "index.sqlite"
VERSION = 1
WATCHED = ("run.json", "labels.json", "metrics.jsonl")
"""files of a run; a change of one of them makes it be read again"""
WAIT_S = 1.0
_TABLE = """
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, stamp TEXT NOT NULL, started TEXT, status TEXT, device TEXT, epochs INTEGER,
    seconds REAL, title TEXT, star INTEGER, tags TEXT, facts TEXT NOT NULL
) WITHOUT ROWID
"""
_IN_USE = (
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM,
)  # fmt: skip
"""errors of a good database that another uses, or that lies where nothing can be written"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A run as it is indexed: what its `record` says, its `labels`, and sums over its epochs."""

    record: dict[str, Any]
    labels: dict[str, Any] = field(default_factory=dict)
    epochs: int = 0
    seconds: float = 0.0


Read = Callable[[Path], Entry | None]


def entries(folder: Path, children: Iterable[Path], read: Read) -> dict[Path, Entry]:
    """What is known of each run among `children` of `folder`; `read` gives None for what is no run."""
    stamps = {child: stamp for child in children if (stamp := _stamp(child)) is not None}
    path = folder / FILE
    for _ in range(2):
        try:
            with closing(sqlite3.connect(path, timeout=WAIT_S)) as base:
                return _matched(base, stamps, read)
        except (sqlite3.DatabaseError, ValueError, KeyError, TypeError) as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _IN_USE:
                break
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return {child: entry for child in stamps if (entry := read(child)) is not None}


def _stamp(run: Path) -> str | None:
    """When the files of a run changed last, and which they are; None where it is none.

    A file that is replaced is another one, even where it has its size and, by a coarse clock, its time.
    """
    found = []
    for name in WATCHED:
        try:
            status = (run / name).stat()
        except OSError:
            if name == WATCHED[0]:
                return None
            found.append("-")
        else:
            found.append(f"{status.st_mtime_ns}:{status.st_size}:{status.st_ino}")
    return " ".join(found)


def _matched(base: sqlite3.Connection, stamps: dict[Path, str], read: Read) -> dict[Path, Entry]:
    if base.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError(str(FILE))
    if base.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        base.execute("DROP TABLE IF EXISTS runs")
        base.execute(f"PRAGMA user_version = {VERSION}")
    base.execute(_TABLE)
    known = {run: (stamp, facts) for run, stamp, facts in base.execute("SELECT run, stamp, facts FROM runs")}
    found: dict[Path, Entry] = {}
    fresh = []
    for child, stamp in stamps.items():
        kept = known.get(child.name)
        if kept is not None and kept[0] == stamp:
            found[child] = Entry(**json.loads(kept[1]))
        elif (entry := read(child)) is not None:
            found[child] = entry
            fresh.append((child.name, stamp, *_columns(entry)))
    gone = known.keys() - {child.name for child in found}
    if fresh or gone:
        with base:
            base.executemany("DELETE FROM runs WHERE run = ?", [(name,) for name in gone])
            places = ", ".join("?" * (11))
            base.executemany(f"INSERT OR REPLACE INTO runs VALUES ({places})", fresh)
    return found


def _columns(entry: Entry) -> tuple[Any, ...]:
    record, labels = entry.record, entry.labels
    facts = {"record": record, "labels": labels, "epochs": entry.epochs, "seconds": entry.seconds}
    return (
        str(record.get("started", "")),
        str(record.get("status", "")),
        str(record.get("device", "")),
        entry.epochs,
        entry.seconds,
        str(labels.get("title", "")),
        bool(labels.get("star")),
        " ".join(labels.get("tags", ())),
        json.dumps(facts, ensure_ascii=False),
    )
