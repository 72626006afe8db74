"""JSON values as Python text: literals, parameters, arithmetic, variables."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from studio.compiler import layout, tables
from studio.compiler.forms import read
from studio.compiler.layout import Arithmetic, Expression, flat
from studio.graph.values import Json, form, is_reference

_ORDER = {"+": 2, "-": 2, "*": 3, "/": 3, "//": 3, "%": 3, "neg": 4}
_CHOICE, _COMPARED, _WHOLE = 0, 1, 5
_FEW = 12
"""numbers that may stand one below the other"""


class TextReader:
    """Reads values as expressions. `variable` names a reference."""

    def __init__(
        self, variable: Callable[[str, int | None], str], lists: Literal["list", "tuple"] = "list"
    ) -> None:
        self._variable = variable
        self._lists = lists

    def literal(self, value: Any) -> Expression:
        return layout.text(value) if isinstance(value, str) else repr(value).replace("e+", "e")

    def special(self, kind: str, name: str) -> Expression:
        match kind:
            case "f":
                return f'float("{name}")'
            case "layer":
                return name
            case "device":
                return f'torch.device("{name}")'
            case _:
                return f"torch.{name}"

    def ellipsis(self) -> Expression:
        return "..."

    def listing(self, items: list[Expression]) -> Expression:
        return layout.Group("", tuple(items), self._lists)

    def tupling(self, items: list[Expression]) -> Expression:
        return layout.tuple_of(items)

    def mapping(self, items: dict[str, Expression]) -> Expression:
        pairs = tuple(f"{layout.text(key)}: {flat(value)}" for key, value in items.items())
        return layout.Group("", pairs, "dict")

    def slicing(self, start: Expression, stop: Expression, step: Expression) -> Expression:
        return f"slice({flat(start)}, {flat(stop)}, {flat(step)})"

    def reference(self, node: str, index: int | None) -> Expression:
        return self._variable(node, index)

    def size(self, tensor: Expression, dim: Expression) -> Expression:
        return f"{held(tensor)}.size({flat(dim)})"

    def shape(self, tensor: Expression) -> Expression:
        return f"{held(tensor)}.shape"

    def item(self, holder: Expression, index: Expression) -> Expression:
        return f"{held(holder)}[{flat(index)}]"

    def arithmetic(self, name: str, operands: list[Expression]) -> Expression:
        rank = _ORDER.get(name, _COMPARED)
        parts: list[Expression] = []
        for place, operand in enumerate(operands):
            inner = operand.rank if isinstance(operand, Arithmetic) else _WHOLE
            tight = inner > rank or (inner == rank != _COMPARED and place == 0)
            parts.append(operand if tight else layout.bracketed(operand))
        if name == "neg":
            return Arithmetic([layout.led("-", parts[0])], rank)
        left = operands[0]
        begin = left.pieces if isinstance(left, Arithmetic) and left.rank == rank else parts[:1]
        return Arithmetic([*begin, layout.led(f"{name} ", parts[1])], rank)

    def either(self, training: Expression, evaluating: Expression) -> Expression:
        if (training, evaluating) == ("True", "False"):
            return "self.training"
        return _choice("self.training", training, evaluating)

    def choice(self, condition: Expression, one: Expression, other: Expression) -> Expression:
        for sign, name in _LIMITS.items():
            if flat(condition) == f"{flat(one)} {sign} {flat(other)}":
                return layout.call(name, [one, other])
            if flat(condition) == f"{flat(other)} {sign} {flat(one)}":
                return layout.call("max" if name == "min" else "min", [one, other])
        return _choice(flat(condition), one, other)


_LIMITS = {"<": "min", "<=": "min", ">": "max", ">=": "max"}
"""`a if a <= b else b` is `min(a, b)`"""


def _choice(condition: str, one: Expression, other: Expression) -> Arithmetic:
    one, other = (layout.bracketed(part) if _is_choice(part) else part for part in (one, other))
    return Arithmetic([one, f"if {condition}", layout.led("else ", other)], _CHOICE)


def _is_choice(value: Expression) -> bool:
    return isinstance(value, Arithmetic) and value.rank == _CHOICE


def held(value: Expression) -> str:
    """A value before a dot or an index, in brackets where it is an operation."""
    return f"({value})" if isinstance(value, Arithmetic) else flat(value)


def with_parameters(value: Json, owner: str) -> Json:
    """`value` with `{"p": name}` turned into something `TextReader` writes as `owner` + name."""
    if isinstance(value, list | tuple):
        return [with_parameters(item, owner) for item in value]
    if not isinstance(value, Mapping) or is_reference(value):
        return value
    if form(value) == "p":
        return {"n": f"{owner}{value['p']}"}
    return {key: with_parameters(item, owner) for key, item in value.items()}


def parameter(value: Json) -> Expression:
    """A constructor argument: a list is the tuple PyTorch expects; `{"p": name}` is the name."""
    return read(with_parameters(value, ""), TextReader(lambda name, _: name, "tuple"))


def numbers(value: Json) -> Expression:
    """Many numbers as the line that says them or a list that fills lines; few as any list."""
    if not isinstance(value, list) or sum(1 for _ in _plain(value)) <= _FEW:
        return parameter(value)
    if (table := tables.line(value)) is not None:
        return table
    items = [read(item, TextReader(lambda name, _: name)) for item in value]
    return layout.Group("", tuple(items), "numbers")


def _plain(value: Json) -> Iterator[Json]:
    if isinstance(value, list):
        for item in value:
            yield from _plain(item)
    else:
        yield value


def index(holder: Expression, value: Json, variable: Callable[[str, int | None], str]) -> Expression:
    """`x[...]`."""
    parts = value["t"] if isinstance(value, dict) and isinstance(value.get("t"), list) else [value]
    return layout.Group(held(holder), tuple(_part(part, variable) for part in parts), "index")


def _part(value: Json, variable: Callable[[str, int | None], str]) -> Expression:
    if isinstance(value, dict) and isinstance(value.get("slice"), list):
        start, stop, step = (*value["slice"], None, None, None)[:3]
        ends = ["" if part is None else _part(part, variable) for part in (start, stop)]
        if start is None and step is None and isinstance(ends[1], Arithmetic):
            return layout.led(": ", ends[1])
        said = [flat(end) for end in ends]
        said += [] if step is None else [flat(_part(step, variable))]
        return _colons(said)
    return read(value, TextReader(variable))


def _colons(parts: list[str]) -> str:
    """The parts of a slice, with spaces around the colons where one is more than a name or a number."""
    if all(part.removeprefix("-").isidentifier() or not part.strip("-.0123456789") for part in parts):
        return ":".join(parts)
    found = parts[0]
    for before, part in itertools.pairwise(parts):
        found += f"{' ' if before else ''}:{' ' if part else ''}{part}"
    return found
