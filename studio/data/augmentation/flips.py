"""Images mirrored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.kind import IMAGES, Kind, chance
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def flip(
    x: Tensor,
    generator: Generator,
    horizontal: float,
    vertical: float,
) -> Tensor:
    """Mirrors each image with these chances: left and right, above and below."""
    import torch

    for share, side in ((horizontal, -1), (vertical, -2)):
        if share:
            turned = torch.rand(len(x), generator=generator).to(x.device) < share
            x = torch.where(turned.view(-1, 1, 1, 1), x.flip(side), x)
    return x


KINDS = (
    Kind(
        "flip",
        Message("Flip"),
        Message("Mirrors an image. Not for letters and digits: a mirrored 3 is none."),
        (
            chance("horizontal", Message("left-right"), 0.5),
            chance("vertical", Message("up-down"), 0.0),
        ),
        IMAGES,
        flip,
        moves=True,
        warps=True,
    ),
)
