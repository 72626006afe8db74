"""How the learning rate may change over a training, as a project says it. Light: no torch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.words import Message, NetloomError

UNITS = ("epochs", "steps")
"""what lengths are counted in; a step is one of the optimiser"""

SCHEDULES: Mapping[str, Mapping[str, Json]] = {
    "constant": {},
    "StepLR": {"step_size": 10, "gamma": 0.1, "unit": "epochs"},
    "MultiStepLR": {"milestones": [30, 60], "gamma": 0.1, "unit": "epochs"},
    "ExponentialLR": {"gamma": 0.95, "unit": "epochs"},
    "LinearLR": {"start_factor": 1.0, "end_factor": 0.01},
    "PolynomialLR": {"power": 1.0},
    "CosineAnnealingLR": {"eta_min": 0.0},
    "CosineAnnealingWarmRestarts": {"T_0": 10, "T_mult": 1, "eta_min": 0.0, "unit": "epochs"},
    "OneCycleLR": {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 10_000.0},
    "ReduceLROnPlateau": {"factor": 0.1, "patience": 10},
}
"""torch.optim.lr_scheduler's classes by name, with the arguments that can be set.

Lengths are in epochs, or in what `unit` says. Those without a length take what the training is long.
"""


class OptionError(NetloomError):
    """One of the finer settings cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A class of torch.optim.lr_scheduler by name, or "constant", and its arguments."""

    type: str = "constant"
    params: Mapping[str, Any] = field(default_factory=dict)


def read(section: Json) -> Schedule:
    """The `schedule` of a training section: a name, or a table with `type`. Raises OptionError."""
    table = {"type": section} if isinstance(section, str) else section
    if not isinstance(table, Mapping):
        raise wrong("schedule", section, Message("a mapping such as {example}", example='{"type": "StepLR"}'))
    kind = table.get("type", "constant")
    if kind not in SCHEDULES:
        raise wrong("schedule.type", kind, Message("one of {known}", known=", ".join(SCHEDULES)))
    defaults = SCHEDULES[str(kind)]
    if reason := sections.unknown_key(table, ("type", *defaults), "training.schedule"):
        raise OptionError(reason)
    values = {name: _argument(name, table.get(name, default)) for name, default in defaults.items()}
    return Schedule(str(kind), values)


def _argument(name: str, value: Json) -> Json:
    key = f"schedule.{name}"
    match name:
        case "unit":
            if value not in UNITS:
                raise wrong(key, value, Message("one of {known}", known=", ".join(UNITS)))
            return str(value)
        case "milestones":
            return _milestones(key, value)
        case "step_size" | "patience" | "T_0" | "T_mult":
            return whole(key, value, 1)
        case "gamma" | "factor" | "pct_start":
            return number(key, value, 0, above=True, below=1.0)
        case "start_factor":
            return _part(key, value, above=True)
        case "end_factor":
            return _part(key, value)
        case "div_factor" | "final_div_factor":
            return number(key, value, 1)
        case _:
            return number(key, value, 0)


def _milestones(key: str, value: Json) -> list[int]:
    expected = Message("whole numbers above 0, each larger than the one before")
    if not isinstance(value, list | tuple) or not value:
        raise wrong(key, value, expected)
    if not all(isinstance(v, int) and not isinstance(v, bool) and 0 < v <= 10**9 for v in value):
        raise wrong(key, value, expected)
    if any(a >= b for a, b in itertools.pairwise(value)):
        raise wrong(key, value, expected)
    return list(value)


def _part(key: str, value: Json, above: bool = False) -> float:
    """A number from 0 to 1."""
    found = number(key, value, 0, above)
    if found > 1:
        raise wrong(key, value, Message("a number from 0 to 1"))
    return found


def number(key: str, value: Json, least: float, above: bool = False, below: float | None = None) -> float:
    """`value` where it is a finite number in the range. Raises OptionError naming `key`."""
    fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= least
    if not fits or not math.isfinite(value) or (above and value == least) or (below and value >= below):
        raise wrong(key, value, _range(least, above, below))
    return float(value)


def _range(least: float, above: bool, below: float | None) -> Message:
    if below is not None:
        return Message("a number from {least} to below {below}", least=least, below=below)
    return Message("a number above 0") if above else Message("a number from {least}", least=least)


def whole(key: str, value: Json, least: int) -> int:
    """`value` where it is a whole number from `least`. Raises OptionError naming `key`."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 10**9:
        raise wrong(key, value, Message("a whole number from {least}", least=least))
    return value


def wrong(key: str, value: Json, expected: Message) -> OptionError:
    return OptionError(sections.wrong_value(f"training.{key}", value, expected))
