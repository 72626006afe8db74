"""Python's expressions as the values of a document: the other way round of `written`."""

from __future__ import annotations

import ast
import math
from typing import Any, Final

from studio.compiler.reading.faults import refuse, said
from studio.compiler.reading.names import Names
from studio.graph.values import Json, arithmetic
from studio.words import Message, NetloomError

SIGNS: Final[dict[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}

CONDITIONS: Final[dict[type[ast.cmpop], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


class Expressions:
    """Reads what needs no wire. `parameters` are the constructor's arguments, `local` its variables."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.local: dict[str, Json] = {}

    def read(self, node: ast.expr) -> Json:
        """The value of an expression. Raises Refused for what no document can hold."""
        match node:
            case ast.Constant():
                return self.constant(node)
            case ast.Tuple(elts=items):
                return self.tupling([self.read(item) for item in items])
            case ast.List(elts=items):
                return [self.read(item) for item in items]
            case ast.Dict():
                return self._mapping(node)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.negative(node, self.read(operand))
            case ast.BinOp(left=left, right=right):
                return self.binary(node, self.read(left), self.read(right))
            case ast.IfExp(test=ast.Attribute(value=ast.Name(id="self"), attr="training")):
                return {"if_training": [self.read(node.body), self.read(node.orelse)]}
            case ast.IfExp(test=ast.Compare(left=left, ops=[sign], comparators=[right])):
                compared = {"expr": CONDITIONS.get(type(sign)), "of": [self.read(left), self.read(right)]}
                if compared["expr"] is not None:
                    return {"if": [compared, self.read(node.body), self.read(node.orelse)]}
            case ast.Name(id=name):
                return self.name(node, name)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Subscript():
                return self.subscript(node)
            case ast.Call():
                return self.call(node)
        refuse(node, Message("{text} is nothing that a network can hold.", text=said(node)))

    # -- what differs between the constructor and forward ------------------------------------------

    def tupling(self, items: list[Json]) -> Json:
        return items

    def name(self, node: ast.expr, name: str) -> Json:
        if name in self.local:
            return self.local[name]
        refuse(node, Message("{name} is not known here.", name=name))

    def binary(self, node: ast.BinOp, left: Json, right: Json) -> Json:
        sign = SIGNS.get(type(node.op))
        if sign is None or isinstance(left, str) or isinstance(right, str):
            refuse(node, Message("{text} is arithmetic that a network cannot hold.", text=said(node)))
        return self._computed(node, sign, [left, right])

    def negative(self, node: ast.UnaryOp, value: Json) -> Json:
        if isinstance(value, dict) and value.get("f") in ("inf", "-inf"):
            return {"f": "-inf" if value["f"] == "inf" else "inf"}
        return self._computed(node, "neg", [value])

    def subscript(self, node: ast.Subscript) -> Json:
        refuse(node, Message("{text} is nothing that a network can hold.", text=said(node)))

    def attribute(self, node: ast.Attribute) -> Json:
        """torch's data types and memory formats."""
        import torch

        entry = self.names.entry(node)
        if entry is not None and entry.kind == "module":
            return {"layer": entry.type}
        home, _, name = (self.names.dotted(node) or "").rpartition(".")
        value = getattr(torch, name, None) if home == "torch" else None
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        if isinstance(value, torch.memory_format):
            return {"memory_format": name}
        refuse(node, Message("{text} is nothing that a network can hold.", text=said(node)))

    def call(self, node: ast.Call) -> Json:
        match node:
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value=str(text))], keywords=[]):
                if text in ("inf", "-inf", "nan"):
                    return {"f": text}
            case ast.Call(func=ast.Name(id="slice"), args=args, keywords=[]) if 1 <= len(args) <= 3:
                given = [self.read(item) for item in args]
                return {"slice": (given if len(given) == 3 else [None, *given, None])[:3]}
            case ast.Call(func=ast.Name(id="min" | "max" as name), args=[left, right], keywords=[]):
                limit = [self.read(left), self.read(right)]
                return {"if": [{"expr": "<=" if name == "min" else ">=", "of": limit}, *limit]}
            case ast.Call(func=func, args=[ast.Constant(value=str(text))], keywords=[]):
                if self.names.dotted(func) == "torch.device":
                    return {"device": text}
        refuse(node, Message("{text} is nothing that a network can hold.", text=said(node)))

    # -- what is the same everywhere ---------------------------------------------------------------

    def constant(self, node: ast.Constant) -> Json:
        value: Any = node.value
        if value is ...:
            return {"ellipsis": True}
        if isinstance(value, float) and math.isinf(value):
            return {"f": "inf"}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        refuse(node, Message("{text} is nothing that a network can hold.", text=said(node)))

    def arguments(self, node: ast.Call) -> tuple[list[Json], dict[str, Json]]:
        """What a call is given, by position and by name."""
        args = []
        for item in node.args:
            if isinstance(item, ast.Starred):
                refuse(item, Message("Write the arguments out: {text} hides them.", text=said(item)))
            args.append(self.read(item))
        kwargs = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                refuse(node, Message("Write the arguments out: {text} hides them.", text=said(keyword.value)))
            kwargs[keyword.arg] = self.read(keyword.value)
        return args, kwargs

    def _mapping(self, node: ast.Dict) -> Json:
        held = {}
        for key, value in zip(node.keys, node.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                refuse(node, Message("The keys of a mapping are texts."))
            held[key.value] = self.read(value)
        return {"d": held}

    def _computed(self, node: ast.expr, sign: str, operands: list[Json]) -> Json:
        if not all(isinstance(item, int | float) and not isinstance(item, bool) for item in operands):
            return {"expr": sign, "of": operands}
        try:
            return arithmetic(sign, operands)
        except NetloomError as error:
            refuse(node, error.message)
