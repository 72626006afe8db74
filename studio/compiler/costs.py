"""Multiply-adds of what runs, counted operator by operator while it runs on the meta device.

Counted are the products that PyTorch's own `FlopCounterMode` counts, by its formulas, and a few that it
leaves out. Additions, activations and normalisations are not: beside products they cost little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


def _vector(matrix: torch.Tensor, vector: torch.Tensor, **_: Any) -> int:
    return 2 * matrix.numel()


def _trilinear(one: torch.Tensor, weight: torch.Tensor, two: torch.Tensor, *_: Any, **__: Any) -> int:
    """What `nn.Bilinear` runs: (N, a) and (N, b) with weights (c, a, b)."""
    return 2 * weight.numel() * one.shape[0]


def _distances(one: torch.Tensor, two: torch.Tensor, *_: Any, out_val: torch.Tensor, **__: Any) -> int:
    return 2 * out_val.numel() * one.shape[-1]


_LEFT_OUT: Mapping[str, Callable[..., int]] = {
    "mv": _vector,
    "dot": _vector,
    "_trilinear": _trilinear,
    "_cdist_forward": _distances,
}


def _lengths(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.shape
    return tuple(map(_lengths, value)) if isinstance(value, tuple) else value


def _direct(formula: Callable[..., int]) -> Callable[..., int]:
    """A formula of PyTorch's for tensors; its own wrapper takes longer than the product it counts."""
    by_lengths = getattr(formula, "__wrapped__", None)
    if by_lengths is None:
        return formula

    def count(*args: Any, out_val: Any, **kwargs: Any) -> int:
        named = {name: _lengths(value) for name, value in kwargs.items()}
        counted: int = by_lengths(*map(_lengths, args), out_shape=_lengths(out_val), **named)
        return counted

    return count


_FORMULAS: Mapping[Any, Callable[..., int]] = {
    **{operator: _direct(formula) for operator, formula in flop_registry.items()},
    **{getattr(torch.ops.aten, name): formula for name, formula in _LEFT_OUT.items()},
}
"""Formula of each operator that multiplies; they count a multiplication and an addition as two."""


class Counter(TorchDispatchMode):
    """Counts while it is entered. Lighter than FlopCounterMode, which also follows modules."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._operations = 0

    @property
    def multiply_adds(self) -> float:
        return self._operations / 2

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        result = func(*args, **given)
        formula = _FORMULAS.get(func.overloadpacket)
        if formula is not None:
            self._operations += formula(*args, **given, out_val=result)
        return result
