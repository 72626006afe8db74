"""JSON literals as Python values: data types, infinities, devices. Imports torch; imported lazily."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch

from studio.catalog import callables, table
from studio.compiler.forms import read
from studio.graph.values import Json, arithmetic
from studio.words import Message, NetloomError

_NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_DTYPES: dict[str, torch.dtype] = {
    name: getattr(torch, name)
    for name in (
        *("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
        *("bool", "uint8", "int8", "int16", "int32", "int64"),
    )
}
_FORMATS = {name: value for name, value in vars(torch).items() if isinstance(value, torch.memory_format)}


def dtype(name: str) -> torch.dtype:
    """PyTorch's data type by its name without the prefix. Raises NetloomError for an unknown one."""
    try:
        return _DTYPES[name]
    except KeyError:
        raise NetloomError(Message("{name} is no data type of PyTorch.", name=name)) from None


def special(kind: str, name: str) -> Any:
    """The value of a form that names something of PyTorch: `{"dtype": ..}`, `{"f": ..}`, `{"layer": ..}`."""
    match kind:
        case "dtype":
            return dtype(name)
        case "device":
            return torch.device(name)
        case "memory_format" if name in _FORMATS:
            return _FORMATS[name]
        case "layer" if table.is_module(name):
            return callables.find(name)
        case "f" if name in _NUMBERS:
            return _NUMBERS[name]
    raise NetloomError(Message("{name} is no known value", name=name))


class LiteralReader:
    """Reads values that hold no reference to a node."""

    def literal(self, value: Any) -> Any:
        return value

    def special(self, kind: str, name: str) -> Any:
        return special(kind, name)

    def ellipsis(self) -> Any:
        return ...

    def listing(self, items: list[Any]) -> Any:
        return items

    def tupling(self, items: list[Any]) -> Any:
        return tuple(items)

    def mapping(self, items: dict[str, Any]) -> Any:
        return items

    def slicing(self, start: Any, stop: Any, step: Any) -> Any:
        return slice(start, stop, step)

    def reference(self, node: str, index: int | None) -> Any:
        raise NetloomError(Message("A wire to {node} cannot end in a parameter.", node=node))

    def size(self, tensor: Any, dim: Any) -> Any:
        return tensor.size(dim)

    def shape(self, tensor: Any) -> Any:
        return tensor.shape

    def item(self, holder: Any, index: Any) -> Any:
        return holder[index]

    def arithmetic(self, name: str, operands: list[Any]) -> Any:
        return arithmetic(name, operands)

    def either(self, training: Any, evaluating: Any) -> Any:
        return training

    def choice(self, condition: Any, one: Any, other: Any) -> Any:
        return one if condition else other


_reader = LiteralReader()


def parameter(value: Json) -> Any:
    """A constructor argument: like any literal, except that a list is the tuple PyTorch expects."""
    found = read(value, _reader)
    return _tuples(found) if isinstance(found, list) else found


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def parameters(values: Mapping[str, Json]) -> dict[str, Any]:
    return {name: parameter(value) for name, value in values.items()}
