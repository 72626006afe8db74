"""Small arithmetic of shapes: sizes a sample, divisors, tuples written as one number."""

from __future__ import annotations

import math
from collections.abc import Sequence

from studio.compiler.analysis import Dim, N
from studio.graph.values import Json


def sample_size(shape: Sequence[Dim]) -> int | None:
    """How many values a sample has, where the batch comes first; None where it does not."""
    rest = numbers(shape[1:])
    return math.prod(rest) if shape and shape[0] == N and rest is not None else None


def numbers(dims: Sequence[Dim]) -> tuple[int, ...] | None:
    """Lengths that are all numbers; None where one depends on the batch."""
    return tuple(d for d in dims if isinstance(d, int)) if all(isinstance(d, int) for d in dims) else None


def each(value: Json, count: int, default: int = 0) -> tuple[int, ...] | None:
    """A parameter that is one number for all dimensions or one for each; None where it is neither."""
    if value is None:
        value = default
    if type(value) is int:
        return (value,) * count
    if isinstance(value, list | tuple) and len(value) == count and all(type(v) is int for v in value):
        return tuple(value)
    return None


def divisors(number: int, most: int) -> list[int]:
    """The divisors of `number` up to `most`, the largest first."""
    return [d for d in range(min(number, most), 0, -1) if number % d == 0] if number > 0 else []


def next_multiple(number: int, of: int) -> int:
    return -(-number // of) * of


def by(lengths: Sequence[Dim]) -> str:
    """`3×3`."""
    return "×".join(map(str, lengths))
