"""The `training` section of a project, checked and typed. Light: no torch."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.training import options
from studio.training.options import Options
from studio.words import Message, NetloomError

LOSSES: Mapping[str, tuple[str, ...]] = {
    "classification": ("cross_entropy", "nll"),
    "regression": ("mse", "l1", "huber"),
}
"""the objectives known here, each with its losses, the first one being the default"""

OPTIMIZERS: Mapping[str, Mapping[str, Json]] = {
    "SGD": {"lr": 0.01, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    "Adam": {"lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0, "amsgrad": False},
    "AdamW": {"lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01, "amsgrad": False},
    "RMSprop": {
        "lr": 0.001,
        "alpha": 0.99,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "momentum": 0.0,
        "centered": False,
    },
    "Adagrad": {
        "lr": 0.01,
        "lr_decay": 0.0,
        "weight_decay": 0.0,
        "initial_accumulator_value": 0.0,
        "eps": 1e-10,
    },
}
"""torch.optim's classes by name; their parameters by torch's names, with the values used when left out.

The values are torch's, but for three where a beginner is served better: SGD's lr and momentum, RMSprop's lr.
"""

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

_BELOW_ONE = {"momentum", "dampening", "alpha"}


class SettingsError(NetloomError):
    """A training setting that cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A class of torch.optim by name, and its arguments."""

    type: str
    params: Mapping[str, Any] = field(default_factory=dict)


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
        _optimizer(section.get("optimizer")),
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


def _optimizer(section: Json) -> Optimizer:
    if section is None:
        section = DEFAULTS["optimizer"]
    if isinstance(section, str):
        section = {"type": section}
    if not isinstance(section, Mapping):
        raise _wrong("optimizer", section, Message("a mapping such as {example}", example='{"type": "Adam"}'))
    kind = _choice(section, "type", OPTIMIZERS, "Adam", "training.optimizer")
    defaults = OPTIMIZERS[kind]
    _known(section, ("type", *defaults), "training.optimizer")
    given = {
        name: _argument(name, value, defaults[name]) for name, value in section.items() if name != "type"
    }
    params = {**defaults, **given}
    if params.get("nesterov") and (not params["momentum"] or params["dampening"]):
        raise SettingsError(
            Message(
                "training.optimizer.nesterov needs a momentum above 0 and a dampening of 0. Set momentum to "
                "0.9, or nesterov to false."
            )
        )
    return Optimizer(kind, params)


def _argument(name: str, value: Json, default: Json) -> Json:
    key = f"optimizer.{name}"
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise _wrong(key, value, Message("true or false"))
        return value
    if isinstance(default, list):
        if not isinstance(value, list | tuple) or len(value) != 2 or not all(_share(v) for v in value):
            raise _wrong(key, value, Message("two numbers from 0 to below 1"))
        return [float(v) for v in value]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise _wrong(key, value, Message("a number from 0"))
    if name == "lr" and value == 0:
        raise _wrong(key, value, Message("a number above 0"))
    if name in _BELOW_ONE and value > 1:
        raise _wrong(key, value, Message("a number from 0 to 1"))
    return float(value)


def _share(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1


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
