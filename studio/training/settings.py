"""The `training` section of a project, checked and typed. Light: no torch."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.training import objectives, optimizer_settings, options, speed_settings
from studio.training.objectives import KINDS, Kind
from studio.training.optimizer_settings import OPTIMIZERS, Optimizer, SettingsError
from studio.training.options import Options
from studio.training.speed_settings import Speed
from studio.words import Message

__all__ = ["OPTIMIZERS", "Optimizer", "Settings", "SettingsError", "read"]

DEFAULTS: Mapping[str, Json] = {
    "objective": "classification",
    "loss": "cross_entropy",
    "optimizer": {"type": "Adam", **OPTIMIZERS["Adam"]},
    "epochs": 10,
    "batch_size": 64,
    "seed": 0,
    "network": "model",
    "threads": None,
    "processes": 1,
    "device": "auto",
    "weights": None,
    **speed_settings.DEFAULTS,
    **options.DEFAULTS,
}
"""every key of the section; `objective` and `loss`, left out, follow the data"""


@dataclass(frozen=True, slots=True)
class Settings:
    """`threads` None: chosen at the start. `device`: "auto", "cpu", "cuda", "cuda:1", "mps".

    `weights`: what the run begins with, None for fresh ones (see `training.start`). `aim`: what is set for
    the objective beside its name. `processes`: how many share every batch, where torchrun has not said it.
    """

    objective: str
    loss: str
    optimizer: Optimizer
    epochs: int
    batch_size: int
    seed: int
    network: str
    threads: int | None
    device: str
    weights: str | None = None
    options: Options = field(default_factory=Options)
    speed: Speed = field(default_factory=Speed)
    aim: Mapping[str, Any] = field(default_factory=dict)
    processes: int = 1

    def to_json(self) -> dict[str, Any]:
        """The same as a `training` section, every key stated."""
        table = asdict(self)
        del table["options"], table["aim"], table["speed"]
        table |= self.speed.to_json() | self.options.to_json()
        table["optimizer"] = {"type": self.optimizer.type, **self.optimizer.params}
        if self.aim:
            table["objective"] = {"type": self.objective, **self.aim}
        return table


def read(section: Mapping[str, Json], task: str | None = None) -> Settings:
    """The section with its defaults filled in; `task` is what the data is for.

    Raises SettingsError naming the key, its value and the cure.
    """
    _known(section, DEFAULTS, "training")
    kind = _objective(section, task)
    return Settings(
        kind.name,
        _loss(section, kind),
        optimizer_settings.read(section.get("optimizer")),
        _whole(section, "epochs", 1, 10**9),
        _whole(section, "batch_size", 1, 2**31 - 1),
        _whole(section, "seed", 0, 2**63 - 1),
        _text(section, "network"),
        None if section.get("threads") is None else _whole(section, "threads", 1, 1024),
        _device(_text(section, "device")),
        None if section.get("weights") is None else _text(section, "weights"),
        _options(section, kind),
        speed_settings.read(section),
        objectives.params(section, kind),
        _whole(section, "processes", 1, 1024),
    )


def _objective(section: Mapping[str, Json], task: str | None) -> Kind:
    said = section.get("objective")
    if isinstance(said, Mapping):
        kind = KINDS[_choice(said, "type", KINDS, task or objectives.USUAL, "training.objective")]
        _known(said, ("type", *kind.numbers), "training.objective")
    else:
        kind = KINDS[_choice(section, "objective", KINDS, task or objectives.USUAL)]
    if task is not None and kind.tasks and task not in kind.tasks:
        raise SettingsError(
            Message(
                "training.objective is {objective}, but the data is for {task}. Set it to {task}, or choose "
                "other data.",
                objective=kind.name,
                task=task,
            )
        )
    return kind


def _loss(section: Mapping[str, Json], kind: Kind) -> str:
    loss = section.get("loss", kind.losses[0])
    if loss not in kind.losses:
        raise SettingsError(
            Message(
                "training.loss is {value}; for {objective} it is one of {known}.",
                value=repr(loss),
                objective=kind.name,
                known=", ".join(kind.losses),
            )
        )
    return str(loss)


def _options(section: Mapping[str, Json], kind: Kind) -> Options:
    found = options.read(section)
    for key in options.FOR_CLASSES:
        if kind.name != "classification" and getattr(found, key) != options.DEFAULTS[key]:
            raise SettingsError(
                Message(
                    "training.{key} is for one of several classes, not for the objective {objective}. Set it "
                    "to {off}.",
                    key=key,
                    objective=kind.name,
                    off=json.dumps(options.DEFAULTS[key]),
                )
            )
    return found


def _whole(section: Mapping[str, Json], key: str, least: int, most: int) -> int:
    value = section.get(key, DEFAULTS[key])
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise _wrong(key, value, Message("a whole number from {least}", least=least))
    return value


def _text(section: Mapping[str, Json], key: str) -> str:
    value = section.get(key, DEFAULTS[key])
    if not isinstance(value, str) or not value:
        raise _wrong(key, value, Message("a text"))
    return value


def _device(name: str) -> str:
    if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?|xpu(:\d+)?", name):
        raise _wrong("device", name, Message("auto, cpu, cuda, cuda:1 or mps"))
    return name


def _choice(
    section: Mapping[str, Json], key: str, known: Iterable[str], default: str, place: str = "training"
) -> str:
    value = section.get(key, default)
    if not isinstance(value, str) or value not in known:
        raise SettingsError(
            Message(
                "{key} is {value}, which is not known here. Known: {known}.",
                key=f"{place}.{key}",
                value=repr(value),
                known=", ".join(known),
            )
        )
    return str(value)


def _known(section: Mapping[str, Json], known: Iterable[str], place: str) -> None:
    if reason := sections.unknown_key(section, known, place):
        raise SettingsError(reason)


def _wrong(key: str, value: Json, expected: Message) -> SettingsError:
    return SettingsError(sections.wrong_value(f"training.{key}", value, expected))
