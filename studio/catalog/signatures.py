"""The arguments of a type as PyTorch's own signatures have them, and the editor that fits each.

Imports torch when first asked. Modules are read with `inspect`; functions written in C++ have no Python
signature, theirs are read from PyTorch's operator schemas.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal, get_args, get_origin

from studio.catalog import callables, literals, methods, stacks, table
from studio.catalog.entry import Editor, Entry, Parameter
from studio.catalog.knowledge import CHOICES, DTYPES, HIDDEN, INITS, KINDS, LENGTHS, LIMITS, SCHEMAS
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
    if type_ in BY_HAND:
        return BY_HAND[type_]
    if type_ in stacks.LAYERS:
        return _of_stack(type_)
    if _signature(entry) is None:
        return tuple(_from_schema(entry))
    return tuple(_from_python(entry))


@cache
def call_parameters(type_: str) -> tuple[Parameter, ...]:
    """What else a module is called with beside its wires: `need_weights` of MultiheadAttention.

    A node keeps them in `kwargs`. Empty for what is no module.
    """
    entry = table.entry(type_)
    if entry is None or entry.kind != "module":
        return ()
    found = callables.find(type_)
    if type_ in stacks.LAYERS:
        found = stacks.stack(type_)
    forward: Callable[..., Any] = getattr(found, "forward")  # noqa: B009 - a Callable has none for mypy
    known = {n: p for n, p in inspect.signature(forward).parameters.items() if n != "self"}
    slots = [port.slot[1] for port in entry.inputs]
    wired = {list(known)[slot] if isinstance(slot, int) else slot for slot in slots}
    said = (
        _read(entry, name, argument, argument.annotation)
        for name, argument in known.items()
        if argument.default is not inspect.Parameter.empty and name not in wired
    )
    return tuple(p for p in said if p.kind != "any")


@cache
def positions(type_: str) -> Mapping[str, int]:
    """Where each literal of a function may also stand: its place among the positional arguments."""
    entry = table.entry(type_)
    if entry is None or entry.kind not in {"function", "method"}:
        return {}
    if type_ in BY_HAND:
        return entry.places
    signature = _signature(entry)
    if signature is None:
        return {a.name: i for i, a in enumerate(_schema(entry).arguments) if not a.kwarg_only}
    keyword = inspect.Parameter.KEYWORD_ONLY
    return {name: i for i, (name, p) in enumerate(signature.parameters.items()) if p.kind != keyword}


def signature_text(type_: str) -> str:
    """The call as one line of Python: `Conv2d(in_channels, out_channels, kernel_size, stride=1, ...)`."""
    entry = table.entry(type_)
    if entry is None or entry.kind == "structural":
        return ""
    wires = [port.name for port in entry.inputs if not port.optional] if entry.kind != "module" else []
    written = [p.name if p.required else f"{p.name}={_python(p.default)}" for p in parameters(type_)]
    return f"{entry.label}({', '.join([*wires, *written])})"


def parameter(type_: str, name: str) -> Parameter | None:
    """One argument by name."""
    return next((p for p in parameters(type_) if p.name == name), None)


# -- Python signatures -------------------------------------------------------------------------------


@cache
def _signature_of(type_: str) -> inspect.Signature | None:
    found = callables.find(type_)
    if inspect.isclass(found):
        # RNN, LSTM and GRU take *args; what they mean stands in their overloads
        overloads = typing.get_overloads(found.__init__)
        if overloads:
            signature = inspect.signature(overloads[0])
            return signature.replace(parameters=list(signature.parameters.values())[1:])
    try:
        signature = inspect.signature(found)
    except ValueError:
        return None  # it is written in C++
    return signature


def _signature(entry: Entry) -> inspect.Signature | None:
    """The Python signature; None where there is none that says anything."""
    return None if entry.type in SCHEMAS else _signature_of(entry.type)


def _from_python(entry: Entry) -> Iterator[Parameter]:
    hints = _hints(entry)
    signature = _signature(entry)
    assert signature is not None
    wired = _wired(entry, list(signature.parameters))
    for name, found in signature.parameters.items():
        variadic = found.kind in {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
        if variadic or name in HIDDEN or name in wired or name.startswith("_"):
            continue
        if name == "dtype" and entry.kind == "module":
            continue
        yield _read(entry, name, found, hints.get(name, found.annotation))


def _wired(entry: Entry, names: Sequence[str]) -> set[str]:
    """The arguments of a function that wires stand for, by name or by place."""
    if entry.kind == "module":
        return set()
    slots = [port.slot[1] for port in entry.inputs]
    by_place = {names[slot] for slot in slots if isinstance(slot, int) and slot < len(names)}
    return by_place | {port.name for port in entry.inputs}


def _read(entry: Entry, name: str, found: inspect.Parameter, annotation: Any) -> Parameter:
    """One argument of a Python signature."""
    required = found.default is inspect.Parameter.empty
    default = None if required else _json(found.default)
    kind, optional, length, words = _editor(entry, annotation, found.default)
    return _parameter(entry, name, kind, default, required, optional, length, words)


def _of_stack(type_: str) -> tuple[Parameter, ...]:
    """The arguments of the inner layer, and those of the stack itself."""
    inner = parameters(stacks.LAYERS[type_])
    entry = table.entry(type_)
    assert entry is not None
    known = inspect.signature(stacks.stack(type_)).parameters
    number = Parameter("num_layers", "int", required=True, minimum=1)
    norm = Parameter("norm", "bool", False)
    rest = (_read(entry, name, known[name], known[name].annotation) for name in stacks.OWN if name in known)
    found = (*inner, number, norm, *(p for p in rest if p.name not in {"num_layers", "norm"}))
    return tuple(sorted(found, key=lambda parameter: not parameter.required))


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


@cache
def _schema_of(type_: str) -> Any:
    import torch

    entry = table.entry(type_)
    assert entry is not None
    operator, _, overload = SCHEMAS.get(type_, type_.split(".", 1)[1].replace(".", "_")).partition(".")
    packet = getattr(torch.ops.aten, operator)
    if overload or type_ in SCHEMAS:
        return getattr(packet, overload or "default")._schema  # noqa: SLF001 - the only place where PyTorch keeps it
    known = [getattr(packet, name)._schema for name in packet.overloads() if "out" not in name]  # noqa: SLF001
    return min((schema for schema in known if _takes(schema, entry)), key=_demands)


def _schema(entry: Entry) -> Any:
    """The overload of a C++ operator that takes what the entry's ports and literals give."""
    return _schema_of(entry.type)


def _takes(schema: Any, entry: Entry) -> bool:
    names = {argument.name: str(argument.type) for argument in schema.arguments}
    for port in entry.inputs:
        place = port.slot[1]
        if isinstance(place, str):
            if place not in names:
                return False
        elif not (place < len(schema.arguments) and "Tensor" in str(schema.arguments[place].type)):
            return False
    return all(name in names and "Tensor" not in names[name] for name in entry.new)


def _demands(schema: Any) -> int:
    """How many arguments must be given."""
    return sum(not a.has_default_value() for a in schema.arguments)


def _from_schema(entry: Entry) -> Iterator[Parameter]:
    schema = _schema(entry)
    wired = _wired(entry, [argument.name for argument in schema.arguments])
    for argument in schema.arguments:
        type_ = str(argument.type)
        if "Tensor" in type_ or argument.name in HIDDEN or argument.name in wired:
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
    if inspect.isclass(value):
        return {"layer": next((e.type for e in table.entries() if e.label == value.__name__), value.__name__)}
    return getattr(value, "__name__", None)


def _python(value: Json) -> str:
    if isinstance(value, dict):
        return literals.text(value)
    return f"({', '.join(map(repr, value))})" if isinstance(value, list) else repr(value)


_SHAPE = Parameter("shape", "int_tuple", minimum=1, required=True)
_DTYPE = Parameter("dtype", "dtype", "float32", choices=DTYPES)
_INIT = Parameter("init", "choice", "zeros", choices=INITS)
_STD = Parameter("std", "float", 1.0, minimum=0)
_PERSISTENT = Parameter("persistent", "bool", True)
STRUCTURAL: dict[str, tuple[Parameter, ...]] = {
    "input": (Parameter("shape", "any", optional=True), _DTYPE),
    "const": (Parameter("value", "any", required=True), _DTYPE),
    "param": (_SHAPE, _INIT, _STD, _DTYPE),
    "buffer": (_SHAPE, _INIT, _STD, _DTYPE, _PERSISTENT),
}
"""The parameters of the nodes that are part of the graph itself."""

BY_HAND: dict[str, tuple[Parameter, ...]] = {
    "op.getitem": (Parameter("index", "any", required=True),),
    "torch.einsum": (Parameter("equation", "text", required=True),),
    "torch.meshgrid": (Parameter("indexing", "choice", optional=True, choices=("ij", "xy")),),
    **{entry.type: () for entry in methods.ENTRIES if entry.type.startswith("op.")},
    **{f"Tensor.{name}": () for name in ("float", "long", "half", "bfloat16", "double", "int", "bool")},
}
"""What has no signature that says anything: `operator`'s functions, those that take *args, plain casts."""
