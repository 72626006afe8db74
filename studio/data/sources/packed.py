"""Pictures in a ZIP file, unpacked once into the person's own folder, where they are found the next time."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from studio import places, quantities
from studio.data.source import DataError
from studio.words import Message

MOST_BYTES = 16 * 2**30
"""unpacked; more is refused"""


def home(path: Path, endings: frozenset[str]) -> Path:
    """The folder that a ZIP file holds, unpacked; any other path as it is. Raises DataError.

    Only files of these `endings` are unpacked. A folder that holds one folder and nothing else is gone into.
    """
    if not is_packed(path):
        return path
    folder = _unpacked(path, endings)
    while len(inside := list(folder.iterdir())) == 1 and inside[0].is_dir():
        folder = inside[0]
    return folder


def is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".zip" and path.is_file()


def _unpacked(path: Path, endings: frozenset[str]) -> Path:
    state = path.stat()
    key = hashlib.sha256(f"{path.resolve()} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]
    target = places.user_data() / "unpacked" / f"{path.stem}-{key}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=target.parent))
    try:
        _unpack(path, endings, scratch)
        scratch.replace(target)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError) as error:
        if target.is_dir():
            return target  # another process was faster
        raise DataError(
            Message("{path} cannot be unpacked: {reason}. Is the file whole?", path=path, reason=error)
        ) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


def _unpack(path: Path, endings: frozenset[str], target: Path) -> None:
    with zipfile.ZipFile(path) as packed:
        wanted = [entry for entry in packed.infolist() if _is_wanted(entry, endings)]
        if not wanted:
            raise DataError(Message("{path} holds no images.", path=path))
        size = sum(entry.file_size for entry in wanted)
        if size > min(MOST_BYTES, shutil.disk_usage(target).free):
            raise DataError(
                Message(
                    "{path} holds {size} of images, more than is unpacked here. Unpack it yourself and "
                    "choose the folder.",
                    path=path,
                    size=quantities.data_size(size),
                )
            )
        for entry in wanted:
            packed.extract(entry, target)  # takes roots and `..` out of names


def _is_wanted(entry: zipfile.ZipInfo, endings: frozenset[str]) -> bool:
    name = PurePosixPath(entry.filename)
    hidden = any(part.startswith((".", "__MACOSX")) for part in name.parts)
    return not entry.is_dir() and not hidden and name.suffix.lower() in endings
