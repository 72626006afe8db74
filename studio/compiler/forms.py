"""One reading of the JSON forms of docs/file-format.md, for whoever gives them a meaning.

Analysis reads them as values, build as fx nodes, source as text. Nothing is ever evaluated as code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, TypeVar

from studio.graph.values import Json, form
from studio.words import Message, NetloomError

T = TypeVar("T")


class Reader(Protocol[T]):
    """What each form means to one reader. Arguments are already read."""

    def literal(self, value: str | float | bool | None) -> T: ...
    def special(self, kind: str, name: str) -> T: ...
    def ellipsis(self) -> T: ...
    def listing(self, items: list[T]) -> T: ...
    def tupling(self, items: list[T]) -> T: ...
    def mapping(self, items: dict[str, T]) -> T: ...
    def slicing(self, start: T, stop: T, step: T) -> T: ...
    def reference(self, node: str, index: int | None) -> T: ...
    def size(self, tensor: T, dim: T) -> T: ...
    def shape(self, tensor: T) -> T: ...
    def item(self, holder: T, index: T) -> T: ...
    def arithmetic(self, name: str, operands: list[T]) -> T: ...
    def either(self, training: T, evaluating: T) -> T: ...
    def choice(self, condition: T, one: T, other: T) -> T: ...


def read(value: Json, reader: Reader[T]) -> T:
    """`value` as `reader` understands it. Raises NetloomError for what is no known form.

    `special` is told the kind ("f", "dtype", "device", "memory_format" or "layer") and the name.
    """
    if isinstance(value, list | tuple):
        return reader.listing([read(item, reader) for item in value])
    if not isinstance(value, Mapping):
        return reader.literal(value)
    match form(value):
        case "n":
            return reader.reference(value["n"], value.get("i"))
        case "f" | "dtype" | "device" | "memory_format" | "layer" as kind:
            return reader.special(kind, str(value[kind]))
        case "t" | "d" | "slice" | "ellipsis":
            return _container(value, reader)
        case "size" | "shape" | "getitem" | "expr" | "if_training" | "if":
            return _computed(value, reader)
        case "p":
            raise NetloomError(Message("The block has no parameter {name}.", name=value["p"]))
        case _:
            keys = ", ".join(map(str, value)) or "{}"
            raise NetloomError(Message("{keys} is no known value", keys=keys))


def _container(value: Mapping[str, Json], reader: Reader[T]) -> T:
    match form(value):
        case "t":
            return reader.tupling([read(item, reader) for item in value["t"]])
        case "d":
            return reader.mapping({key: read(item, reader) for key, item in value["d"].items()})
        case "slice":
            start, stop, step = (*value["slice"], None, None, None)[:3]
            return reader.slicing(read(start, reader), read(stop, reader), read(step, reader))
        case _:
            return reader.ellipsis()


def _computed(value: Mapping[str, Json], reader: Reader[T]) -> T:
    match form(value):
        case "size":
            tensor, dim = value["size"]
            return reader.size(read(tensor, reader), read(dim, reader))
        case "shape":
            return reader.shape(read(value["shape"], reader))
        case "getitem":
            holder, index = value["getitem"]
            return reader.item(read(holder, reader), read(index, reader))
        case "expr":
            return reader.arithmetic(value["expr"], [read(item, reader) for item in value.get("of", [])])
        case "if":
            return reader.choice(*(read(item, reader) for item in value["if"]))
        case _:
            training, evaluating = value["if_training"]
            return reader.either(read(training, reader), read(evaluating, reader))
