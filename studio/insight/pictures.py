"""What a tensor looks like: a few planes of bytes or a few bars, and its statistics. No colours, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

PLANES = 8
"""how many channels are shown"""
BARS = 64
"""a longer vector is wrapped into rows"""
SIDE = 96
"""planes that are larger are averaged down to this many values a side"""


@dataclass(frozen=True, slots=True)
class Output:
    """What a node gave for one sample.

    `planes` are `height` rows of `width` bytes each, three bytes a value where `kind` is "color"; 0 is the
    least and 255 the greatest value of the whole tensor. `values` are those of "bars". `channels` says how
    many planes there are in all, `liveliest` which of those shown varies most. `low`, `high`, `mean` and the
    share of `zeros` are of the whole tensor, without the share of values that are `broken`: not finite.
    """

    kind: Literal["planes", "color", "bars"]
    shape: tuple[int, ...]
    low: float
    high: float
    mean: float
    zeros: float
    broken: float = 0.0
    width: int = 0
    height: int = 0
    planes: tuple[bytes, ...] = ()
    values: tuple[float, ...] = ()
    channels: int = 1
    liveliest: int = 0


def output_of(tensor: Tensor, color: bool = False) -> Output | None:
    """The picture of a tensor (1, ...); None of an empty one. `color`: (1, 3, H, W) is red, green, blue."""
    shape = tuple(tensor.shape)
    if tensor.numel() == 0:
        return None
    values = (tensor.abs() if tensor.is_complex() else tensor).detach().float()
    finite = torch.isfinite(values)
    broken = 1 - float(finite.float().mean())
    known = values[finite] if broken else values
    low, high, mean, zeros = 0.0, 0.0, 0.0, 0.0
    if known.numel():
        low, high, mean = float(known.min()), float(known.max()), float(known.mean())
        zeros = float((known == 0).float().mean())
    values = torch.where(finite, values, low) if broken else values
    one = values[0] if values.dim() and values.shape[0] == 1 else values
    if one.dim() < 2 and one.numel() <= BARS:
        bars = tuple(float(value) for value in one.reshape(-1))
        return Output("bars", shape, low, high, mean, zeros, broken, values=bars)
    planes = _planes(one)
    shown = planes[:PLANES]
    levels = _levels(_reduced(shown), low, high)
    kind: Literal["planes", "color"] = "planes"
    if color and one.dim() == 3 and len(one) == 3:
        kind, stacked = "color", (levels.movedim(0, -1).contiguous(),)
    else:
        stacked = tuple(levels)
    spread = shown.flatten(1).std(dim=1, correction=0)
    return Output(
        kind,
        shape,
        low,
        high,
        mean,
        zeros,
        broken,
        levels.shape[2],
        levels.shape[1],
        tuple(plane.contiguous().numpy().tobytes() for plane in stacked),
        channels=len(planes),
        liveliest=int(spread.argmax()) if kind == "planes" else 0,
    )


def _planes(one: Tensor) -> Tensor:
    """The values of one sample as (planes, rows, columns)."""
    if one.dim() == 2:
        return one[None]
    if one.dim() == 3:
        return one
    if one.dim() == 4:
        return one[:, one.shape[1] // 2]
    flat = one.reshape(-1)
    width = math.isqrt(flat.numel() - 1) + 1
    rows = -(-flat.numel() // width)
    return functional.pad(flat, (0, rows * width - flat.numel()), value=float(flat.min())).view(
        1, rows, width
    )


def _reduced(planes: Tensor) -> Tensor:
    height, width = planes.shape[1:]
    if max(height, width) <= SIDE:
        return planes
    return functional.adaptive_avg_pool2d(planes, (min(height, SIDE), min(width, SIDE)))


def _levels(planes: Tensor, low: float, high: float) -> Tensor:
    if high <= low:
        return torch.zeros(planes.shape, dtype=torch.uint8)
    return ((planes - low) / (high - low) * 255).round().clamp(0, 255).to(torch.uint8)
