"""Samples out of a tensor of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def rows(x: Tensor, index: Tensor | slice) -> Tensor:
    """The samples of `x` (N, ...) at `index`, lying in memory as `x` does.

    `index_select` copies whole samples where `x[index]` looks up every number, which takes three times as
    long; images that lie pixel by pixel are seen as what they are for it.
    """
    import torch

    if isinstance(index, slice):
        return x[index]
    if x.dim() == 4 and not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last):
        return x.permute(0, 2, 3, 1).index_select(0, index).permute(0, 3, 1, 2)
    return x.index_select(0, index)
