"""The finer points of a training section: the schedule of the learning rate and what tempers a step.

Every one of them is off unless the project asks for it. Names are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.words import Message, NetloomError

SCHEDULES: Mapping[str, Mapping[str, Json]] = {
    "constant": {},
    "StepLR": {"step_size": 10, "gamma": 0.1},
    "ExponentialLR": {"gamma": 0.95},
    "CosineAnnealingLR": {"eta_min": 0.0},
    "OneCycleLR": {"pct_start": 0.3, "div_factor": 25.0, "final_div_factor": 10_000.0},
    "ReduceLROnPlateau": {"factor": 0.1, "patience": 10},
}
"""torch.optim.lr_scheduler's classes by name, with the arguments that can be set. Lengths are in epochs."""

DECAYS = ("all", "matrices")
"""what weight decay is for: every parameter, or only those with two dimensions or more, so no biases"""

DEFAULTS: Mapping[str, Json] = {
    "schedule": {"type": "constant"},
    "warmup_epochs": 0.0,
    "clip_norm": None,
    "accumulate": 1,
    "label_smoothing": 0.0,
    "decay": "all",
    "patience": None,
}


class OptionError(NetloomError):
    """One of the finer settings cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A class of torch.optim.lr_scheduler by name, or "constant", and its arguments."""

    type: str = "constant"
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """`clip_norm`: the longest gradient, None for any. `accumulate`: batches a step of the optimiser.

    `patience`: epochs without a better one after which the run ends, None for never.
    """

    schedule: Schedule = field(default_factory=Schedule)
    warmup_epochs: float = 0.0
    clip_norm: float | None = None
    accumulate: int = 1
    label_smoothing: float = 0.0
    decay: str = "all"
    patience: int | None = None

    @property
    def varies(self) -> bool:
        """Whether the learning rate changes while training."""
        return self.schedule.type != "constant" or self.warmup_epochs > 0

    def to_json(self) -> dict[str, Any]:
        """The same as keys of a `training` section, every one stated."""
        schedule = {"type": self.schedule.type, **self.schedule.params}
        names = ("warmup_epochs", "clip_norm", "accumulate", "label_smoothing", "decay", "patience")
        return {"schedule": schedule, **{name: getattr(self, name) for name in names}}


def read(section: Mapping[str, Json]) -> Options:
    """The finer settings of a `training` section. Raises OptionError naming key, value and cure."""
    options = _read(section)
    if options.schedule.type == "OneCycleLR" and options.warmup_epochs:
        raise OptionError(
            Message(
                "OneCycleLR warms up by itself. Set training.warmup_epochs to 0, or take another schedule."
            )
        )
    return options


def _read(section: Mapping[str, Json]) -> Options:
    clip, patience = section.get("clip_norm"), section.get("patience")
    decay = section.get("decay", "all")
    if decay not in DECAYS:
        raise _wrong("decay", decay, Message("one of {known}", known=", ".join(DECAYS)))
    return Options(
        _schedule(section.get("schedule", "constant")),
        _number("warmup_epochs", section.get("warmup_epochs", 0.0), 0),
        None if clip is None else _number("clip_norm", clip, 0, above=True),
        _whole("accumulate", section.get("accumulate", 1), 1),
        _number("label_smoothing", section.get("label_smoothing", 0.0), 0, below=1.0),
        str(decay),
        None if patience is None else _whole("patience", patience, 1),
    )


def _schedule(section: Json) -> Schedule:
    table = {"type": section} if isinstance(section, str) else section
    if not isinstance(table, Mapping):
        raise _wrong(
            "schedule", section, Message("a mapping such as {example}", example='{"type": "StepLR"}')
        )
    kind = table.get("type", "constant")
    if kind not in SCHEDULES:
        raise _wrong("schedule.type", kind, Message("one of {known}", known=", ".join(SCHEDULES)))
    defaults = SCHEDULES[str(kind)]
    if reason := sections.unknown_key(table, ("type", *defaults), "training.schedule"):
        raise OptionError(reason)
    values = {name: _argument(name, table.get(name, default)) for name, default in defaults.items()}
    return Schedule(str(kind), values)


def _argument(name: str, value: Json) -> Json:
    key = f"schedule.{name}"
    match name:
        case "step_size" | "patience":
            return _whole(key, value, 1)
        case "gamma" | "factor" | "pct_start":
            return _number(key, value, 0, above=True, below=1.0)
        case "div_factor" | "final_div_factor":
            return _number(key, value, 1)
        case _:
            return _number(key, value, 0)


def _number(key: str, value: Json, least: float, above: bool = False, below: float | None = None) -> float:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= least
    if not fits or value in (float("inf"),) or (above and value == least) or (below and value >= below):
        raise _wrong(key, value, _range(least, above, below))
    return float(value)


def _range(least: float, above: bool, below: float | None) -> Message:
    if below is not None:
        return Message("a number from {least} to below {below}", least=least, below=below)
    return Message("a number above 0") if above else Message("a number from {least}", least=least)


def _whole(key: str, value: Json, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 10**9:
        raise _wrong(key, value, Message("a whole number from {least}", least=least))
    return value


def _wrong(key: str, value: Json, expected: Message) -> OptionError:
    return OptionError(sections.wrong_value(f"training.{key}", value, expected))
