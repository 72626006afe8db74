"""Batch norms that are called alike give alike: each is run once, as PyTorch is slow to find their shapes.

Without memory PyTorch takes a batch norm apart into forty operations, 155 times over for a resnet152.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

_KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


class Norms:
    """What batch norms of one reading gave, by what they are and what came in."""

    def __init__(self) -> None:
        self._known: dict[object, Tensor] = {}

    def remembering(self, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
        """`forward`, for a batch norm of PyTorch's own such that a call like one before is not run again.

        `forward` is the module's; what it raises is raised by each call.
        """
        if type(module) not in _KINDS:
            return forward
        held = (*module.parameters(recurse=False), *module.buffers(recurse=False))
        own = (type(module), module.training, module.extra_repr(), *map(_kind, held))

        def run(*args: Any, **kwargs: Any) -> Any:
            if kwargs or len(args) != 1 or not isinstance(args[0], Tensor):
                return forward(*args, **kwargs)
            key = (*own, _kind(args[0]), torch.is_grad_enabled())
            known = self._known.get(key)
            if known is None:
                made: Tensor = forward(args[0])  # may be written into by whoever has it
                self._known[key] = made.detach().clone().requires_grad_(made.requires_grad)
                return made
            return known.clone()

        return run


def _kind(tensor: Tensor) -> object:
    return (tensor.shape, tensor.stride(), tensor.dtype, tensor.device, tensor.requires_grad)
