"""EMNIST, balanced: 131,600 handwritten digits and letters (Cohen and others 2017, arXiv 1702.05373)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

TITLE = Message("EMNIST (digits and letters)")
FILES = tuple(
    f"emnist-balanced-{part}-{end}"
    for part in ("train", "test")
    for end in ("images-idx3-ubyte", "labels-idx1-ubyte")
)


def _load(place: Place) -> Raw:
    """The images as one reads them: in the files rows and columns are exchanged."""
    from studio.data.sources import idx

    raw = idx.load(_balanced(), place, TITLE)
    assert raw.own_test is not None, "these files have a test set"
    test_x, test_y = raw.own_test
    return replace(raw, x=_upright(raw.x), own_test=(_upright(test_x), test_y))


def _upright(images: Any) -> Any:
    return images.transpose(2, 3).contiguous()


def _balanced() -> type[Any]:
    """torchvision's reader, asked for these files alone, whose checksums nobody has published one by one."""
    from torchvision.datasets import EMNIST

    def begin(self: Any, root: str, train: bool, download: bool) -> None:
        EMNIST.__init__(self, root, "balanced", train=train, download=download)

    files = tuple((f"{name}.gz", "") for name in FILES)
    return type(EMNIST.__name__, (EMNIST,), {"resources": files, "__init__": begin})


INFO = SourceInfo(
    name="emnist",
    title=TITLE,
    description=Message(
        "131\u2009600 handwritten digits and letters in 47 classes, 28×28 grey pixels, from a folder you "
        "name."
    ),
    task="classification",
    shape=(1, 28, 28),
    samples=112_800,
    outputs=47,
    load=_load,
    class_names=tuple("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"),
    scale=1 / 255,
    needs_root=True,
    test_samples=18_800,
    files="EMNIST/raw/emnist-balanced-*-ubyte[.gz]",
)
