"""Layers whose output is a tensor like their input: known without running them, which PyTorch does slowly.

On the meta device normalisations and activations are worked out in Python, ten times slower than products.
Only what is certain is answered here: one dense tensor of real numbers that fits the layer.
"""

from __future__ import annotations

import torch
from torch import nn

from studio.compiler.symbols import Value

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


def _keeps(module: nn.Module, x: object) -> bool:
    if not isinstance(x, torch.Tensor) or x.dtype != torch.float32 or not x.is_contiguous():
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
