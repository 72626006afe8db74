"""MNIST's four files (IDX), read by torchvision's own readers.

Files that lie there as `.gz` only are checked against torchvision's MD5s, where it knows them, and unpacked
into a temporary folder: the person's folder is not written to, and the network is not touched unless
`download` asks for it.
"""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from pathlib import Path
from typing import Any

from studio.data.source import DataError, Place, Raw
from studio.words import Message

_MARKS = {"-images-idx3-ubyte": b"\x00\x00\x08\x03", "-labels-idx1-ubyte": b"\x00\x00\x08\x01"}


def load(kind: type[Any], place: Place, title: Message) -> Raw:
    """Reads torchvision's `MNIST` or a subclass from `place.folder`: x (N, 1, 28, 28) uint8, y (N,) int64.

    Raises DataError naming the folder, what was expected there and the cure.
    """
    folder = place.named(title)
    if place.download and _home(folder, kind) is None:
        _download(kind, folder, title)
    with tempfile.TemporaryDirectory(prefix="netloom-") as scratch:
        root = _with_plain_files(kind, folder, Path(scratch), title)
        try:
            train, test = (kind(str(root), train=part, download=False) for part in (True, False))
        except (RuntimeError, OSError, ValueError, TypeError, AssertionError, IndexError) as error:
            raise _unreadable(folder, title, str(error)) from error
        x, y = train.data.unsqueeze(1).clone(), train.targets.long()
        test_x, test_y = test.data.unsqueeze(1).clone(), test.targets.long()
    for images, labels in ((x, y), (test_x, test_y)):
        if len(images) != len(labels) or not len(images) or images.shape[1:] != (1, 28, 28):
            raise _unreadable(
                folder,
                title,
                Message("{n} images, {m} labels", n=len(images), m=len(labels)),
            )
    return Raw(x, y, (test_x, test_y))


def _download(kind: type[Any], folder: Path, title: Message) -> None:
    try:
        kind(str(folder), train=True, download=True)
    except (RuntimeError, OSError) as error:
        raise DataError(
            Message(
                "{title} could not be downloaded into {folder}: {reason} Check the connection, or put the "
                "files there and set data.download to false.",
                title=title,
                folder=folder,
                reason=str(error).splitlines()[0] if str(error) else type(error).__name__,
            )
        ) from error


def _with_plain_files(kind: type[Any], folder: Path, scratch: Path, title: Message) -> Path:
    """The folder to give torchvision: `folder` itself, or `scratch` with the `.gz` files unpacked."""
    names = {Path(name).stem: md5 for name, md5 in kind.resources}
    home = _home(folder, kind)
    if home is None:
        raise _not_there(folder, kind, title, sorted(names))
    if home == folder / kind.__name__ / "raw" and all((home / name).is_file() for name in names):
        for name in names:
            _check_mark(home / name, title)
        return folder
    raw = scratch / kind.__name__ / "raw"
    raw.mkdir(parents=True)
    for name, md5 in names.items():
        if (home / name).is_file():
            _check_mark(home / name, title)
            (raw / name).symlink_to((home / name).resolve())
        else:
            (raw / name).write_bytes(_unpacked(home / f"{name}.gz", md5, title))
    return scratch


def _home(folder: Path, kind: type[Any]) -> Path | None:
    """Where the four files are: torchvision's `<root>/MNIST/raw`, or the folder that was named itself."""
    names = [Path(name).stem for name, _ in kind.resources]
    for home in (folder / kind.__name__ / "raw", folder / "raw", folder):
        if all((home / name).is_file() or (home / f"{name}.gz").is_file() for name in names):
            return home
    return None


def _not_there(folder: Path, kind: type[Any], title: Message, names: list[str]) -> DataError:
    values = {"folder": folder, "title": title, "files": ", ".join(names), "inner": f"{kind.__name__}/raw"}
    if not folder.is_dir():
        return DataError(
            Message(
                "There is no folder {folder}. {title} expects {files} (or the same with .gz) in its {inner} "
                "folder. Choose the folder that holds it, or allow the download.",
                **values,
            )
        )
    return DataError(
        Message(
            "{folder} does not hold {title}: {files} (or the same with .gz) are expected there or in "
            "{inner}. Choose the folder that holds them, or allow the download.",
            **values,
        )
    )


def _unpacked(packed: Path, md5: str, title: Message) -> bytes:
    try:
        content = packed.read_bytes()
        if md5 and hashlib.md5(content, usedforsecurity=False).hexdigest() != md5:
            raise DataError(
                Message(
                    "{file} is not the file of {title}: its checksum differs. It may be truncated, or belong "
                    "to another data set. Fetch it again.",
                    file=packed,
                    title=title,
                )
            )
        return gzip.decompress(content)
    except (OSError, EOFError) as error:
        raise _unreadable(packed, title, str(error)) from error


def _check_mark(file: Path, title: Message) -> None:
    """torchvision takes whatever lies there; the first bytes say whether it is images or labels at all."""
    expected = next(mark for ending, mark in _MARKS.items() if file.name.endswith(ending))
    try:
        with file.open("rb") as opened:
            found = opened.read(4)
    except OSError as error:
        raise _unreadable(file, title, str(error)) from error
    if found != expected:
        raise _unreadable(file, title, Message("its first bytes are not those of an IDX file"))


def _unreadable(place: Path, title: Message, reason: object) -> DataError:
    return DataError(
        Message(
            "{title} could not be read from {place}: {reason} Put the original files there, or choose "
            "another folder.",
            title=title,
            place=place,
            reason=reason,
        )
    )
