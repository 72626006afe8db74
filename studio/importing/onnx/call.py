"""One operator as its handler sees it: inputs, attributes, and ways to draw the nodes it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.graph.values import Json
from studio.importing.onnx.drawing import Array, Drawing
from studio.importing.onnx.file import Operator
from studio.importing.onnx.values import Const, Dims, Filled, Lengths, Ref, Unsupported, Value, lengths
from studio.words import Message


@dataclass(frozen=True, slots=True)
class Call:
    """An operator, the values it takes (None for one left out), and the drawing it goes into."""

    drawing: Drawing
    operator: Operator
    given: tuple[Value | None, ...]

    # -- what comes in ---------------------------------------------------------------------------

    def attribute(self, name: str, default: Any = None) -> Any:
        return self.operator.attributes.get(name, default)

    def __len__(self) -> int:
        return len(self.given)

    def value(self, place: int) -> Value | None:
        return self.given[place] if place < len(self.given) else None

    def needed(self, place: int) -> Value:
        found = self.value(place)
        if found is None:
            raise Unsupported(Message("its input {n} is missing", n=place + 1))
        return found

    def ref(self, place: int = 0) -> Ref:
        """An input as the output of a node; a constant becomes a node first."""
        found = self.needed(place)
        if isinstance(found, Lengths | Filled):
            self.drawing.tensor(found)
            raise Unsupported(Message("it computes with sizes in a way not known here"))
        return self.drawing.constant(found) if isinstance(found, Const) else found

    def tensor(self, place: int) -> Json:
        """An input as an argument: a reference or a number."""
        return self.drawing.tensor(self.needed(place))

    def constant(self, place: int) -> Const | None:
        """An input that has to stand in the file; None where it is left out. Raises Unsupported."""
        found = self.value(place)
        if found is None or isinstance(found, Const):
            return found
        raise Unsupported(
            Message("its input {n} is worked out while running, where a weight is expected", n=place + 1)
        )

    def weight(self, place: int) -> Const:
        found = self.constant(place)
        if found is None:
            raise Unsupported(Message("its input {n} is missing", n=place + 1))
        return found

    def setting(self, name: str, place: int) -> Any:
        """A value that is an attribute in older files and an input in newer ones; None where neither."""
        if name in self.operator.attributes:
            return self.operator.attributes[name]
        found = self.constant(place)
        return None if found is None else found.array.tolist()

    def sizes(self, place: int) -> tuple[Json, ...]:
        return lengths(self.needed(place)).items

    # -- what goes out ---------------------------------------------------------------------------

    def shape(self, index: int = 0) -> Dims | None:
        """The shape of an output, as ONNX's own rules find it."""
        return self.drawing.graph.shapes.get(self.operator.outputs[index])

    def add(
        self,
        type_: str,
        *args: Json,
        params: Mapping[str, Json] | None = None,
        weights: Mapping[str, Array] | None = None,
        sources: tuple[str, ...] = (),
        known: Dims | None = None,
        **kwargs: Any,
    ) -> Ref:
        """A node with these arguments. `known` is the shape of what it gives, if not the operator's."""
        known = known if known is not None else self.shape()
        return self.drawing.add(
            type_, args, params=params, kwargs=kwargs, weights=weights, sources=sources, known=known
        )

    def named(self, place: int) -> str:
        """The initialiser that an input is, empty where it is none."""
        found = self.value(place)
        return found.name if isinstance(found, Const) else ""

    def only_user(self) -> Operator | None:
        """The one operator that takes the output; None where several do, or the network gives it."""
        name = self.operator.outputs[0]
        users = self.drawing.users.get(name, [])
        given = {declared.name for declared in self.drawing.graph.outputs}
        return users[0] if len(users) == 1 and name not in given else None


def whole(value: Any) -> int:
    """A whole number of an attribute or of a constant."""
    return int(np.asarray(value).reshape(-1)[0])
