"""Kuzushiji-MNIST: 70,000 handwritten Japanese characters (Clanuwat and others 2018, arXiv 1812.01718)."""

from __future__ import annotations

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("Kuzushiji-MNIST")


def _load(place: Place) -> Raw:
    from torchvision.datasets import KMNIST

    from studio.data.sources import idx

    return idx.load(KMNIST, place, TITLE)


INFO = SourceInfo(
    name="kmnist",
    title=TITLE,
    description=Message(
        "70\u2009000 handwritten Japanese characters, 28×28 grey pixels, from a folder you name."
    ),
    task="classification",
    shape=(1, 28, 28),
    samples=60_000,
    outputs=10,
    load=_load,
    class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    scale=1 / 255,
    needs_root=True,
    test_samples=10_000,
    files="KMNIST/raw/*-ubyte[.gz]",
)
