"""The arguments of a type as PyTorch's own signatures have them, and the editor that fits each.

Imports torch when first asked. Modules are read with `inspect`; functions written in C++ have no Python
signature, theirs are read from PyTorch's operator schemas.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args, get_origin

from studio.catalog import callables, table
from studio.catalog.entry import Editor, Entry, Parameter
from studio.catalog.knowledge import CHOICES, DTYPES, HIDDEN, KINDS, LENGTHS, LIMITS, SCHEMAS
from studio.graph.values import Json


@cache
def parameters(type_: str) -> tuple[Parameter, ...]:
    """The constructor arguments of a module, or the literals of a function, in PyTorch's order.

    Wires are no parameters; nor is what a document does not say (`device`). Empty for a type not known.
    """
    entry = table.entry(type_)
    if entry is None:
        return ()
    if entry.kind == "structural":
        return STRUCTURAL.get(type_, ())
    if type_ in SCHEMAS:
        return tuple(_from_schema(entry, SCHEMAS[type_]))
    if type_ in BY_HAND:
        return BY_HAND[type_]
    if entry.kind == "method":
        return ()  # the methods of the table take nothing but their tensor
    return tuple(_from_python(entry))


@cache
def positions(type_: str) -> Mapping[str, int]:
    """Where each literal of a function may also stand: its place among the positional arguments."""
    entry = table.entry(type_)
    if entry is None or entry.kind != "function":
        return {}
    if type_ in BY_HAND:
        return {p.name: i for i, p in enumerate(BY_HAND[type_], start=len(entry.inputs))}
    if type_ in SCHEMAS:
        return {a.name: i for i, a in enumerate(_schema(SCHEMAS[type_]).arguments) if not a.kwarg_only}
    signature = inspect.signature(callables.find(type_))
    keyword = inspect.Parameter.KEYWORD_ONLY
    return {name: i for i, (name, p) in enumerate(signature.parameters.items()) if p.kind != keyword}


def signature_text(type_: str) -> str:
    """The call as one line of Python: `Conv2d(in_channels, out_channels, kernel_size, stride=1, ...)`."""
    entry = table.entry(type_)
    if entry is None or entry.kind == "structural":
        return ""
    wires = [port.name for port in entry.inputs if not port.optional] if entry.kind == "function" else []
    written = [p.name if p.required else f"{p.name}={_python(p.default)}" for p in parameters(type_)]
    return f"{entry.label}({', '.join([*wires, *written])})"


def parameter(type_: str, name: str) -> Parameter | None:
    """One argument by name."""
    return next((p for p in parameters(type_) if p.name == name), None)


# -- Python signatures -------------------------------------------------------------------------------


def _signature(entry: Entry) -> inspect.Signature:
    found = callables.find(entry.type)
    if inspect.isclass(found):
        # RNN, LSTM and GRU take *args; what they mean stands in their overloads
        overloads = typing.get_overloads(found.__init__)
        if overloads:
            signature = inspect.signature(overloads[0])
            return signature.replace(parameters=list(signature.parameters.values())[1:])
    return inspect.signature(found)


def _from_python(entry: Entry) -> Iterator[Parameter]:
    wired = {port.name for port in entry.inputs} if entry.kind == "function" else set()
    hints = _hints(entry)
    for name, found in _signature(entry).parameters.items():
        variadic = found.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
        if variadic or name in HIDDEN or name in wired or name.startswith("_"):
            continue
        if name == "dtype" and entry.kind == "module":
            continue
        required = found.default is inspect.Parameter.empty
        default = None if required else _json(found.default)
        annotation = hints.get(name, found.annotation)
        kind, optional, length, words = _editor(entry, annotation, found.default)
        yield _parameter(entry, name, kind, default, required, optional, length, words)


def _hints(entry: Entry) -> Mapping[str, Any]:
    """Annotations that are strings in PyTorch's source, resolved."""
    found = callables.find(entry.type)
    try:
        return typing.get_type_hints(found.__init__ if inspect.isclass(found) else found)
    except (NameError, TypeError):
        return {}  # a forward reference to what PyTorch does not export: the annotation itself is used


def _editor(entry: Entry, annotation: Any, default: Any) -> tuple[Editor, bool, int | None, tuple[str, ...]]:
    """The editor, whether None is a value, length of a tuple, words it takes."""
    parts = _union(annotation)
    optional = type(None) in parts or default is None
    parts = [part for part in parts if part is not type(None)]
    words = tuple(w for part in parts if get_origin(part) is Literal for w in get_args(part))
    if words:
        return "choice", optional, None, words
    tuples = [part for part in parts if get_origin(part) in {tuple, list} or _is_sequence(part)]
    if tuples and any(int in _leaves(part) for part in tuples):
        return "int_tuple", optional, _length(entry, tuples[0]), ()
    for plain, kind in ((bool, "bool"), (int, "int"), (float, "float"), (str, "text")):
        if plain in parts:
            return typing.cast(Editor, kind), optional, None, ()
    if tuples:
        return "float", optional, None, ()
    return _kind_of(default), optional, None, ()


def _union(annotation: Any) -> list[Any]:
    if get_origin(annotation) in {typing.Union, types.UnionType}:
        return [leaf for part in get_args(annotation) for leaf in _union(part)]
    return [annotation]


def _leaves(annotation: Any) -> list[Any]:
    inner = [leaf for part in get_args(annotation) for leaf in _leaves(part)]
    return inner or [annotation]


def _is_sequence(part: Any) -> bool:
    origin = get_origin(part)
    return inspect.isclass(origin) and issubclass(origin, Sequence)


def _length(entry: Entry, annotation: Any) -> int | None:
    """How many numbers: as many as the annotation names, else one for each dimension of the layer's name."""
    inner = get_args(annotation)
    if inner and inner[-1] is not Ellipsis and get_origin(annotation) is tuple:
        return len(inner)
    digit = entry.type[-2] if entry.type.endswith("d") else ""
    return int(digit) if digit.isdigit() else None


def _kind_of(value: Any) -> Editor:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    if isinstance(value, float):
        return "float"
    return "text" if isinstance(value, str) else "any"


# -- operator schemas --------------------------------------------------------------------------------


def _schema(name: str) -> Any:
    import torch

    operator, _, overload = name.partition(".")
    return getattr(getattr(torch.ops.aten, operator), overload or "default")._schema  # noqa: SLF001 - the only place where PyTorch keeps it


def _from_schema(entry: Entry, name: str) -> Iterator[Parameter]:
    for argument in _schema(name).arguments:
        type_ = str(argument.type)
        if "Tensor" in type_ or argument.name in HIDDEN:
            continue
        optional = type_.startswith("Optional")
        required = not (optional or argument.has_default_value())
        default = _json(argument.default_value) if argument.has_default_value() else None
        inner = type_.removeprefix("Optional[").removesuffix("]") if optional else type_
        if default == [] and not optional:  # the schema's way to say "as large as the kernel"
            default, optional = None, True
        kind = _SCHEMA_KINDS.get(inner, "any")
        yield _parameter(entry, argument.name, kind, default, required, optional, None, ())


_SCHEMA_KINDS: dict[str, Editor] = {
    "int": "int",
    "SymInt": "int",
    "number": "float",
    "float": "float",
    "bool": "bool",
    "str": "text",
    "List[int]": "int_tuple",
    "List[SymInt]": "int_tuple",
}


# -- both --------------------------------------------------------------------------------------------


def _parameter(
    entry: Entry,
    name: str,
    kind: Editor,
    default: Json,
    required: bool,
    optional: bool,
    length: int | None,
    words: tuple[str, ...],
) -> Parameter:
    key = (entry.type, name)
    choices = CHOICES.get(key) or words or CHOICES.get(("", name), ())
    kind = KINDS.get(key) or KINDS.get(("", name)) or kind
    if kind == "text" and choices:
        kind = "choice"
    if kind == "dtype":
        choices = DTYPES
    low, high = LIMITS.get(key) or LIMITS.get(("", name)) or (None, None)
    if isinstance(default, list) and kind == "int_tuple" and len(set(default)) == 1 and default:
        default = default[0]
    length = LENGTHS.get(key, length if kind == "int_tuple" else None)
    return Parameter(name, kind, default, required, optional, choices, low, high, length)


def _json(value: Any) -> Json:
    """A default as the document would write it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_json(item) for item in value]
    return getattr(value, "__name__", None)


def _python(value: Json) -> str:
    return f"({', '.join(map(repr, value))})" if isinstance(value, list) else repr(value)


_SHAPE = Parameter("shape", "int_tuple", minimum=1, required=True)
_DTYPE = Parameter("dtype", "dtype", "float32", choices=DTYPES)
_INIT = Parameter("init", "choice", "zeros", choices=("zeros", "ones", "normal", "uniform"))
STRUCTURAL: dict[str, tuple[Parameter, ...]] = {
    "input": (Parameter("shape", "any", optional=True), _DTYPE),
    "const": (Parameter("value", "any", required=True), _DTYPE),
    "param": (_SHAPE, _INIT, _DTYPE),
    "buffer": (_SHAPE, _INIT, _DTYPE),
}
"""The parameters of the nodes that are part of the graph itself."""

BY_HAND: dict[str, tuple[Parameter, ...]] = {"op.getitem": (Parameter("index", "any", required=True),)}
"""Functions of Python's own, which says nothing of their arguments."""
