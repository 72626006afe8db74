"""Writing into a part of a tensor, as the document says it: a copy that has the value there.

A wire carries a value that stays what it is; see docs/decisions/0126-what-is-written-in-place.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from studio.graph.values import Json
from studio.importing import trees

Make = Callable[..., Json]
"""makes a node of a type with these arguments and returns the reference to it"""


def written(
    make: Make, said: Callable[[Any], Json], tensor: Tensor, whole: Json, index: Any, value: Json
) -> Json:
    """What `tensor`, known as `whole`, is after `tensor[index] = value`. Raises UntraceableError."""
    parts = index if isinstance(index, tuple) else (index,)
    if not _is_made(value) and _is_mask(parts, tensor):
        return make("torch.masked_fill", whole, said(parts[0]), value=value)
    return _scattered(make, said, whole, trees.spelt(parts, tensor.ndim), 0, value)


def _scattered(
    make: Make, said: Callable[[Any], Json], whole: Json, parts: tuple[Any, ...], dim: int, value: Json
) -> Json:
    """A copy of `whole` with `value` at `parts`, the first of which is an index of dimension `dim`."""
    while parts and parts[0] == slice(None):
        parts, dim = parts[1:], dim + 1
    if not parts:
        if _is_made(value):
            return make("Tensor.expand_as", value, whole)
        return make("torch.full_like", whole, value)
    first, *rest = parts
    before = [{"slice": [None, None, None]}] * dim
    part = make("op.getitem", whole, {"t": [*before, said(first)]})
    if isinstance(first, int):
        made = _scattered(make, said, part, tuple(rest), dim, value)
        return make("torch.select_scatter", whole, made, dim=dim, index=said(first))
    made = _scattered(make, said, part, tuple(rest), dim + 1, value)
    ends = {
        name: said(end)
        for name, end in (("start", first.start), ("end", first.stop), ("step", first.step))
        if end is not None
    }
    return make("torch.slice_scatter", whole, made, dim=dim, **ends)


def _is_made(value: Json) -> bool:
    """Whether a value comes from a node."""
    return isinstance(value, dict) and ("n" in value or "getitem" in value)


def _is_mask(parts: tuple[Any, ...], tensor: Tensor) -> bool:
    """Whether an index says of each value of a tensor whether it is meant."""
    mask = parts[0]
    alike = isinstance(mask, Tensor) and mask.dtype == torch.bool and mask.shape == tensor.shape
    return len(parts) == 1 and alike
