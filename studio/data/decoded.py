"""Pictures decoded once and kept: one file of bytes in the person's cache, seen as a tensor unread.

The file's name is made of the pictures' names, sizes and times and of what they are brought to, so another
picture is another file. It is written whole or not at all; its facts beside it are written last and make it
valid. The files that were used longest ago go first.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio import places, quantities
from studio.data import decoders
from studio.data.faults import changed, stamp
from studio.data.source import DataError
from studio.data.watching import Watch, quiet, within
from studio.project import atomic
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

VERSION = 1
"""of what decoding gives: another number makes the files of others unknown"""
KEPT_BYTES = 32 * 2**30
"""of all files together; one that is larger is kept by itself"""
JOB_BYTES, JOB_FILES = 8 * 2**20, 256
"""what one process decodes at a time"""
SPARE_BYTES = 2**30
"""of the disk that are left free"""


@dataclass(frozen=True, slots=True)
class Decoded:
    """`x` (N, channels, height, width) uint8, all 0 where a picture is `broken`: its place and why.

    `digest` is a hash of the file's bytes.
    """

    x: Tensor
    broken: dict[int, str]
    digest: str


def facts(
    files: Sequence[str], watch: Watch = quiet
) -> tuple[list[tuple[int, int, bool] | None], dict[int, str]]:
    """Height, width and whether there is colour of each picture; None where it is `broken`, and why."""
    jobs = [{"task": "facts", "files": files[i : i + JOB_FILES]} for i in range(0, len(files), JOB_FILES)]
    found: list[tuple[int, int, bool] | None] = [None] * len(files)
    broken: dict[int, str] = {}
    for place, answer in decoders.run(jobs, watch):
        first = place * JOB_FILES
        for i, fact in enumerate(answer["facts"]):
            found[first + i] = None if fact is None else (fact[0], fact[1], fact[2])
        broken |= {first + i: reason for i, reason in answer["broken"].items()}
    return found, broken


def pictures(files: Sequence[str], shape: tuple[int, int, int], watch: Watch = quiet) -> Decoded:
    """The pictures of `files` as `shape` (channels, height, width), decoded unless they were before.

    Raises DataError where one of them changes meanwhile or the disk is too full.
    """
    before = [stamp(file) for file in files]
    path = _folder() / f"{_key(files, before, shape)}.pixels"
    known = _facts_of(path, len(files) * _bytes(shape))
    if known is None:
        known = _make(path, files, before, shape, watch)
    watch(1.0)
    broken = {int(place): str(reason) for place, reason in known["broken"].items()}
    return Decoded(_mapped(path, len(files), shape), broken, str(known["sha256"]))


def _bytes(shape: tuple[int, int, int]) -> int:
    channels, height, width = shape
    return channels * height * width


def _folder() -> Path:
    return places.user_cache() / "pictures"


def _key(files: Sequence[str], stamps: Sequence[tuple[int, int]], shape: tuple[int, int, int]) -> str:
    digest = hashlib.sha256(f"{VERSION} {shape}\n".encode())
    for file, (size, time) in zip(files, stamps, strict=True):
        digest.update(f"{file}\0{size}\0{time}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()[:32]


def _facts_of(path: Path, size: int) -> dict[str, Any] | None:
    """What was noted of a file that is there and whole."""
    try:
        known = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        if path.stat().st_size != size or not isinstance(known, dict):
            return None
        os.utime(path)  # it was used
    except (OSError, ValueError):
        return None
    return known if isinstance(known.get("broken"), dict) and "sha256" in known else None


def _make(
    path: Path,
    files: Sequence[str],
    before: Sequence[tuple[int, int]],
    shape: tuple[int, int, int],
    watch: Watch,
) -> dict[str, Any]:
    path.parent.mkdir(parents=True, exist_ok=True)
    needed = len(files) * _bytes(shape)
    _make_room(path.parent, needed)
    with atomic.writing(path) as temporary:
        os.truncate(temporary, needed)
        broken = _decode(temporary, files, shape, within(watch, 0.0, 0.95))
        for file, stamped in zip(files, before, strict=True):
            if stamp(file) != stamped:
                raise changed(file)
        digest = _digest(temporary)
    known = {"broken": broken, "sha256": digest}
    atomic.write(path.with_suffix(".json"), json.dumps(known))
    return known


def _decode(out: Path, files: Sequence[str], shape: tuple[int, int, int], watch: Watch) -> dict[str, str]:
    channels, height, width = shape
    each = max(1, min(JOB_FILES, JOB_BYTES // _bytes(shape)))
    said = {"task": "pixels", "out": str(out), "channels": channels, "height": height, "width": width}
    jobs = [
        {**said, "files": files[first : first + each], "at": first * _bytes(shape)}
        for first in range(0, len(files), each)
    ]
    broken = {
        place * each + i: reason
        for place, answer in decoders.run(jobs, watch)
        for i, reason in answer["broken"].items()
    }
    return {str(place): broken[place] for place in sorted(broken)}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mapped(path: Path, samples: int, shape: tuple[int, int, int]) -> Tensor:
    """The file as a tensor. What is read of it lies in memory only as long as the system has room."""
    import torch

    size = samples * _bytes(shape)
    # not shared: whoever wrote into the tensor would write into memory of their own
    return torch.from_file(str(path), shared=False, size=size, dtype=torch.uint8).view(samples, *shape)


def _make_room(folder: Path, needed: int) -> None:
    """Takes away what was used longest ago. Raises DataError where the disk has too little room."""
    kept = sorted(folder.glob("*.pixels"), key=lambda file: -stamp(file)[1])
    total = needed
    for file in kept:
        total += max(0, stamp(file)[0])
        if total > KEPT_BYTES:
            with contextlib.suppress(OSError):  # on Windows a file that is open stays
                file.with_suffix(".json").unlink(missing_ok=True)
                file.unlink()
    if needed + SPARE_BYTES > shutil.disk_usage(folder).free:
        raise DataError(
            Message(
                "The decoded images take {needed} in {folder}, which has too little room. Choose a smaller "
                "size (data.reading.size), or make room.",
                needed=quantities.data_size(needed),
                folder=folder,
            )
        )
