"""Long tables of numbers that one line of Python says, and that line read back.

The document holds the numbers; which of them a line says is found by comparing every one. Attention with
windows keeps such a table: the number of each pair of places, by how far they lie apart in rows and columns.
"""

from __future__ import annotations

import ast

from studio.compiler.layout import Group
from studio.graph.values import Json

_LARGEST = 1 << 10
"""the places of a window, at most, whose pairs are compared"""


def line(value: list[Json]) -> Group | None:
    """The comprehension that gives these numbers, where they are those of the pairs of a window."""
    size = _window(value)
    if size is None:
        return None
    element, *clauses = _parts(*size)
    return Group("", (element, *clauses), "comprehension")


def numbers(node: ast.expr) -> list[Json] | None:
    """The numbers of such a comprehension; None for anything else."""
    match node:
        case ast.ListComp(
            elt=ast.BinOp(left=ast.BinOp(right=ast.BinOp(right=ast.Constant(value=int(width))))),
            generators=[ast.comprehension(iter=ast.Call(args=[ast.Constant(value=int(places))])), _],
        ):
            sound = 0 < width <= places <= _LARGEST and places % width == 0
            if sound and ast.unparse(node) == f"[{' '.join(_parts(places // width, width))}]":
                return _pairs(places // width, width)
    return None


def _parts(height: int, width: int) -> tuple[str, str, str]:
    """The element and the clauses, in numbers: those of a window 7 by 7 are 0 to 168."""
    step, places = 2 * width - 1, height * width
    last = (height - 1) * step + width - 1
    element = f"(i // {width} - j // {width}) * {step} + i % {width} - j % {width} + {last}"
    return element, f"for i in range({places})", f"for j in range({places})"


def _pairs(height: int, width: int) -> list[Json]:
    step, places = 2 * width - 1, range(height * width)
    ranks = [i // width * step + i % width for i in places]
    return [one - other + ranks[-1] for one in ranks for other in ranks]


def _window(value: list[Json]) -> tuple[int, int] | None:
    """The height and width of the window whose pairs have these numbers."""
    places = round(len(value) ** 0.5)
    if places * places != len(value) or not 1 < places <= _LARGEST or any(type(n) is not int for n in value):
        return None
    for width in range(1, places + 1):
        height, over = divmod(places, width)
        begins = over == 0 and value[0] == (height - 1) * (2 * width - 1) + width - 1
        if begins and _pairs(height, width) == value:
            return height, width
    return None
