"""Python's signs as types of the catalogue, and where the catalogue has a call's arguments."""

from __future__ import annotations

import ast

from studio.catalog.entry import Entry
from studio.graph.values import Json

TENSORS: dict[type[ast.operator], str] = {
    ast.Add: "torch.add",
    ast.Sub: "torch.sub",
    ast.Mult: "torch.mul",
    ast.Div: "torch.div",
    ast.FloorDiv: "torch.floor_divide",
    ast.Mod: "torch.remainder",
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
    ast.MatMult: "op.matmul",
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
    """The arguments of a call, wires by position where the catalogue has their ports so."""
    args, kwargs = list(args), dict(kwargs)
    for port in entry.inputs:
        if port.slot == ("args", len(args)) and port.name in kwargs:
            args.append(kwargs.pop(port.name))
    return args, kwargs
