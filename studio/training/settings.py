"""The `training` section of a project, checked and typed. Light: no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.training import optimizer_settings, options
from studio.training.optimizer_settings import OPTIMIZERS, Optimizer, SettingsError
from studio.training.options import Options
from studio.words import Message

__all__ = ["OPTIMIZERS", "Optimizer", "Settings", "SettingsError", "read"]

LOSSES: Mapping[str, tuple[str, ...]] = {
    "classification": ("cross_entropy", "nll"),
    "regression": ("mse", "l1", "huber"),
}
"""the objectives known here, each with its losses, the first one being the default"""

DEFAULTS: Mapping[str, Json] = {
    "objective": "classification",
    "loss": "cross_entropy",
    "optimizer": {"type": "Adam", **OPTIMIZERS["Adam"]},
    "epochs": 10,
    "batch_size": 64,
    "seed": 0,
    "network": "model",
    "threads": None,
    "device": "auto",
    "weights": None,
    **options.DEFAULTS,
}
"""every key of the section; `objective` and `loss`, left out, follow the data"""


@dataclass(frozen=True, slots=True)
class Settings:
    """`threads` None: chosen by a rule. `device`: "auto", "cpu", "cuda", "cuda:1", "mps".

    `weights`: what the run begins with, None for fresh ones (see `training.start`).
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

    def to_json(self) -> dict[str, Any]:
        """The same as a `training` section, every key stated."""
        table = asdict(self)
        del table["options"]
        table |= self.options.to_json()
        table["optimizer"] = {"type": self.optimizer.type, **self.optimizer.params}
        return table


def read(section: Mapping[str, Json], task: str | None = None) -> Settings:
    """The section with its defaults filled in; `task` is what the data is for.

    Raises SettingsError naming the key, its value and the cure.
    """
    _known(section, DEFAULTS, "training")
    objective = _choice(section, "objective", LOSSES, task or "classification")
    if task is not None and objective != task:
        raise SettingsError(
            Message(
                "training.objective is {objective}, but the data is for {task}. Set it to {task}, or choose "
                "other data.",
                objective=objective,
                task=task,
            )
        )
    return Settings(
        objective,
        _loss(section, objective),
        optimizer_settings.read(section.get("optimizer")),
        _whole(section, "epochs", 1, 10**9),
        _whole(section, "batch_size", 1, 2**31 - 1),
        _whole(section, "seed", 0, 2**63 - 1),
        _text(section, "network"),
        None if section.get("threads") is None else _whole(section, "threads", 1, 1024),
        _device(_text(section, "device")),
        None if section.get("weights") is None else _text(section, "weights"),
        options.read(section),
    )


def _loss(section: Mapping[str, Json], objective: str) -> str:
    known = LOSSES[objective]
    loss = section.get("loss", known[0])
    if loss not in known:
        raise SettingsError(
            Message(
                "training.loss is {value}; for {objective} it is one of {known}.",
                value=repr(loss),
                objective=objective,
                known=", ".join(known),
            )
        )
    return str(loss)


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
