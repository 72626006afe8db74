"""Python's signs as types of the catalogue, and where the catalogue has a call's arguments."""

from __future__ import annotations

import ast

from studio.catalog import signatures
from studio.catalog.entry import Entry
from studio.graph.values import Json

TENSORS: dict[type[ast.operator], str] = {
    ast.Add: "torch.add",
    ast.Sub: "torch.sub",
    ast.Mult: "torch.mul",
    ast.Div: "torch.div",
    ast.MatMult: "torch.matmul",
}
PLAIN: dict[type[ast.operator], str] = {
    ast.Add: "op.add",
    ast.Sub: "op.sub",
    ast.Mult: "op.mul",
    ast.Div: "op.truediv",
    ast.FloorDiv: "op.floordiv",
    ast.Mod: "op.mod",
    ast.Pow: "op.pow",
    ast.BitAnd: "op.and_",
    ast.BitOr: "op.or_",
    ast.BitXor: "op.xor",
}
COMPARED: dict[type[ast.cmpop], str] = {
    ast.Eq: "op.eq",
    ast.NotEq: "op.ne",
    ast.Lt: "op.lt",
    ast.LtE: "op.le",
    ast.Gt: "op.gt",
    ast.GtE: "op.ge",
}
EITHER_WAY = (ast.Add, ast.Mult)
"""operators of which the number may as well stand on the right"""


def in_their_places(
    entry: Entry, args: list[Json], kwargs: dict[str, Json]
) -> tuple[list[Json], dict[str, Json]]:
    """Wires by position and literals by name, as far as the catalogue knows the function."""
    positions = signatures.positions(entry.type)
    by_place = {place: name for name, place in positions.items()}
    wired = {port.slot[1]: port.name for port in entry.inputs if port.slot[0] == "args"}
    args, kwargs = list(args), dict(kwargs)
    for place, name in wired.items():
        if name in kwargs and place == len(args):
            args.append(kwargs.pop(name))
    if entry.type.startswith("op."):
        return args, kwargs
    kept = len(args)
    while kept and kept - 1 not in wired and (name := by_place.get(kept - 1, "")) and name not in kwargs:
        if name in entry.places:
            break
        kept -= 1
    named = {by_place[place]: args[place] for place in range(kept, len(args))}
    return args[:kept], {**named, **kwargs}
