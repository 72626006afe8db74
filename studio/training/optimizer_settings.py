"""The optimisers that a project may name, their parameters and usual values. Light: no torch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.graph.values import Json
from studio.project import sections
from studio.words import Message, NetloomError

_ADAM: Mapping[str, Json] = {"lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-8}

OPTIMIZERS: Mapping[str, Mapping[str, Json]] = {
    "SGD": {"lr": 0.01, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False},
    "Adam": {**_ADAM, "weight_decay": 0.0, "amsgrad": False},
    "AdamW": {**_ADAM, "weight_decay": 0.01, "amsgrad": False},
    "NAdam": {
        **_ADAM,
        "lr": 0.002,
        "weight_decay": 0.0,
        "momentum_decay": 0.004,
        "decoupled_weight_decay": False,
    },
    "RAdam": {**_ADAM, "weight_decay": 0.0, "decoupled_weight_decay": False},
    "Adamax": {**_ADAM, "lr": 0.002, "weight_decay": 0.0},
    "Adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0.0},
    "Adafactor": {"lr": 0.01, "beta2_decay": -0.8, "d": 1.0, "weight_decay": 0.0},
    "Adagrad": {
        "lr": 0.01,
        "lr_decay": 0.0,
        "weight_decay": 0.0,
        "initial_accumulator_value": 0.0,
        "eps": 1e-10,
    },
    "RMSprop": {
        "lr": 0.001,
        "alpha": 0.99,
        "eps": 1e-8,
        "weight_decay": 0.0,
        "momentum": 0.0,
        "centered": False,
    },
    "ASGD": {"lr": 0.01, "lambd": 0.0001, "alpha": 0.75, "t0": 1_000_000.0, "weight_decay": 0.0},
    "Rprop": {"lr": 0.01, "etas": [0.5, 1.2], "step_sizes": [1e-6, 50.0]},
}
"""torch.optim's classes by name; their parameters by torch's names, with the values used when left out.

The values are torch's, but for three where a beginner is served better: SGD's lr and momentum, RMSprop's lr.
"""

LEFT_OUT: Mapping[str, str] = {
    "LBFGS": "asks for the loss several times a step, so a step would no longer be one batch",
    "Muon": "takes matrices only; a network's biases and norms would need a second optimiser beside it",
    "SparseAdam": "takes sparse gradients only: nearly every layer gives dense ones, for which there is Adam",
}
"""torch.optim's classes that are not offered, and why"""

_BELOW_ONE = {"momentum", "dampening", "alpha", "rho"}


class SettingsError(NetloomError):
    """A training setting that cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Optimizer:
    """A class of torch.optim by name, and its arguments."""

    type: str
    params: Mapping[str, Any] = field(default_factory=dict)


def read(section: Json) -> Optimizer:
    """The `optimizer` of a training section: a name, or a table with `type`. Raises SettingsError."""
    table = {"type": section} if isinstance(section, str) else {} if section is None else section
    if not isinstance(table, Mapping):
        raise _wrong("optimizer", section, Message("a mapping such as {example}", example='{"type": "Adam"}'))
    kind = table.get("type", "Adam")
    if not isinstance(kind, str) or kind not in OPTIMIZERS:
        raise SettingsError(
            Message(
                "{key} is {value}, which is not known here. Known: {known}.",
                key="training.optimizer.type",
                value=repr(kind),
                known=", ".join(OPTIMIZERS),
            )
        )
    defaults = OPTIMIZERS[kind]
    if reason := sections.unknown_key(table, ("type", *defaults), "training.optimizer"):
        raise SettingsError(reason)
    params = {name: _argument(name, table.get(name, default), default) for name, default in defaults.items()}
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
        return _pair(key, name, value)
    if not _number(value) or (name != "beta2_decay" and value < 0):
        raise _wrong(key, value, Message("a number from 0"))
    if name == "beta2_decay" and value > 0:
        raise _wrong(key, value, Message("a number up to 0"))
    if name in ("lr", "d") and value == 0:
        raise _wrong(key, value, Message("a number above 0"))
    if name in _BELOW_ONE and value > 1:
        raise _wrong(key, value, Message("a number from 0 to 1"))
    return float(value)


def _pair(key: str, name: str, value: Json) -> list[float]:
    pair = value if isinstance(value, list | tuple) and len(value) == 2 and all(map(_number, value)) else None
    if name == "etas":
        if pair is None or not 0 < pair[0] < 1 < pair[1]:
            raise _wrong(key, value, Message("two numbers, one below 1 and one above 1"))
    elif name == "step_sizes":
        if pair is None or not 0 < pair[0] < pair[1]:
            raise _wrong(key, value, Message("two numbers above 0, the smaller one first"))
    elif pair is None or not all(0 <= v < 1 for v in pair):
        raise _wrong(key, value, Message("two numbers from 0 to below 1"))
    return [float(v) for v in pair]


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _wrong(key: str, value: Json, expected: Message) -> SettingsError:
    return SettingsError(sections.wrong_value(f"training.{key}", value, expected))
