"""Layers whose output is known without running them, which PyTorch does slowly on the meta device.

There normalisations, activations and linear layers are worked out in Python, ten times slower than
convolutions. Only what is certain is answered here: one dense tensor of real numbers that fits the layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

import torch
from torch import nn

from studio.compiler.symbols import Value, value_of

_ELEMENTWISE = (
    nn.Identity, nn.ReLU, nn.GELU, nn.SiLU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.ELU, nn.SELU, nn.CELU,
    nn.ReLU6, nn.Mish, nn.Hardswish, nn.Hardsigmoid, nn.Softplus, nn.Softsign, nn.LogSigmoid, nn.Dropout,
)  # fmt: skip
_RANKS: dict[type[nn.Module], tuple[int, ...]] = {
    nn.BatchNorm1d: (2, 3),
    nn.BatchNorm2d: (4,),
    nn.BatchNorm3d: (5,),
}


def keeps(module: nn.Module, value: Value) -> bool:
    """Whether the module is certain to give a tensor of the same shape, data type and strides."""
    return all(_keeps(module, run) for run in value.runs)


def alike(values: Sequence[Value]) -> bool:
    """Whether these are two values of the same shapes, so that their sum is certain to have them too."""
    if len(values) != 2 or len(values[0].runs) != len(values[1].runs):
        return False
    pairs = zip(values[0].runs, values[1].runs, strict=True)
    return all(_is_plain(one) and _is_plain(other) and one.shape == other.shape for one, other in pairs)


def widened(module: nn.Module, value: Value) -> Value | None:
    """What a linear layer gives; None where the module is another one, or the input not certain to fit."""
    if type(module) is not nn.Linear or module.weight.dtype != torch.float32:
        return None
    runs = [x for x in value.runs if _is_plain(x) and x.ndim and x.shape[-1] == module.in_features]
    if len(runs) < len(value.runs):
        return None
    return value_of(*(x.new_empty((*x.shape[:-1], module.out_features)) for x in runs))


def _is_plain(x: object) -> TypeGuard[torch.Tensor]:
    return isinstance(x, torch.Tensor) and x.is_meta and x.dtype == torch.float32 and x.is_contiguous()


def _keeps(module: nn.Module, x: object) -> bool:
    if not _is_plain(x):
        return False
    kind = type(module)
    if kind in _ELEMENTWISE:
        return True
    if isinstance(module, nn.LayerNorm):
        shape = module.normalized_shape
        return len(shape) < x.ndim and tuple(x.shape[x.ndim - len(shape) :]) == shape
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
        return x.ndim in _RANKS.get(kind, ()) and x.shape[1] == module.num_features
    return False
