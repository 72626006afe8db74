"""CIFAR's Python archives, read by torchvision, which checks every file's MD5 before it opens one."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import Any

from studio.data.source import DataError, Place, Raw
from studio.words import Message


def load(kind: type[Any], place: Place, title: Message) -> Raw:
    """Reads torchvision's `CIFAR10` or `CIFAR100` from `place.folder`: x (N, 3, 32, 32) uint8, y (N,) int64.

    An archive that was not unpacked is unpacked into a temporary folder. Raises DataError naming the folder,
    what was expected there and the cure.
    """
    folder = place.named(title)
    with tempfile.TemporaryDirectory(prefix="netloom-") as scratch:
        root = folder if place.download else _unpacked(kind, folder, Path(scratch), title)
        try:
            train = kind(str(root), train=True, download=place.download)
            test = kind(str(root), train=False, download=False)
        except (RuntimeError, OSError) as error:
            raise _wrong(kind, folder, title, str(error).splitlines()[0]) from error
        return Raw(*_tensors(train), _tensors(test))


def _tensors(dataset: Any) -> tuple[Any, Any]:
    import torch

    return torch.from_numpy(dataset.data).permute(0, 3, 1, 2).contiguous(), torch.tensor(dataset.targets)


def _unpacked(kind: type[Any], folder: Path, scratch: Path, title: Message) -> Path:
    from torchvision.datasets.utils import check_integrity

    if not folder.is_dir():
        raise DataError(
            Message(
                "There is no folder {folder}. {title} expects {inner} or {archive} in it. Choose the folder "
                "that holds it, or allow the download.",
                folder=folder,
                title=title,
                inner=kind.base_folder,
                archive=kind.filename,
            )
        )
    if (folder / kind.base_folder).is_dir():
        return folder
    if folder.name == kind.base_folder:
        return folder.parent
    archive = folder / kind.filename
    if not archive.is_file():
        raise _wrong(kind, folder, title, Message("neither of them is there."))
    if not check_integrity(str(archive), kind.tgz_md5):
        raise _wrong(kind, folder, title, Message("the archive's checksum differs."))
    with tarfile.open(archive) as packed:
        # Debian 12's Python 3.11.2 knows no filters; the checksum says that this is the archive we know.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        packed.extractall(scratch, **safely)
    return scratch


def _wrong(kind: type[Any], folder: Path, title: Message, reason: object) -> DataError:
    return DataError(
        Message(
            "{title} could not be read from {folder}, which should hold {inner} or {archive}: {reason} "
            "Choose the folder that holds it, or allow the download.",
            title=title,
            folder=folder,
            inner=kind.base_folder,
            archive=kind.filename,
            reason=reason,
        )
    )
