"""The last five earlier versions of each project file, kept in the person's own folder of Netloom.

They lie there and not beside the project, so that nobody's folder fills up; see docs/decisions.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from studio import places
from studio.project import atomic

KEPT = 5


def folder(path: Path) -> Path:
    """Where the backups of the project file at `path` lie."""
    real = os.path.realpath(path)
    mark = hashlib.sha256(os.fsencode(real)).hexdigest()[:16]
    return places.user_data() / "backups" / f"{path.stem[:40]}-{mark}"


def of(path: Path) -> list[Path]:
    """The backups of a project file, newest first."""
    return [backup for number in range(1, KEPT + 1) if (backup := _numbered(path, number)).is_file()]


def keep(path: Path, content: bytes) -> None:
    """Makes `content` the newest backup; the oldest beyond `KEPT` goes. Raises OSError or NetloomError."""
    folder(path).mkdir(parents=True, exist_ok=True)
    for number in range(KEPT - 1, 0, -1):
        older = _numbered(path, number)
        if older.is_file():
            older.replace(_numbered(path, number + 1))
    atomic.write(_numbered(path, 1), content)


def _numbered(path: Path, number: int) -> Path:
    return folder(path) / f"{path.stem}.{number}{path.suffix}"
