"""The part of a training section that says how a step is computed, not what is learned. Light: no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.words import Message, NetloomError

AUTO = "auto"
PRECISIONS = (AUTO, "float32", "bfloat16")
"""what layers compute in; weights, losses and validation are in float32 with any of them"""
FORMATS = (AUTO, "contiguous", "channels_last")
"""how images lie in memory: channel by channel, or pixel by pixel with all its channels"""
DEFAULTS: Mapping[str, Json] = {"precision": AUTO, "memory_format": AUTO, "compile": False}


class SpeedError(NetloomError):
    """A setting of how a step is computed that cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Speed:
    """`precision` and `memory_format` "auto": chosen at the start of a run (see `training.speed`)."""

    precision: str = AUTO
    memory_format: str = AUTO
    compile: bool = False

    def to_json(self) -> dict[str, Any]:
        """The same as keys of a `training` section, every one stated."""
        return asdict(self)


def read(section: Mapping[str, Json]) -> Speed:
    """These settings of a `training` section. Raises SpeedError naming key, value and cure."""
    compiled = section.get("compile", False)
    if not isinstance(compiled, bool):
        raise _wrong("compile", compiled, Message("true or false"))
    return Speed(
        _one_of(section, "precision", PRECISIONS), _one_of(section, "memory_format", FORMATS), compiled
    )


def _one_of(section: Mapping[str, Json], key: str, known: tuple[str, ...]) -> str:
    value = section.get(key, AUTO)
    if value not in known:
        raise _wrong(key, value, Message("one of {known}", known=", ".join(known)))
    return str(value)


def _wrong(key: str, value: Json, expected: Message) -> SpeedError:
    return SpeedError(sections.wrong_value(f"training.{key}", value, expected))
