"""Fashion-MNIST: 70,000 pictures of clothes (Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747)."""

from __future__ import annotations

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("Fashion-MNIST")


def _load(place: Place) -> Raw:
    from torchvision.datasets import FashionMNIST

    from studio.data.sources import idx

    return idx.load(FashionMNIST, place, TITLE)


INFO = SourceInfo(
    name="fashion_mnist",
    title=TITLE,
    description=Message("70\u2009000 pictures of clothes, 28×28 grey pixels, from a folder you name."),
    task="classification",
    shape=(1, 28, 28),
    samples=60_000,
    outputs=10,
    load=_load,
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    scale=1 / 255,
    needs_root=True,
    test_samples=10_000,
    files="FashionMNIST/raw/*-ubyte[.gz]",
)
