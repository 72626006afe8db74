"""Values of the document as a person writes them, both ways: `channels * 2`, `3 × 3`, `:, -1`.

Text is parsed with Python's own grammar and read node by node against a short list of forms; it is never
evaluated.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Container, Mapping
from typing import Any

from studio.graph.values import Json, arithmetic, form
from studio.words import Message, NetloomError

_OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_SPECIAL = {"inf", "nan"}
_LONGEST = 400
"""characters; longer text is no value, and its tree could be too deep to walk"""


class LiteralError(NetloomError):
    """Text that is no value here. The message says what would be."""


# -- to text -----------------------------------------------------------------------------------------


def text(value: Json, joint: str = ", ") -> str:
    """A value as a person writes it; the items of a list are joined with `joint`.

    >>> text([3, 3], " × "), text({"expr": "*", "of": [{"p": "channels"}, 2]})
    ('3 × 3', 'channels * 2')
    """
    if value is None:
        return "None"
    if isinstance(value, str | bool | int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list | tuple):
        inner = (f"[{text(item)}]" if isinstance(item, list | tuple) else text(item) for item in value)
        return joint.join(inner)
    return _form_text(value) if isinstance(value, Mapping) else str(value)


def _form_text(value: Mapping[str, Json]) -> str:
    match form(value):
        case "n":
            return f"{value['n']}[{value['i']}]" if "i" in value else str(value["n"])
        case "p" | "f" | "dtype" | "device" | "memory_format" as name:
            return str(value[name])
        case "layer":
            return str(value["layer"]).rsplit(".", 1)[-1]
        case "each":
            return text(value["each"])
        case "expr":
            return _expression_text(value)
        case "if" if len(value["if"]) == 3:
            condition, one, other = map(text, value["if"])
            return f"{one} if {condition} else {other}"
        case "size":
            return f"{text(value['size'][0])}.size({text(value['size'][1])})"
        case "shape":
            return f"{text(value['shape'])}.shape"
        case "t":
            return text(value["t"])
        case "slice":
            return _slice_text(value["slice"])
        case "ellipsis":
            return "..."
        case _:
            return json.dumps(value, ensure_ascii=False)


def _expression_text(value: Mapping[str, Json]) -> str:
    operands = [
        f"({text(v)})"
        if isinstance(v, dict) and ("expr" in v or "if" in v or isinstance(v.get("each"), list))
        else text(v)
        for v in value["of"]
    ]
    if value["expr"] == "neg":
        return f"-{operands[0]}"
    return f" {value['expr']} ".join(operands)


def _slice_text(parts: list[Json]) -> str:
    start, stop, step = [*parts, None, None, None][:3]
    written = [("" if part is None else text(part)) for part in (start, stop, step)]
    return ":".join(written if step is not None else written[:2])


# -- from text ---------------------------------------------------------------------------------------


def number(written: str, parameters: Container[str] = (), whole: bool = False) -> Json:
    """A number, `inf`, or arithmetic on the block's parameters. Raises LiteralError.

    >>> number("channels*2", {"channels"})
    {'expr': '*', 'of': [{'p': 'channels'}, 2]}
    """
    value = _value(_parsed(written), parameters)
    if whole and isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or (whole and isinstance(value, float)) or isinstance(value, list):
        raise LiteralError(Message("A whole number is wanted here.") if whole else _NUMBER)
    return value


def scheduled(written: str, parameters: Mapping[str, Json]) -> Json:
    """A number, arithmetic on parameters, or a value for each repetition of a block. Raises LiteralError.

    >>> scheduled("64, 128", {}), scheduled("(1, 2) * width", {"width": 8})
    ({'each': [64, 128]}, {'expr': '*', 'of': [{'each': [1, 2]}, {'p': 'width'}]})
    """
    return _each(_value(_parsed(written.replace("，", ",")), parameters), parameters)


def _each(value: Json, parameters: Mapping[str, Json]) -> Json:
    """A list, and a parameter that is one, as what each repetition has one of."""
    if isinstance(value, list):
        return {"each": value}
    if isinstance(value, dict) and form(value) == "p":
        return {"each": value} if isinstance(parameters[value["p"]], list) else value
    if isinstance(value, dict) and form(value) == "expr":
        return {"expr": value["expr"], "of": [_each(item, parameters) for item in value["of"]]}
    return value


def literal(written: str, parameters: Container[str] = ()) -> Json:
    """A number, yes or no, a list of them, or a parameter. Raises LiteralError."""
    return _value(_parsed(written), parameters)


def sizes(written: str, parameters: Container[str] = (), nodes: Container[str] = ()) -> Json:
    """One whole number or several: `3`, `3, 3`, `3 × 3`, `x.size(0), -1`. Raises LiteralError."""
    cleaned = re.sub(r"(?<=\d)\s*[xX]\s*(?=\d)", ",", written.replace("×", ",").replace("，", ","))
    value = _value(_parsed(cleaned.strip().strip(",")), parameters, nodes)
    items = value if isinstance(value, list) else [value]
    if not items or any(isinstance(item, float | bool | list) or item is None for item in items):
        raise LiteralError(Message("Whole numbers are wanted here, as in 3 or 3 × 3."))
    return value


def index(written: str) -> Json:
    """What stands between the brackets of `x[...]`: `0`, `:, -1`, `..., 1:5`. Raises LiteralError."""
    try:
        tree = ast.parse(f"_[{written[:_LONGEST]}]", mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise LiteralError(_INDEX) from None
    if not isinstance(tree, ast.Subscript) or not isinstance(tree.value, ast.Name):
        raise LiteralError(_INDEX)
    part = tree.slice
    return {"t": [_index(item) for item in part.elts]} if isinstance(part, ast.Tuple) else _index(part)


def table(written: str) -> Json:
    """A number or nested lists of numbers. Raises LiteralError."""
    return _value(_parsed(written))


_NUMBER = Message("A number is wanted here.")
_INDEX = Message("An index is wanted here, as in 0 or :, -1.")


def _parsed(written: str) -> ast.expr:
    if len(written) > _LONGEST:
        raise LiteralError(_NUMBER)
    try:
        return ast.parse(written.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise LiteralError(_NUMBER) from None


def _value(tree: ast.expr, parameters: Container[str] = (), nodes: Container[str] = ()) -> Json:
    match tree:
        case ast.Constant(bool() | int() | float() as value):
            return _finite(value)
        case ast.Name(name) if name in parameters:
            return {"p": name}
        case ast.Name(name) if name in _SPECIAL:
            return {"f": name}
        case ast.UnaryOp(ast.UAdd(), inner):
            return _value(inner, parameters, nodes)
        case ast.UnaryOp(ast.USub(), inner):
            return _negative(_value(inner, parameters, nodes))
        case ast.BinOp(left, operator, right) if type(operator) in _OPERATORS:
            operands = [_value(left, parameters, nodes), _value(right, parameters, nodes)]
            return _arithmetic(_OPERATORS[type(operator)], operands)
        case ast.Tuple(items) | ast.List(items):
            return [_value(item, parameters, nodes) for item in items]
        case ast.Call(ast.Attribute(owner, "size"), [dim], []) if ast.unparse(owner) in nodes:
            return {"size": [{"n": ast.unparse(owner)}, _value(dim)]}
        case ast.Name(name):
            raise LiteralError(Message("{name} is neither a number nor a parameter here.", name=name))
        case _:
            raise LiteralError(_NUMBER)


def _finite(value: Any) -> Json:
    """A number as JSON can hold it: 1e999 is infinite."""
    return {"f": str(value)} if isinstance(value, float) and not math.isfinite(value) else value


def _negative(value: Json) -> Json:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return -value
    if value == {"f": "inf"}:
        return {"f": "-inf"}
    return {"expr": "neg", "of": [value]}


def _arithmetic(name: str, operands: list[Any]) -> Json:
    if all(isinstance(item, int | float) for item in operands):
        return _finite(arithmetic(name, operands))
    return {"expr": name, "of": operands}


def _index(tree: ast.expr) -> Json:
    match tree:
        case ast.Slice(lower, upper, step):
            return {"slice": [None if part is None else _whole(part) for part in (lower, upper, step)]}
        case ast.Constant(value) if value is Ellipsis:
            return {"ellipsis": True}
        case ast.Constant(None):
            return None
        case _:
            return _whole(tree)


def _whole(tree: ast.expr) -> int:
    value = _value(tree)
    if isinstance(value, bool) or not isinstance(value, int):
        raise LiteralError(_INDEX)
    return value
