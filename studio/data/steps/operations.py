"""What fitted steps do to a tensor: float32 arithmetic of PyTorch alone, the same in training and in exports.

This file stands by itself: it goes into exported folders as it is. An operation is a mapping with its `type`
and plain numbers; columns lie along dimension 1 of (N, C, ...), or along `axis`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

Step = Mapping[str, Any]


def apply(steps: Iterable[Step], x: Tensor) -> Tensor:
    """(N, ...) as stored, to float32 as the network takes it. Raises ValueError for an unknown operation."""
    x = x.to(torch.float32)
    for step in steps:
        if step["type"] not in OPERATIONS:
            raise ValueError(f"no preprocessing step {step['type']!r}")
        x = OPERATIONS[step["type"]](step, x)
    return x


def _numbers(values: Sequence[float | None], x: Tensor) -> Tensor:
    """A list as a tensor beside `x`; None is a number that is missing."""
    known = [float("nan") if value is None else value for value in values]
    return torch.tensor(known, dtype=torch.float32, device=x.device)


def _along(step: Step, name: str, x: Tensor) -> Tensor:
    """A list with a number a column, shaped to lie along the columns of `x`."""
    shape = [1] * x.dim()
    shape[step.get("axis", 1)] = -1
    return _numbers(step[name], x).view(shape)


def scale(step: Step, x: Tensor) -> Tensor:
    factor: float = step["factor"]
    return x * factor


def standardize(step: Step, x: Tensor) -> Tensor:
    return (x - _along(step, "mean", x)) / _along(step, "std", x)


def impute(step: Step, x: Tensor) -> Tensor:
    return torch.where(torch.isnan(x), _along(step, "values", x), x)


def one_hot(step: Step, x: Tensor) -> Tensor:
    """A column of numbers stays; one of places among categories becomes a column of 0 and 1 each."""
    return torch.cat([_spread(x[:, i : i + 1], len(names)) for i, names in enumerate(step["categories"])], 1)


def _spread(column: Tensor, categories: int) -> Tensor:
    if not categories:
        return column
    return (column == torch.arange(categories, dtype=column.dtype, device=column.device)).to(column.dtype)


OPERATIONS: dict[str, Callable[[Step, Tensor], Tensor]] = {
    "scale": scale,
    "standardize": standardize,
    "impute": impute,
    "one_hot": one_hot,
}
