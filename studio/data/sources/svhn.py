"""Street View House Numbers: 99,289 digits cut out of photographs (Netzer and others 2011)."""

from __future__ import annotations

from typing import Any

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("House numbers (SVHN)")
FILES = "train_32x32.mat, test_32x32.mat"


def _open(folder: str, part: str, download: bool) -> Any:
    from torchvision.datasets import SVHN

    return SVHN(folder, split=part, download=download)


def _load(place: Place) -> Raw:
    from studio.data.sources import torchvision_files

    return torchvision_files.load(_open, FILES, place, TITLE)


INFO = SourceInfo(
    name="svhn",
    title=TITLE,
    description=Message(
        "99\u2009289 digits of house numbers, 32×32 pixels in colour, from a folder you name."
    ),
    task="classification",
    shape=(3, 32, 32),
    samples=73_257,
    outputs=10,
    load=_load,
    class_names=tuple("0123456789"),
    scale=1 / 255,
    needs_root=True,
    test_samples=26_032,
    files=FILES,
)
