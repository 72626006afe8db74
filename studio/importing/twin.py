"""A copy of a module whose tensors have shapes and no memory: reading a module never changes it."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import torch
from torch import nn


def twin(module: nn.Module) -> nn.Module:
    """A copy on PyTorch's meta device. What one module or tensor is twice, it is twice in the copy too.

    Raises what `copy.deepcopy` raises for a module that cannot be copied.
    """
    memo: dict[int, object] = {}
    for tensor in _registered(module):
        if id(tensor) not in memo:
            memo[id(tensor)] = _meta(tensor)
    made: nn.Module = copy.deepcopy(module, memo)
    return made


def _registered(module: nn.Module) -> Iterator[torch.Tensor]:
    yield from module.parameters()
    yield from module.buffers()


def _meta(tensor: torch.Tensor) -> torch.Tensor:
    empty = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(empty, requires_grad=tensor.requires_grad)
    return empty
