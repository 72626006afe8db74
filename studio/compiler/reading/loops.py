"""Comprehensions and loops that make a repeated block: the other way round of `compiler.repeated`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager

from studio.compiler.reading.expressions import Expressions
from studio.compiler.reading.faults import refuse, said
from studio.graph.values import Json
from studio.words import Message

AS_MANY = 0
"""the number of repetitions that only the length of a parameter tells"""


def generator(node: ast.expr) -> ast.comprehension | None:
    """The clause of `f(x) for x in ...`; None for anything else."""
    match node:
        case ast.GeneratorExp(generators=[clause]) | ast.ListComp(generators=[clause]):
            return clause if not clause.ifs and not clause.is_async else None
    return None


@contextmanager
def inside(values: Expressions, target: ast.expr, over: ast.expr) -> Iterator[Json]:
    """Reads with the variables of a loop as the values that each repetition has; gives how many there are."""
    columns, times = _columns(values, target, over)
    kept = dict(values.local)
    values.local.update(columns)
    try:
        yield times
    finally:
        values.local = kept


def counted(values: Expressions, loop: ast.For) -> tuple[str, int, ast.expr, ast.expr | None]:
    """Of `for number, x in enumerate(over, first)`: the number's name, `first`, x and over.

    Of `for number in range(first, last)`: the number's name, `first`, last and None.
    """
    match loop.target, loop.iter:
        case ast.Name(id=number), ast.Call(func=ast.Name(id="range"), args=args) if 1 <= len(args) <= 2:
            return number, _first(values, args[0] if len(args) == 2 else None), args[-1], None
        case (
            ast.Tuple(elts=[ast.Name(id=number), inner]),
            ast.Call(func=ast.Name(id="enumerate"), args=[over, *more]),
        ) if len(more) <= 1:
            return number, _first(values, more[0] if more else None), inner, over
    refuse(loop, Message("{text} is no loop that makes layers.", text=said(loop.iter)))


def from_to(first: int, last: Json) -> Json:
    """How many numbers there are from `first` to before `last`."""
    if isinstance(last, int):
        return last - first
    match last:
        case {"expr": "+", "of": [times, int(added)]} if added == first:
            return times
    return {"expr": "-", "of": [last, first]} if first else last


def _first(values: Expressions, node: ast.expr | None) -> int:
    first = 0 if node is None else values.read(node)
    if type(first) is not int or first < 0:
        refuse(node or ast.Pass(), Message("A loop counts from a whole number on."))
    return first


def _columns(values: Expressions, target: ast.expr, over: ast.expr) -> tuple[dict[str, Json], Json]:
    names = [target] if isinstance(target, ast.Name) else getattr(target, "elts", [])
    if not names or not all(isinstance(name, ast.Name) for name in names):
        refuse(target, Message("{text} is no loop that makes layers.", text=said(over)))
    ids = [name.id for name in names]
    match over:
        case ast.Call(func=ast.Name(id="range"), args=[last]) if len(ids) == 1:
            return {}, values.read(last)
        case ast.Call(func=ast.Name(id="zip"), args=args) if len(args) == len(ids):
            columns = [values.read(argument) for argument in args]
        case _:
            held = values.read(over)
            columns = [held] if isinstance(target, ast.Name) else _turned(over, held, len(ids))
    lengths = {len(column) for column in columns if isinstance(column, list)}
    if len(lengths) > 1:
        refuse(over, Message("The lists of a loop are equally long."))
    for column in columns:
        if not isinstance(column, list) and not (isinstance(column, dict) and set(column) == {"p"}):
            refuse(over, Message("{text} is no loop that makes layers.", text=said(over)))
    return {name: {"each": column} for name, column in zip(ids, columns, strict=True)}, next(
        iter(lengths), AS_MANY
    )


def _turned(node: ast.expr, rows: Json, width: int) -> list[list[Json]]:
    """Rows as columns."""
    if not isinstance(rows, list) or not all(isinstance(row, list) and len(row) == width for row in rows):
        refuse(node, Message("{text} is no loop that makes layers.", text=said(node)))
    return [list(column) for column in zip(*rows, strict=True)]
