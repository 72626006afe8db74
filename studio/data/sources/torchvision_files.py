"""Sets that torchvision reads from plain files it checks by their MD5s; nothing in them is unpickled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from studio.data.source import DataError, Place, Raw
from studio.words import Message


def load(open_part: Callable[[str, str, bool], Any], files: str, place: Place, title: Message) -> Raw:
    """The parts "train" and "test" of a set: x (N, 3, H, W) uint8, y (N,) int64.

    `open_part(folder, part, download)` gives torchvision's data set. Raises DataError naming the folder, the
    files that are expected there, and the cure.
    """
    folder = place.named(title)
    if not folder.is_dir() and not place.download:
        raise DataError(
            Message(
                "There is no folder {folder}. {title} expects {files} in it. Choose the folder that holds "
                "it, or allow the download.",
                folder=folder,
                title=title,
                files=files,
            )
        )
    try:
        parts = [open_part(str(folder), part, place.download) for part in ("train", "test")]
        (x, y), own_test = map(_tensors, parts)
    except Exception as error:  # torchvision and SciPy have errors of their own for broken files
        said = str(error).splitlines()
        raise DataError(
            Message(
                "{title} could not be read from {folder}, which should hold {files}: {reason}. Choose the "
                "folder that holds them, or allow the download.",
                title=title,
                folder=folder,
                files=files,
                reason=said[0].rstrip(".") if said else type(error).__name__,
            )
        ) from error
    return Raw(x, y, own_test)


def _tensors(dataset: Any) -> tuple[Any, Any]:
    import numpy as np
    import torch

    return (
        torch.from_numpy(np.ascontiguousarray(dataset.data)),
        torch.from_numpy(np.asarray(dataset.labels).astype(np.int64)),
    )
