"""The finer points of a training section: what tempers a step, what samples count, when it is enough.

Every one of them is off unless the project asks for it. Names are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.training import schedule_settings
from studio.training.schedule_settings import SCHEDULES, OptionError, Schedule, number, whole, wrong
from studio.words import Message

__all__ = ["DECAYS", "DEFAULTS", "SAMPLERS", "SCHEDULES", "OptionError", "Options", "Schedule", "read"]

DECAYS = ("all", "matrices")
"""what weight decay is for: every parameter, or only those with two dimensions or more, so no biases"""

SAMPLERS = ("shuffle", "balanced")
"""what an epoch sees: every sample once, or as many draws as there are samples, every class as often"""

BALANCED = "balanced"

DEFAULTS: Mapping[str, Json] = {
    "schedule": {"type": "constant"},
    "warmup_epochs": 0.0,
    "warmup_steps": 0,
    "clip_norm": None,
    "accumulate": 1,
    "label_smoothing": 0.0,
    "decay": "all",
    "l1": 0.0,
    "class_weights": None,
    "sampler": "shuffle",
    "mixup": 0.0,
    "cutmix": 0.0,
    "ema": None,
    "patience": None,
    "max_minutes": None,
}

FOR_CLASSES = ("label_smoothing", "class_weights", "sampler", "mixup", "cutmix")
"""what only makes sense where each sample is of one of several classes"""


@dataclass(frozen=True, slots=True)
class Options:
    """`clip_norm`: the longest gradient, None for any. `accumulate`: batches a step of the optimiser.

    `l1`: the weight of the sum of absolute values. `class_weights`: one a class, "balanced" for those that
    make rare classes count as much as frequent ones. `mixup`, `cutmix`: alpha of the Beta distribution that
    the share is drawn from, 0 for off. `ema`: how much of the average stays at a step. `patience`: epochs
    without a better one after which the run ends, `max_minutes`: after which it does, both None for never.
    """

    schedule: Schedule = field(default_factory=Schedule)
    warmup_epochs: float = 0.0
    warmup_steps: int = 0
    clip_norm: float | None = None
    accumulate: int = 1
    label_smoothing: float = 0.0
    decay: str = "all"
    l1: float = 0.0
    class_weights: str | tuple[float, ...] | None = None
    sampler: str = "shuffle"
    mixup: float = 0.0
    cutmix: float = 0.0
    ema: float | None = None
    patience: int | None = None
    max_minutes: float | None = None

    @property
    def warms_up(self) -> bool:
        return self.warmup_epochs > 0 or self.warmup_steps > 0

    @property
    def varies(self) -> bool:
        """Whether the learning rate changes while training."""
        return self.schedule.type != "constant" or self.warms_up

    def to_json(self) -> dict[str, Any]:
        """The same as keys of a `training` section, every one stated."""
        table = asdict(self)
        table["schedule"] = {"type": self.schedule.type, **self.schedule.params}
        if isinstance(self.class_weights, tuple):
            table["class_weights"] = list(self.class_weights)
        return table


def read(section: Mapping[str, Json]) -> Options:
    """The finer settings of a `training` section. Raises OptionError naming key, value and cure."""
    options = _read(section)
    if options.schedule.type == "OneCycleLR" and options.warms_up:
        raise OptionError(
            Message(
                "OneCycleLR warms up by itself. Set {key} to 0, or take another schedule.",
                key="training.warmup_epochs" if options.warmup_epochs else "training.warmup_steps",
            )
        )
    if options.warmup_epochs and options.warmup_steps:
        raise OptionError(
            Message("The warm-up is given in epochs and in steps. Set one of the two to 0: {keys}.",
                    keys="training.warmup_epochs, training.warmup_steps")
        )  # fmt: skip
    if options.class_weights is not None and options.sampler == BALANCED:
        raise OptionError(
            Message(
                "training.class_weights and the sampler balanced both make up for rare classes: together "
                "they do it twice. Leave one of them out."
            )
        )
    return options


def _read(section: Mapping[str, Json]) -> Options:
    found = {**DEFAULTS, **{key: section[key] for key in DEFAULTS if key in section}}
    clip, patience, minutes, ema = (found[key] for key in ("clip_norm", "patience", "max_minutes", "ema"))
    return Options(
        schedule_settings.read(found["schedule"]),
        number("warmup_epochs", found["warmup_epochs"], 0),
        whole("warmup_steps", found["warmup_steps"], 0),
        None if clip is None else number("clip_norm", clip, 0, above=True),
        whole("accumulate", found["accumulate"], 1),
        number("label_smoothing", found["label_smoothing"], 0, below=1.0),
        _one_of("decay", found["decay"], DECAYS),
        number("l1", found["l1"], 0),
        _class_weights(found["class_weights"]),
        _one_of("sampler", found["sampler"], SAMPLERS),
        number("mixup", found["mixup"], 0),
        number("cutmix", found["cutmix"], 0),
        None if ema is None else number("ema", ema, 0, above=True, below=1.0),
        None if patience is None else whole("patience", patience, 1),
        None if minutes is None else number("max_minutes", minutes, 0, above=True),
    )


def _one_of(key: str, value: Json, known: tuple[str, ...]) -> str:
    if value not in known:
        raise wrong(key, value, Message("one of {known}", known=", ".join(known)))
    return str(value)


def _class_weights(value: Json) -> str | tuple[float, ...] | None:
    if value is None:
        return None
    if value == BALANCED:
        return BALANCED
    if not isinstance(value, list | tuple) or not value:
        raise wrong("class_weights", value, Message("balanced, or a list with a number for each class"))
    weights = tuple(number("class_weights", weight, 0) for weight in value)
    if not any(weights):
        raise wrong("class_weights", value, Message("a number above 0"))
    return weights
