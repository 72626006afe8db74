"""Images turned, shifted, zoomed and slanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.data.augmentation.kind import IMAGES, Kind
from studio.data.steps.options import NUMBER, Option
from studio.words import Message

if TYPE_CHECKING:
    from torch import Generator, Tensor


def rotate(x: Tensor, generator: Generator, degrees: float) -> Tensor:
    """Turns each image around its middle, by up to `degrees` to either side."""
    import torch

    angle = torch.deg2rad((2 * torch.rand(len(x), generator=generator) - 1) * degrees)
    return warp(x, turning(angle))


def affine(
    x: Tensor,
    generator: Generator,
    degrees: float,
    translate: float,
    zoom: float,
    shear: float,
) -> Tensor:
    """Turns, shifts, zooms and slants each image, each by up to so much to either side.

    `translate` is a share of height and width, `zoom` of the size; the rest is in degrees.
    """
    import torch

    turn, down, across, size, slant = 2 * torch.rand(5, len(x), generator=generator) - 1
    moves = turning(torch.deg2rad(turn * degrees))
    slanted = torch.eye(2).repeat(len(x), 1, 1)
    slanted[:, 0, 1] = torch.deg2rad(slant * shear).tan()
    moves[:, :, :2] = moves[:, :, :2] @ slanted / (1 + size * zoom).view(-1, 1, 1)
    shift = torch.stack([across * x.shape[-1], down * x.shape[-2]], 1) * translate
    moves[:, :, 2] = -(moves[:, :, :2] @ shift.unsqueeze(2)).squeeze(2)
    return warp(x, moves)


def turning(angle: Tensor) -> Tensor:
    """Angles (N,) as matrices (N, 2, 3) that tell where a pixel comes from."""
    import torch

    zero = torch.zeros_like(angle)
    rows = [angle.cos(), -angle.sin(), zero, angle.sin(), angle.cos(), zero]
    return torch.stack(rows, 1).view(-1, 2, 3)


def warp(x: Tensor, moves: Tensor) -> Tensor:
    """Images whose pixels come from `moves` (N, 2, 3) of their place, from the middle.

    Straight lines between pixels, of whole numbers the nearest; black where none was.
    """
    import torch
    from torch.nn import functional

    height, width = x.shape[-2:]
    half = torch.tensor([width / 2, height / 2])
    size = torch.cat([half, torch.ones(1)])
    moves = (moves * size / half.view(2, 1)).to(x.device)
    grid = functional.affine_grid(moves, list(x.shape), align_corners=False)
    mode = "bilinear" if x.is_floating_point() else "nearest"
    moved = functional.grid_sample(
        x.float(), grid, mode, padding_mode="zeros", align_corners=False
    )
    return moved.to(x.dtype)


def _share(name: str, label: Message, default: float, most: float) -> Option:
    return Option(name, label, NUMBER, default, 0, most)


KINDS = (
    Kind(
        "rotate",
        Message("Rotate"),
        Message("Turns an image by up to so many degrees to either side."),
        (_share("degrees", Message("degrees"), 15.0, 180),),
        IMAGES,
        rotate,
        warps=True,
    ),
    Kind(
        "affine",
        Message("Affine"),
        Message(
            "Turns, shifts, zooms and slants at once, each by up to so much to either side."
        ),
        (
            _share("degrees", Message("degrees"), 10.0, 180),
            _share("translate", Message("shift"), 0.1, 1),
            _share("zoom", Message("zoom"), 0.1, 0.9),
            _share("shear", Message("slant"), 0.0, 80),
        ),
        IMAGES,
        affine,
        warps=True,
    ),
)
