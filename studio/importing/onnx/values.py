"""What flows between the operators of an ONNX graph while it is read: tensors, constants, lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from studio.graph.values import Json, reference
from studio.words import Message

Dims: TypeAlias = tuple[int | None, ...]


class Unsupported(Exception):  # noqa: N818 - gathered, and told all together
    """An operator that no node of the catalogue can stand for: the reason."""

    def __init__(self, reason: Message) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Ref:
    """The output of a node. `shape` as far as it is known; a length that is not is None."""

    node: str
    index: int | None = None
    shape: Dims | None = None

    @property
    def json(self) -> dict[str, Json]:
        return reference(self.node, self.index)

    @property
    def rank(self) -> int:
        if self.shape is None:
            raise Unsupported(Message("the number of dimensions of what it takes is not known"))
        return len(self.shape)

    def length(self, dim: int) -> Json:
        """The length along `dim`: a number where it is fixed, else an expression. The batch never is."""
        dim %= self.rank
        known = self.shape[dim] if self.shape is not None and dim > 0 else None
        return known if known is not None else {"size": [self.json, dim]}


@dataclass(frozen=True, slots=True, eq=False)
class Const:
    """A tensor that stands in the file. `name` is that of its initialiser, empty where it was worked out."""

    array: np.ndarray[Any, Any]
    name: str = ""

    @property
    def scalar(self) -> int | float | bool | None:
        """Its value where it is one number."""
        return self.array.reshape(()).item() if self.array.size == 1 else None

    @property
    def integral(self) -> bool:
        return bool(np.issubdtype(self.array.dtype, np.integer))


@dataclass(frozen=True, slots=True)
class Lengths:
    """Whole numbers of which some follow from the input: `items` are numbers or expressions of a document."""

    items: tuple[Json, ...]
    scalar: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """A tensor of one number everywhere, of sizes that follow from the input."""

    number: int | float | bool


Value: TypeAlias = Ref | Const | Lengths | Filled


def merged(one: Dims | None, other: Dims) -> Dims:
    """What two accounts of a shape know together."""
    if one is None or len(one) != len(other):
        return other
    return tuple(a if a is not None else b for a, b in zip(one, other, strict=True))


def lengths(value: Value) -> Lengths:
    """A value as whole numbers. Raises Unsupported where it is a tensor that is only known while running."""
    match value:
        case Lengths():
            return value
        case Const() if value.integral and value.array.ndim <= 1:
            return Lengths(tuple(int(v) for v in value.array.reshape(-1)), value.array.ndim == 0)
        case _:
            raise Unsupported(Message("its sizes are only known while the network runs"))


def arithmetic(name: str, left: Json, right: Json) -> Json:
    """One of `+ - * //` on two lengths, worked out where both are numbers."""
    if isinstance(left, int) and isinstance(right, int):
        if name == "//":
            if right == 0:
                raise Unsupported(Message("it divides by zero"))
            return left // right
        return {"+": left + right, "-": left - right, "*": left * right}[name]
    if (name, right) in (("*", 1), ("//", 1), ("+", 0), ("-", 0)):
        return left
    if (name, left) in (("*", 1), ("+", 0)):
        return right
    return {"expr": name, "of": [left, right]}


def product(items: Sequence[Json]) -> Json:
    result: Json = 1
    for item in items:
        result = arithmetic("*", result, item)
    return result
