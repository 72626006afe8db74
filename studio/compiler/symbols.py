"""The batch as a symbol: every value is worked out for two batch sizes, and what differs depends on N."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from studio.compiler.analysis import Dim, Size, TensorSpec
from studio.compiler.literals import dtype

BATCHES = (11, 17)
"""Two primes that are unlikely as a length, so that a hard-coded batch does not fit by accident."""


class BatchError(Exception):
    """A length that depends on the batch in no way of the form `factor * N + offset`."""


@dataclass(slots=True, eq=False)
class Value:
    """What flows along a wire, for each of `BATCHES`; `key` is equal for values that act alike.

    `seen` holds the shape once it was asked for.
    """

    runs: tuple[Any, Any]
    key: str
    seen: tuple[TensorSpec | None] | None = None


def length(dim: Dim, batch: int) -> int:
    return dim.factor * batch + dim.offset if isinstance(dim, Size) else dim


def dim_of(first: int, second: int) -> Dim:
    """The symbol for a length seen in both runs. Raises BatchError when there is none."""
    if first == second:
        return first
    factor, rest = divmod(second - first, BATCHES[1] - BATCHES[0])
    if rest:
        raise BatchError(f"a length is {first} for a batch of {BATCHES[0]} and {second} for {BATCHES[1]}")
    return Size(factor, first - factor * BATCHES[0])


def tensors_of(spec: TensorSpec) -> Value:
    """Tensors of a shape that hold no memory."""
    first, second = (
        torch.empty([length(d, batch) for d in spec.shape], dtype=dtype(spec.dtype), device="meta")
        for batch in BATCHES
    )
    return value_of(first, second)


def value_of(first: Any, second: Any) -> Value:
    return Value((first, second), f"{_key(first)}&{_key(second)}")


def _key(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"{value.dtype}{tuple(value.shape)}{value.stride()}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({','.join(map(_key, value))})"
    if isinstance(value, dict):
        return f"{{{','.join(f'{k}:{_key(v)}' for k, v in value.items())}}}"
    return repr(value)


def spec_of(value: Value) -> TensorSpec | None:
    """The shape of a tensor, None for anything else. Raises BatchError."""
    if value.seen is None:
        value.seen = (_spec_of(*value.runs),)
    return value.seen[0]


def _spec_of(first: Any, second: Any) -> TensorSpec | None:
    if not (isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor)):
        return None
    if first.ndim != second.ndim:
        raise BatchError("the number of dimensions depends on the batch size")
    shape = tuple(dim_of(a, b) for a, b in zip(first.shape, second.shape, strict=True))
    return TensorSpec(shape, str(first.dtype).removeprefix("torch."))


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)


def at(value: Value, path: tuple[Any, ...]) -> Value:
    """What lies inside a value. Raises LookupError or TypeError where nothing does."""
    first, second = value.runs
    for step in path:
        first, second = first[step], second[step]
    return value_of(first, second)
