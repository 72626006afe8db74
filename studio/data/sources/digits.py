"""scikit-learn's handwritten digits: 1,797 images of 8×8 pixels, 0 to 16, part of UCI's optdigits."""

from __future__ import annotations

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message


def _load(_: Place) -> Raw:
    import torch
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = torch.from_numpy(bunch.images).float().unsqueeze(1)
    return Raw(images, torch.from_numpy(bunch.target).long())


INFO = SourceInfo(
    name="digits",
    title=Message("Handwritten digits (8×8)"),
    description=Message("1\u2009797 real handwritten digits of 8×8 grey pixels. Bundled, trains in seconds."),
    task="classification",
    shape=(1, 8, 8),
    samples=1797,
    outputs=10,
    load=_load,
    class_names=tuple("0123456789"),
    scale=1 / 16,
)
