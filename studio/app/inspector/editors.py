"""Which editor fits an argument, and how its text is read and written."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field

from studio.app.inspector.fields import BoolField, ChoiceField, Field, LineField, Read, Step
from studio.catalog import literals, table
from studio.catalog.entry import Parameter
from studio.catalog.literals import LiteralError
from studio.graph.model import BLOCK
from studio.graph.operations import MISSING
from studio.graph.values import Json
from studio.words import Message, tr

BATCH = "N"
OPEN = "L"
"""a length that the samples need not share"""
JOINT = " × "


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a text may name: the parameters of the network it stands in, with their defaults, and its nodes.

    Where `repeated` says so, now, a value may be given for each repetition of a block.
    """

    parameters: Mapping[str, Json] = field(default_factory=dict)
    nodes: Container[str] = ()
    repeated: Callable[[], bool] = lambda: False


def editor(type_: str, parameter: Parameter, around: Surroundings, auto: bool) -> Field:
    """A field for an argument of a node of `type_`."""
    if type_ == "input" and parameter.name == "shape":
        return LineField(_or_empty(read_shape, empty=True, auto=True), write_shape)
    if parameter.kind == "bool":
        passed = _passed_on(around, bool)
        return _yes_or_no(parameter.optional, passed) if parameter.optional or passed else BoolField()
    if parameter.kind in {"choice", "dtype", "layer"}:
        return _choice(type_, parameter, _passed_on(around, str))
    empty = auto or not parameter.required
    read = _or_empty(_reader(type_, parameter, around), empty, auto)
    return LineField(read, writer(parameter), _STEPS.get(parameter.kind))


def rest_text(parameter: Parameter, auto: bool) -> str:
    """What a field shows for a value that is left out: the default, or nothing."""
    if auto or parameter.required or parameter.default is None:
        return ""
    return writer(parameter)(parameter.default)


def hint_text(parameter: Parameter, auto: bool, known: Mapping[str, Json]) -> str:
    """What stands in an empty field: the value that `auto` took, or that there is none."""
    if auto:
        if parameter.name in known:
            return tr("auto ({value})", value=literals.text(known[parameter.name], JOINT))
        return tr("auto")
    return tr("required") if parameter.required else tr("none")


def writer(parameter: Parameter) -> Callable[[Json], str]:
    if parameter.kind == "text":
        return str
    sizes = parameter.kind == "int_tuple" and (parameter.minimum is not None or parameter.length is not None)
    return lambda value: literals.text(value, JOINT if sizes else ", ")


# -- reading -----------------------------------------------------------------------------------------


def _reader(type_: str, parameter: Parameter, around: Surroundings) -> Read:
    def nothing(text: str) -> bool:
        return parameter.optional and text.strip().casefold() in {"none", tr("none")}

    def read(text: str) -> Json:
        if nothing(text):
            return None
        match parameter.kind:
            case "int" | "float" | "any" if around.repeated():
                return literals.scheduled(text, around.parameters)
            case "int":
                return _in_limits(literals.number(text, around.parameters, whole=True), parameter)
            case "float":
                return _in_limits(literals.number(text, around.parameters), parameter)
            case "int_tuple":
                return _read_sizes(text, parameter, around)
            case "text":
                return text
            case "any" if type_.startswith(BLOCK):
                return literals.literal(text, around.parameters)
            case _:
                return literals.index(text) if type_ == "op.getitem" else literals.table(text)

    return read


def _read_sizes(text: str, parameter: Parameter, around: Surroundings) -> Json:
    if text.strip() in parameter.choices:
        return text.strip()
    value = literals.sizes(text, around.parameters, around.nodes)
    items = value if isinstance(value, list) else [value]
    if parameter.length and len(items) not in {1, parameter.length}:
        raise LiteralError(
            Message("{n} numbers are wanted here, or one that stands for all.", n=parameter.length)
        )
    for item in items:
        _in_limits(item, parameter)
    return value[0] if isinstance(value, list) and len(value) == 1 and parameter.length else value


def _in_limits(value: Json, parameter: Parameter) -> Json:
    if isinstance(value, int | float):
        if parameter.minimum is not None and value < parameter.minimum:
            raise LiteralError(Message("{low} is the least here.", low=parameter.minimum))
        if parameter.maximum is not None and value > parameter.maximum:
            raise LiteralError(Message("{high} is the most here.", high=parameter.maximum))
    return value


def _or_empty(read: Read, empty: bool, auto: bool) -> Read:
    """Reads nothing, and the word `auto` where there is one, as what is left out."""

    def read_or_rest(text: str) -> Json:
        if auto and text.strip().casefold() in {"auto", tr("auto")}:
            return MISSING
        if text.strip():
            return read(text)
        if empty:
            return MISSING
        raise LiteralError(Message("A value is wanted here."))

    return read_or_rest


def read_shape(text: str) -> Json:
    """The shape of an input: `3, 32, 32` for one sample, `L` for a length left open; N is put before it."""
    cleaned = text.strip()
    if not cleaned:
        return MISSING
    if cleaned[0] in "Nn":
        cleaned = cleaned[1:].lstrip(" ×x,，")
        if not cleaned:
            return [BATCH]
    first = cleaned[0] in "Ll"
    if first:
        cleaned = cleaned[1:].lstrip(" ×x,，")
        if not cleaned:
            return [BATCH, OPEN]
    value = literals.sizes(cleaned)
    items = value if isinstance(value, list) else [value]
    if any(not isinstance(item, int) or item < 1 for item in items):
        raise LiteralError(Message("The sizes of one sample are wanted here, as in 3 × 32 × 32."))
    return [BATCH, *([OPEN] if first else []), *items]


def write_shape(value: Json) -> str:
    return literals.text(value, JOINT)


# -- choices and steps -------------------------------------------------------------------------------


def _choice(type_: str, parameter: Parameter, passed: list[tuple[Json, str]]) -> ChoiceField:
    form = parameter.kind == "dtype" and "." in type_  # a function is called with it, so it is a literal
    values: list[tuple[Json, str]] = [({"dtype": w} if form else w, w) for w in parameter.choices]
    if parameter.kind == "layer":
        values = [({"layer": word}, table.label(word)) for word in parameter.choices]
    if parameter.optional:
        values.insert(0, (None, tr("none")))
    return ChoiceField([*values, *passed])


def _yes_or_no(optional: bool, passed: list[tuple[Json, str]]) -> ChoiceField:
    none: list[tuple[Json, str]] = [(None, tr("none"))] if optional else []
    return ChoiceField([*none, (True, tr("yes")), (False, tr("no")), *passed])


def _passed_on(around: Surroundings, kind: type) -> list[tuple[Json, str]]:
    """The parameters of the network that are of a kind, as choices."""
    return [({"p": name}, name) for name, value in around.parameters.items() if type(value) is kind]


def _step_whole(value: Json, by: int) -> Json:
    if isinstance(value, list):
        return [_step_whole(item, by) for item in value]
    return value + by if isinstance(value, int) and not isinstance(value, bool) else MISSING


def _step_real(value: Json, by: int) -> Json:
    """By one of the value's leading digit: 0.5 goes by 0.1, 20 by 10, 0.003 by 0.001."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return MISSING
    magnitude = math.floor(math.log10(abs(value))) if value else -1
    return round(value + by * 10.0**magnitude, 12)


_STEPS: Mapping[str, Step] = {"int": _step_whole, "int_tuple": _step_whole, "float": _step_real}
