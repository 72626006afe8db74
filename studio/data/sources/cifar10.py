"""CIFAR-10: 60,000 small colour photographs of ten things (Krizhevsky 2009)."""

from __future__ import annotations

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("CIFAR-10")


def _load(place: Place) -> Raw:
    from torchvision.datasets import CIFAR10

    from studio.data.sources import cifar

    return cifar.load(CIFAR10, place, TITLE)


INFO = SourceInfo(
    name="cifar10",
    title=TITLE,
    description=Message(
        "60\u2009000 colour photographs of 32×32 pixels in 10 classes, from a folder you name."
    ),
    task="classification",
    shape=(3, 32, 32),
    samples=50_000,
    outputs=10,
    load=_load,
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    scale=1 / 255,
    needs_root=True,
    test_samples=10_000,
    files="cifar-10-batches-py/ | cifar-10-python.tar.gz",
)
