"""Batches whose samples are blended with each other: mixup and cutmix, as torchvision.transforms.v2 has them.

What is drawn comes from torch's own generator, which a run seeds and keeps. Papers: arXiv:1710.09412 and
arXiv:1905.04899.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from studio.training.options import Options


class Mixing:
    """Each sample is blended with the one before it in the batch; both labels keep their share.

    Where mixup and cutmix are both on, a coin decides for each batch.
    """

    def __init__(self, mixup: float, cutmix: float, classes: int) -> None:
        self._mixup, self._cutmix, self._classes = mixup, cutmix, classes

    def __call__(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """x (N, ...), y (N,) to the blended x and the shares of the classes (N, classes)."""
        cuts = self._cutmix > 0
        if cuts and self._mixup:
            cuts = bool(torch.rand(()) < 0.5)
        share = _beta(self._cutmix if cuts else self._mixup)
        other = x.roll(1, 0)
        if cuts:
            x, share = _pasted(x, other, share)
        else:
            x = x * share + other * (1 - share)
        labels = functional.one_hot(y, self._classes).to(x.dtype)
        return x, labels * share + labels.roll(1, 0) * (1 - share)


def make(options: Options, classes: int) -> Mixing | None:
    """What the settings ask for; None for batches as they are."""
    if not options.mixup and not options.cutmix:
        return None
    return Mixing(options.mixup, options.cutmix, classes)


def _beta(alpha: float) -> float:
    """A number from the Beta distribution with both parameters `alpha`."""
    return float(torch.distributions.Beta(alpha, alpha).sample())


def _pasted(x: Tensor, other: Tensor, share: float) -> tuple[Tensor, float]:
    """A box of `other` in x (N, C, H, W), as large as 1 - `share` of it; and the share that is left of x."""
    height, width = x.shape[-2:]
    down, across = (int(torch.randint(size, ())) for size in (height, width))
    half = 0.5 * math.sqrt(1.0 - share)
    top, bottom = max(0, down - int(half * height)), min(height, down + int(half * height))
    left, right = max(0, across - int(half * width)), min(width, across + int(half * width))
    x = x.clone()
    x[..., top:bottom, left:right] = other[..., top:bottom, left:right]
    return x, 1.0 - (bottom - top) * (right - left) / (height * width)
