"""Python text laid out as `ruff format` lays it out, for the few forms that a written network needs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

WIDTH = 88
INDENT = "    "


_ROUND = ("(", ")")
_BRACKETS = {"call": _ROUND, "generator": _ROUND, "tuple": _ROUND, "list": ("[", "]"), "dict": ("{", "}")}


@dataclass(frozen=True, slots=True)
class Group:
    """Something in brackets; `lead` stands before them (`nn.Linear`), `tail` behind.

    The items of a generator are its element and its clause: `f(x) for x in (1, 2)`.
    """

    lead: str
    items: tuple[Expression, ...]
    kind: Literal["call", "tuple", "list", "dict", "generator"] = "call"
    tail: str = ""


Expression: TypeAlias = str | Group


def call(function: str, items: Sequence[Expression], tail: str = "") -> Group:
    return Group(function, tuple(items), "call", tail)


def tuple_of(items: Sequence[Expression]) -> Group:
    return Group("", tuple(items), "tuple")


def named(name: str, value: Expression) -> Expression:
    """`name=value` as an argument."""
    if isinstance(value, Group):
        return replace(value, lead=f"{name}={value.lead}")
    return f"{name}={value}"


def flat(value: Expression) -> str:
    """An expression on one line."""
    if isinstance(value, str):
        return value
    opening, closing = _BRACKETS[value.kind]
    inner = (" " if value.kind == "generator" else ", ").join(map(flat, value.items))
    comma = "," if value.kind == "tuple" and len(value.items) == 1 else ""
    return f"{value.lead}{opening}{inner}{comma}{closing}{value.tail}"


def lines(value: Expression, indent: str, head: str = "") -> list[str]:
    """An expression after `head`, broken at its brackets where one line is too long."""
    whole = f"{indent}{head}{flat(value)}"
    if isinstance(value, str) or len(whole) <= WIDTH or not value.items:
        return [whole]
    inner = indent + INDENT
    opening, closing = _BRACKETS[value.kind]
    opened = f"{indent}{head}{value.lead}{opening}"
    if head and len(opened) > WIDTH:
        return [f"{indent}{head}(", *lines(value, inner), f"{indent})"]
    closed = f"{indent}{closing}{value.tail}"
    together = inner + (" " if value.kind == "generator" else ", ").join(map(flat, value.items))
    if value.kind in ("call", "generator") and len(together) <= WIDTH:
        return [opened, together, closed]
    found = [opened]
    for item in value.items:
        part = lines(item, inner)
        if value.kind != "generator":
            part[-1] += ","
        found += part
    return [*found, closed]


def text(value: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(value, ensure_ascii=False)
