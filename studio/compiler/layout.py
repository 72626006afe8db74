"""Python text laid out as `ruff format` lays it out, for the few forms that a written network needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

WIDTH = 88
INDENT = "    "


_ROUND = ("(", ")")
_SQUARE = ("[", "]")
_BRACKETS = {
    **{"call": _ROUND, "generator": _ROUND, "tuple": _ROUND, "brackets": _ROUND},
    **{"list": _SQUARE, "numbers": _SQUARE, "index": _SQUARE, "comprehension": _SQUARE, "dict": ("{", "}")},
}
_CLAUSES = ("generator", "comprehension")


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets; `lead` stands before them (`nn.Linear`), `tail` behind.

    The items of a generator are its element and its clause: `f(x) for x in (1, 2)`; a comprehension is one in
    square brackets, with any number of clauses. Those of `numbers` fill
    lines, which is not how `ruff format` would have it and is marked so.
    """

    lead: str
    items: tuple[Expression, ...]
    kind: Literal[
        "call", "tuple", "list", "dict", "generator", "comprehension", "numbers", "index", "brackets"
    ] = "call"
    tail: str = ""


class Arithmetic(str):
    """Text of an operation. `rank` says how tightly it binds, `pieces` where it may go on in a new line."""

    rank: int
    pieces: tuple[Expression, ...]

    def __new__(cls, pieces: Sequence[Expression], rank: int) -> Arithmetic:
        made = super().__new__(cls, " ".join(map(flat, pieces)))
        made.rank = rank
        made.pieces = tuple(pieces)
        return made


Expression: TypeAlias = str | Group


def call(function: str, items: Sequence[Expression], tail: str = "") -> Group:
    return Group(function, tuple(items), "call", tail)


def tuple_of(items: Sequence[Expression]) -> Group:
    return Group("", tuple(items), "tuple")


def named(name: str, value: Expression) -> Expression:
    """`name=value` as an argument."""
    return led(f"{name}=", value)


def bracketed(value: Expression) -> Group:
    return Group("", (value,), "brackets")


def led(lead: str, value: Expression) -> Expression:
    """An expression with `lead` before it."""
    if isinstance(value, Group):
        return replace(value, lead=f"{lead}{value.lead}")
    if isinstance(value, Arithmetic):
        return Arithmetic([led(lead, value.pieces[0]), *value.pieces[1:]], value.rank)
    return f"{lead}{value}"


def flat(value: Expression) -> str:
    """An expression on one line."""
    if isinstance(value, str):
        return value
    opening, closing = _BRACKETS[value.kind]
    inner = (" " if value.kind in _CLAUSES else ", ").join(map(flat, value.items))
    comma = "," if value.kind == "tuple" and len(value.items) == 1 else ""
    return f"{value.lead}{opening}{inner}{comma}{closing}{value.tail}"


def lines(value: Expression, indent: str, head: str = "", end: str = "") -> list[str]:
    """An expression between `head` and `end`, broken at its brackets where one line is too long."""
    found = _lines(value, indent, head, end)
    if len(found) > 1 and _holds_numbers(value):
        found[-1] += "  # fmt: skip"
    return found


def _lines(value: Expression, indent: str, head: str, end: str) -> list[str]:
    whole = f"{indent}{head}{flat(value)}{end}"
    if len(whole) <= WIDTH:
        return [whole]
    inner = indent + INDENT
    if isinstance(value, str):
        return _broken(value, indent, head, end)
    if not value.items:
        return [whole]
    opening, closing = _BRACKETS[value.kind]
    opened = f"{indent}{head}{value.lead}{opening}"
    closed = f"{indent}{closing}{value.tail}{end}"
    if value.kind == "numbers":
        return [opened, *_filled(value.items, inner), closed]
    if len(opened) > WIDTH and value.lead.startswith("for "):
        names, _, rest = value.lead.removeprefix("for ").partition(" in ")
        loop = [f"{inner}{name}," for name in names.split(", ")]
        return [f"{indent}{head}for (", *loop, *_lines(replace(value, lead=f") in {rest}"), indent, "", end)]
    if head and len(opened) > WIDTH:
        return [f"{indent}{head}(", *_lines(value, inner, "", ""), f"{indent}){end}"]
    together = inner + (" " if value.kind in _CLAUSES else ", ").join(map(flat, value.items))
    if value.kind in ("call", *_CLAUSES, "index", "brackets") and len(together) <= WIDTH:
        return [opened, together, closed]
    bare = value.kind in (*_CLAUSES, "brackets") or (value.kind, len(value.items)) == ("index", 1)
    comma = "" if bare else ","
    return [opened, *(line for item in value.items for line in _lines(item, inner, "", comma)), closed]


def _broken(value: str, indent: str, head: str, end: str) -> list[str]:
    """An operation with a line for each part, in brackets where a statement ends with it."""
    if not isinstance(value, Arithmetic):
        return [f"{indent}{head}{value}{end}"]
    if head.endswith(" ") and len(head) > 1:
        inner = indent + INDENT
        pieces = [line for piece in value.pieces for line in _lines(piece, inner, "", "")]
        return [f"{indent}{head}(", *pieces, f"{indent}){end}"]
    first, *rest = value.pieces
    found = _lines(first, indent, head, "")
    for piece in rest:
        found += _lines(piece, indent, "", "")
    found[-1] += end
    return found


def _filled(items: Sequence[Expression], indent: str) -> list[str]:
    """As many numbers in each line as it takes."""
    found: list[str] = []
    line = indent
    for word in (word for item in items for word in f"{flat(item)},".split(" ")):
        if line != indent and len(line) + 1 + len(word) > WIDTH:
            found.append(line)
            line = indent
        line += word if line == indent else f" {word}"
    return [*found, line]


def _holds_numbers(value: Expression) -> bool:
    return isinstance(value, Group) and (value.kind == "numbers" or any(map(_holds_numbers, value.items)))


def text(value: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(value, ensure_ascii=False)
