"""The one way a file is written: whole or not at all, whatever happens in between.

The new content goes to a temporary file in the same folder, is forced to the disk and takes the name of the
old file in one step. A link is followed, the mode bits stay, and what killed programs left is swept.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.project import processes
from studio.words import Message, NetloomError

_STALE_SECONDS = 3600
_LONGEST_STEM = 80


class WriteError(NetloomError):
    """A file could not be written. What was there before is untouched."""


def write(path: Path | str, data: bytes | str) -> None:
    """Writes `data` (text as UTF-8) to `path`. Raises WriteError with a cure; the old file is then intact."""
    content = data.encode() if isinstance(data, str) else data
    with writing(path) as temporary, temporary.open("wb") as file:
        file.write(content)


@contextmanager
def writing(path: Path | str) -> Iterator[Path]:
    """Gives an empty temporary file with the suffix of `path` for a library to write; then it becomes `path`.

    Nothing becomes of it when the block raises. Raises WriteError with a cure.
    """
    target = Path(os.path.realpath(path))
    temporary = _temporary(target)
    try:
        _refuse_protected(target)
        _sweep(target.parent)
        _create(temporary)
        yield temporary
        _keep_mode(target, temporary)
        _force_to_disk(temporary)
        temporary.replace(target)
        force_folder(target.parent)
    except OSError as error:
        raise WriteError(_explain(error, Path(path))) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _machine() -> str:
    name = os.uname().nodename if hasattr(os, "uname") else os.environ.get("COMPUTERNAME", "")
    return f"{zlib.crc32(name.encode()):08x}"


def _temporary(target: Path) -> Path:
    owner = f"{_machine()}-{os.getpid()}-{secrets.token_hex(4)}"
    return target.with_name(f".{target.stem[:_LONGEST_STEM]}.{owner}.tmp{target.suffix}")


def _create(temporary: Path) -> None:
    # O_EXCL: nothing is followed or overwritten. 0o666: the person's umask decides, as for any file.
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


def _refuse_protected(target: Path) -> None:
    """A rename would replace even a file that its owner made read-only."""
    if target.is_file() and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))


def _keep_mode(target: Path, temporary: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        temporary.chmod(stat.S_IMODE(target.stat().st_mode))


def _force_to_disk(file: Path) -> None:
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def force_folder(folder: Path) -> None:
    """Forces the names in a folder to the disk. Raises OSError."""
    if sys.platform == "win32":
        return  # a folder cannot be opened there; the rename is journalled by NTFS
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems know no fsync of a folder
            raise
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Removes the temporary files of programs that were killed while writing."""
    for leftover in folder.glob(".*.*-*-*.tmp*"):
        if _abandoned(leftover):
            with contextlib.suppress(OSError):
                leftover.unlink()


def _abandoned(temporary: Path) -> bool:
    machine, _, rest = temporary.name.rsplit(".tmp", 1)[0].rsplit(".", 1)[-1].partition("-")
    process = rest.partition("-")[0]
    if not (len(machine) == 8 and process.isdigit()):
        return False
    if machine == _machine() and (runs := processes.runs(int(process))) is not None:
        return not runs
    with contextlib.suppress(OSError):
        return time.time() - temporary.stat().st_mtime > _STALE_SECONDS
    return False


def _explain(error: OSError, path: Path) -> Message:
    folder = path.parent
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return Message(
                "{path} could not be written: the disk is full. The file is as it was before. Free some "
                "space, or save to another disk.",
                path=path,
            )
        case errno.EFBIG:
            return Message(
                "{path} could not be written: it is larger than this system allows. The file is as it was "
                "before. Save to another disk.",
                path=path,
            )
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return Message(
                "{path} could not be written: writing to {folder} is not allowed. Choose another folder, or "
                "change its permissions.",
                path=path,
                folder=folder,
            )
        case errno.ENOENT | errno.ENOTDIR if not folder.is_dir():
            return Message(
                "{path} could not be written: the folder {folder} does not exist. Create it, or choose "
                "another one.",
                path=path,
                folder=folder,
            )
        case errno.EISDIR | errno.EEXIST | errno.ENOTEMPTY:
            return Message("{path} is a folder. Choose the name of a file.", path=path)
        case errno.ENAMETOOLONG:
            return Message("The name {path} is too long. Choose a shorter one.", path=path)
        case _:
            return Message(
                "{path} could not be written: {reason}. The file is as it was before. Choose another folder.",
                path=path,
                reason=error.strerror or error,
            )
