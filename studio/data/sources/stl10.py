"""STL-10: 13,000 labelled photographs of ten kinds of things (Coates, Lee and Ng 2011)."""

from __future__ import annotations

from typing import Any

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("STL-10")
FILES = "stl10_binary/*.bin"


def _open(folder: str, part: str, download: bool) -> Any:
    from torchvision.datasets import STL10

    return STL10(folder, split=part, download=download)


def _load(place: Place) -> Raw:
    from studio.data.sources import torchvision_files

    return torchvision_files.load(_open, FILES, place, TITLE)


INFO = SourceInfo(
    name="stl10",
    title=TITLE,
    description=Message(
        "13\u2009000 photographs of ten kinds, 96×96 pixels in colour, from a folder you name."
    ),
    task="classification",
    shape=(3, 96, 96),
    samples=5_000,
    outputs=10,
    load=_load,
    class_names=(*("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck"),),
    scale=1 / 255,
    needs_root=True,
    test_samples=8_000,
    files=FILES,
)
