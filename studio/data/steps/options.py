"""The options of a step: what may stand in the project file, and what stands there where nothing is said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.data.source import DataError
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

WHOLE, NUMBER, CHOICE, FLAG, COLUMNS, SEVERAL = "whole", "number", "choice", "flag", "columns", "several"
Values = Mapping[str, Any]
"""the options of one step, complete and checked"""


@dataclass(frozen=True, slots=True)
class Option:
    """One option: `kind` is one of those above; `choices` are the values of CHOICE and SEVERAL, with words.

    `only` names another option and the values of it under which this one counts.
    """

    name: str
    label: Message
    kind: str
    default: Any = None
    least: float = 0
    most: float = 2**31 - 1
    choices: tuple[tuple[str, Message], ...] = ()
    only: tuple[str, tuple[str, ...]] | None = None

    def counts(self, values: Values) -> bool:
        return self.only is None or values.get(self.only[0]) in self.only[1]

    def complaint(self, value: Json) -> Message | None:
        """What should stand here instead of `value`; None where it may."""
        names = [name for name, _ in self.choices]
        match self.kind:
            case "whole":
                if not isinstance(value, int) or not self._in_range(value):
                    return _range(Message("a whole number"), self.least, self.most)
            case "number":
                if not isinstance(value, int | float) or not self._in_range(value):
                    return _range(Message("a number"), self.least, self.most)
            case "choice":
                if value not in names:
                    return Message("one of {known}", known=", ".join(names))
            case "flag":
                if not isinstance(value, bool):
                    return Message("true or false")
            case "columns":
                if value is not None and not _texts(value):
                    return Message("a list of names of columns")
            case "several":
                if not isinstance(value, list | tuple) or not _texts(value) or not set(value) <= set(names):
                    return Message("some of {known}", known=", ".join(names))
        return None

    def _in_range(self, value: float) -> bool:
        return not isinstance(value, bool) and math.isfinite(value) and self.least <= value <= self.most


def _texts(value: Json) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(text, str) for text in value)


def _range(what: Message, least: float, most: float) -> Message:
    if most < 2**31 - 1:
        return Message("{what} from {least} to {most}", what=what, least=f"{least:g}", most=f"{most:g}")
    return Message("{what} from {least}", what=what, least=f"{least:g}")


def read(step: Mapping[str, Json], options: Sequence[Option], place: str) -> dict[str, Any]:
    """The options of the step at `place`, complete. Raises DataError naming the key and its value."""
    if reason := sections.unknown_key(step, ("type", *(option.name for option in options)), place):
        raise DataError(reason)
    values = {option.name: step.get(option.name, option.default) for option in options}
    for option in options:
        if option.counts(values) and (expected := option.complaint(values[option.name])):
            key = f"{place}.{option.name}"
            raise DataError(sections.wrong_value(key, values[option.name], expected))
    return values


def columns(label: Message | None = None) -> Option:
    """Which columns a step is for: all that fit, where none are named."""
    return Option("columns", label or Message("Columns"), COLUMNS)
