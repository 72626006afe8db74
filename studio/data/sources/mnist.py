"""MNIST: 70,000 handwritten digits (LeCun, Cortes, Burges)."""

from __future__ import annotations

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("MNIST digits (28×28)")


def _load(place: Place) -> Raw:
    from torchvision.datasets import MNIST

    from studio.data.sources import idx

    return idx.load(MNIST, place, TITLE)


INFO = SourceInfo(
    name="mnist",
    title=TITLE,
    description=Message("70\u2009000 handwritten digits of 28×28 grey pixels, from a folder you name."),
    task="classification",
    shape=(1, 28, 28),
    samples=60_000,
    outputs=10,
    load=_load,
    class_names=tuple("0123456789"),
    scale=1 / 255,
    needs_root=True,
    test_samples=10_000,
    files="MNIST/raw/*-ubyte[.gz]",
)
