"""The batch and open lengths as symbols: every value is worked out for several; what differs follows them.

Two batch sizes tell what depends on N; where the source leaves the length of sequences open, two lengths tell
what depends on L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import torch

from studio.compiler.analysis import Dim, Number, Size, TensorSpec
from studio.compiler.literals import dtype

BATCHES = (11, 17)
"""Two primes that are unlikely as a length, so that a hard-coded batch does not fit by accident."""
LENGTHS = (31, 79)
"""Two primes, 48 apart: strides of 2, 3, 4 ... fit as often into the one as into the other."""
POINTS = tuple((batch, length) for length in LENGTHS for batch in BATCHES)


class BatchError(Exception):
    """A length that depends on the batch in no way that `Size` can say."""


@dataclass(slots=True, eq=False)
class Value:
    """What flows along a wire; `key` is equal for values that act alike.

    `runs` holds it for each of `BATCHES`, or, where it depends on L, for each of `POINTS`. `seen` holds the
    shape once it was asked for, `inside` what was picked out of it.
    """

    runs: tuple[Any, ...]
    key: str
    seen: tuple[TensorSpec | None] | None = None
    inside: dict[tuple[Any, ...], Value] = field(default_factory=dict)

    def at_point(self, point: int) -> Any:
        return self.runs[point % len(self.runs)]

    @property
    def open(self) -> bool:
        """Whether it depends on L."""
        return len(self.runs) > len(BATCHES)


def dim_of(*lengths: int) -> Dim:
    """The symbol for a length seen in every run. Raises BatchError when there is none."""
    first, second, *longer = lengths
    if len(set(lengths)) == 1:
        return first
    batches, steps = BATCHES[1] - BATCHES[0], LENGTHS[1] - LENGTHS[0]
    if not longer and (second - first) % batches == 0:
        times = (second - first) // batches
        return Size(times, first - times * BATCHES[0])
    length: Number = 0
    product: Number = 0
    if longer:
        product = Fraction(longer[1] - longer[0] - second + first, steps * batches)
        length = Fraction(longer[0] - first, steps) - product * BATCHES[0]
    factor = Fraction(second - first, batches) - product * LENGTHS[0]
    if factor.denominator != 1:
        raise BatchError(f"a length is {first} for a batch of {BATCHES[0]} and {second} for {BATCHES[1]}")
    offset = first - factor * BATCHES[0] - length * LENGTHS[0] - product * BATCHES[0] * LENGTHS[0]
    return Size(int(factor), _whole(offset), _whole(length), _whole(product))


def _whole(number: Number) -> Number:
    return int(number) if number == int(number) else number


def tensors_of(spec: TensorSpec) -> Value:
    """Tensors of a shape that hold no memory."""
    is_open = any(isinstance(d, Size) and (d.length or d.product) for d in spec.shape)
    return value_of(
        *(
            torch.empty(
                [d.at(batch, length) if isinstance(d, Size) else d for d in spec.shape],
                dtype=dtype(spec.dtype),
                device="meta",
            )
            for batch, length in (POINTS if is_open else POINTS[: len(BATCHES)])
        )
    )


def value_of(*runs: Any) -> Value:
    return Value(runs, "&".join(map(_key, runs)))


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
        value.seen = (_spec_of(value.runs),)
    return value.seen[0]


def _spec_of(runs: tuple[Any, ...]) -> TensorSpec | None:
    if not all(isinstance(run, torch.Tensor) for run in runs):
        return None
    if len({run.ndim for run in runs}) > 1:
        raise BatchError("the number of dimensions depends on the batch size")
    shape = tuple(dim_of(*lengths) for lengths in zip(*(run.shape for run in runs), strict=True))
    return TensorSpec(shape, str(runs[0].dtype).removeprefix("torch."))


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
    if path not in value.inside:
        runs = value.runs
        for step in path:
            runs = tuple(run[step] for run in runs)
        value.inside[path] = value_of(*runs)
    return value.inside[path]


def together(values: list[Value]) -> Value:
    """Several values as the tuple that a module returns."""
    count = max((len(value.runs) for value in values), default=len(BATCHES))
    return value_of(*(tuple(value.at_point(point) for value in values) for point in range(count)))
