"""What may stand in a node's `args`, `kwargs` and `params`: literals and references, plain JSON all the way.

The forms are listed in docs/file-format.md. Nothing here is ever evaluated as code; arithmetic is a small
tree of known operators.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from studio.words import Message, NetloomError

Json: TypeAlias = Any
Path: TypeAlias = tuple[str | int, ...]

ARITHMETIC: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "neg": operator.neg,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
"""the last six make the condition of `if`"""
FORMS: dict[str, frozenset[str]] = {
    "n": frozenset({"i"}),
    "p": frozenset(),
    "each": frozenset(),
    "expr": frozenset({"of"}),
    "size": frozenset(),
    "shape": frozenset(),
    "t": frozenset(),
    "d": frozenset(),
    "slice": frozenset(),
    "ellipsis": frozenset(),
    "getitem": frozenset(),
    "f": frozenset(),
    "dtype": frozenset(),
    "device": frozenset(),
    "memory_format": frozenset(),
    "layer": frozenset(),
    "if_training": frozenset(),
    "if": frozenset(),
}
"""the forms of a mapping by the key that names them, each with the keys that may stand beside it"""


def _is_list(length: int | None = None) -> Callable[[Json], bool]:
    return lambda held: isinstance(held, list | tuple) and length in (None, len(held))


def _is_text(held: Json) -> bool:
    return isinstance(held, str)


_HOLDS: dict[str, Callable[[Json], bool]] = {
    "n": _is_text,
    "p": _is_text,
    "each": lambda held: isinstance(held, list | tuple) or (isinstance(held, dict) and set(held) == {"p"}),
    "expr": _is_text,
    "size": _is_list(2),
    "shape": lambda held: is_reference(held),
    "t": _is_list(),
    "d": lambda held: isinstance(held, dict),
    "slice": _is_list(3),
    "ellipsis": lambda held: held is True,
    "getitem": _is_list(2),
    "f": lambda held: held in ("inf", "-inf", "nan"),
    "dtype": _is_text,
    "device": _is_text,
    "memory_format": _is_text,
    "layer": _is_text,
    "if_training": _is_list(2),
    "if": _is_list(3),
}

MAX_DEPTH = 100
"""how many lists and tables may lie in one another in a project file"""


def depth(value: Json) -> int:
    """How many lists and tables lie in one another in `value`, counted to just beyond `MAX_DEPTH`."""
    found = 0
    level = [value]
    while level and found <= MAX_DEPTH:
        held = [item for item in level if isinstance(item, dict | list | tuple)]
        found += bool(held)
        level = []
        for item in held:
            level += item.values() if isinstance(item, dict) else item
    return found


def reference(node: str, output: int | None = None) -> dict[str, Json]:
    """The output of a node; `output` picks one of several."""
    return {"n": node} if output is None else {"n": node, "i": output}


def is_reference(value: Json) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("n"), str)
        and (value.get("i") is None or type(value["i"]) is int)
    )


def form(value: Mapping[str, Json]) -> str | None:
    """Which of `FORMS` a mapping is, or None when it is none of them or holds what that form cannot."""
    name = _named(value)
    return name if name is not None and _HOLDS[name](value[name]) and _companions_fit(name, value) else None


def _named(value: Mapping[str, Json]) -> str | None:
    """Which of `FORMS` the keys of a mapping name, whatever it holds."""
    return next((name for name, more in FORMS.items() if name in value and set(value) <= more | {name}), None)


def _companions_fit(name: str, value: Mapping[str, Json]) -> bool:
    match name:
        case "n":
            return is_reference(value)
        case "expr":
            return isinstance(value.get("of"), list | tuple)
        case _:
            return True


def is_table(value: Mapping[str, Json]) -> bool:
    """Whether a mapping is the form `d`, whose keys are a person's and mean nothing here."""
    return len(value) == 1 and isinstance(value.get("d"), dict)


def children(value: Json) -> Iterator[tuple[Path, Json]]:
    """The lists and tables directly inside `value`, each with its path from there."""
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if isinstance(item, list | tuple | dict):
                yield (index,), item
    elif isinstance(value, dict) and not is_reference(value):
        if is_table(value):
            for name, inner in value["d"].items():
                yield ("d", name), inner
            return
        for key, item in value.items():
            if isinstance(item, list | tuple | dict):
                yield (key,), item


def references(value: Json, path: Path = ()) -> Iterator[tuple[Path, dict[str, Json]]]:
    """Every reference in `value`, depth first, each with its path."""
    if is_reference(value):
        yield path, value
        return
    for step, item in children(value):
        yield from references(item, path + step)


def map_references(value: Json, change: Callable[[dict[str, Json]], Json]) -> Json:
    """A copy of `value` with every reference replaced by `change(reference)`."""
    if is_reference(value):
        return change(value)
    if isinstance(value, list | tuple):
        return [map_references(item, change) for item in value]
    if isinstance(value, dict):
        if is_table(value):
            return {"d": {key: map_references(item, change) for key, item in value["d"].items()}}
        return {key: map_references(item, change) for key, item in value.items()}
    return value


def parameters_used(value: Json) -> Iterator[str]:
    """The block parameters (`{"p": name}`) that `value` reads."""
    if isinstance(value, dict) and isinstance(value.get("p"), str) and len(value) == 1:
        yield value["p"]
        return
    for _, item in children(value):
        yield from parameters_used(item)


def get_at(value: Json, path: Path) -> Json:
    """The value at `path`; None where the path leads nowhere."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def set_at(value: Json, path: Path, new: Json) -> Json:
    """A copy of `value` with `new` at `path`; lists are filled up with None as far as needed."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list | tuple) else []
        items += [None] * (step + 1 - len(items))
        items[step] = set_at(items[step], rest, new)
        return items
    table = dict(value) if isinstance(value, Mapping) else {}
    table[step] = set_at(table.get(step), rest, new)
    return table


def resolve_parameters(value: Json, parameters: Mapping[str, Json]) -> Json:
    """`value` with `{"p": name}` replaced and arithmetic on plain numbers carried out.

    Raises NetloomError for a parameter that does not exist and for arithmetic that has no result.
    """
    if isinstance(value, list | tuple):
        return [resolve_parameters(item, parameters) for item in value]
    if not isinstance(value, dict) or is_reference(value):
        return value
    match form(value):
        case "p":
            if value["p"] not in parameters:
                raise NetloomError(Message("The block has no parameter {name}.", name=value["p"]))
            return parameters[value["p"]]
        case "expr":
            operands = [resolve_parameters(item, parameters) for item in value.get("of", [])]
            if all(isinstance(item, int | float) and not isinstance(item, bool) for item in operands):
                return arithmetic(value["expr"], operands)
            return {"expr": value["expr"], "of": operands}
        case "if":
            condition, *ways = [resolve_parameters(item, parameters) for item in value["if"]]
            return ways[not condition] if isinstance(condition, bool) else {"if": [condition, *ways]}
        case "d":
            return {"d": {key: resolve_parameters(item, parameters) for key, item in value["d"].items()}}
        case _:
            return {key: resolve_parameters(item, parameters) for key, item in value.items()}


def arithmetic(name: str, operands: list[Any]) -> Any:
    """One operator of `ARITHMETIC` on its operands. Raises NetloomError when there is no result."""
    wanted = 1 if name == "neg" else 2
    if name not in ARITHMETIC or len(operands) != wanted:
        raise NetloomError(
            Message("{name} with {n} operands is not arithmetic known here.", name=name, n=len(operands))
        )
    try:
        return ARITHMETIC[name](*operands)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise NetloomError(
            Message("The arithmetic {name} on {operands} has no result.", name=name, operands=operands)
        ) from error


def faults(value: Json, path: Path = ()) -> Iterator[tuple[Path, Message]]:
    """What in `value` is not a known form, each with its place."""
    if isinstance(value, dict):
        name = form(value)
        if name is None:
            yield path, _unknown(value)
            return
        if name == "expr" and value["expr"] not in ARITHMETIC:
            yield path, Message("{name} is no arithmetic known here", name=value["expr"])
    for step, item in children(value):
        yield from faults(item, path + step)


def _unknown(value: Mapping[str, Json]) -> Message:
    named = _named(value)
    if named == "n":
        return Message("a reference names a node by its id")
    if named is not None:
        return Message("{name} does not hold what it should", name=named)
    return Message("{keys} is no known value", keys=", ".join(map(str, value)) or "{}")
