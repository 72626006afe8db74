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
DEFAULTS: Mapping[str, Json] = {"precision": AUTO, "memory_format": AUTO, "compile": False, "replay": True}


class SpeedError(NetloomError):
    """A setting of how a step is computed that cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Speed:
    """`precision` and `memory_format` "auto": chosen at the start of a run (see `training.speed`).

    `replay`: steps are replayed without autograd where that gives the same bits (see `training.replay`).
    """

    precision: str = AUTO
    memory_format: str = AUTO
    compile: bool = False
    replay: bool = True

    def to_json(self) -> dict[str, Any]:
        """The same as keys of a `training` section, every one stated."""
        return asdict(self)


def read(section: Mapping[str, Json]) -> Speed:
    """These settings of a `training` section. Raises SpeedError naming key, value and cure."""
    return Speed(
        _one_of(section, "precision", PRECISIONS),
        _one_of(section, "memory_format", FORMATS),
        _yes_or_no(section, "compile"),
        _yes_or_no(section, "replay"),
    )


def _one_of(section: Mapping[str, Json], key: str, known: tuple[str, ...]) -> str:
    value = section.get(key, AUTO)
    if value not in known:
        raise _wrong(key, value, Message("one of {known}", known=", ".join(known)))
    return str(value)


def _yes_or_no(section: Mapping[str, Json], key: str) -> bool:
    value = section.get(key, DEFAULTS[key])
    if not isinstance(value, bool):
        raise _wrong(key, value, Message("true or false"))
    return value


def _wrong(key: str, value: Json, expected: Message) -> SpeedError:
    return SpeedError(sections.wrong_value(f"training.{key}", value, expected))
