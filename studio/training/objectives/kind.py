"""What is known of an objective before anything is trained: plain data, no torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from studio.compiler.analysis import Aim, Context, Refusal
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import nn

    from studio.data.prepare import Prepared
    from studio.training.objectives.objective import Objective
    from studio.training.settings import Settings


class AimError(NetloomError):
    """A setting of an objective that cannot be used: which, its value, and the cure."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number that can be set for an objective. It is whole where its default is."""

    label: Message
    default: float
    least: float = 0.0
    most: float = math.inf

    def read(self, key: str, value: Json) -> float:
        """The value, checked. Raises AimError."""
        if not isinstance(value, int | float) or isinstance(value, bool) or not self.fits(value):
            raise AimError(sections.wrong_value(key, value, self.expected()))
        return int(value) if isinstance(self.default, int) else float(value)

    def fits(self, value: float) -> bool:
        """Whether it is in the range, and whole where it has to be."""
        whole = not isinstance(self.default, int) or float(value).is_integer()
        return whole and self.least <= value <= self.most

    def expected(self) -> Message:
        if self.most < math.inf:
            return Message("a number from {least} to {most}", least=self.least, most=self.most)
        if isinstance(self.default, int):
            return Message("a whole number from {least}", least=int(self.least))
        return Message("a number from {least}", least=self.least)


Wants: TypeAlias = "Callable[[Context, Mapping[str, Any], Aim], tuple[int | None, Aim]]"
"""from what the data says, the objective's settings and a bare aim: the width of a last layer, and the aim"""


def _as_the_data(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    return context.outputs, aim


_ERRORS = frozenset({"mae", "mse", "rmse", "mape", "perplexity", "kl"})


def less_is_better(metric: str) -> bool:
    """Whether a metric, by its name in the run's record, is an error or a loss."""
    return metric in _ERRORS or metric.endswith("loss")


@dataclass(frozen=True, slots=True)
class Kind:
    """An objective. `losses` by their names in torch.nn.functional, the first one being the default.

    `tasks`: the data it learns from by what that is for; empty for any. `numbers` can be set beside its name,
    as in `{"type": "variational", "beta": 4}`. `metrics` are those of every epoch, the one that the curves
    show first.
    """

    name: str
    title: Message
    sentence: Message
    losses: tuple[str, ...]
    make: Callable[[Settings, Prepared, nn.Module], Objective]
    tasks: tuple[str, ...] = ()
    wants: Wants = _as_the_data
    numbers: Mapping[str, Number] = field(default_factory=dict)
    metrics: tuple[str, ...] = ("loss",)
    at_the_end: tuple[str, ...] = ()
    """metrics of the verdict alone, where those of every epoch say too little"""
    rules: Callable[[Mapping[str, Json]], Refusal | None] = lambda section: None
    """what the rest of a training section must not say, where it matters to the objective"""
    comparable: bool = True
    """whether a metric tells which of two runs is better"""

    def context(self, context: Context, params: Mapping[str, Any], loss: str, usual: str) -> Context:
        """What the data and this objective say of the network. `usual` is the data's own objective."""
        aim = Aim(self.title, loss)
        if self.tasks and context.task is not None and context.task not in self.tasks:
            return replace(context, aim=replace(aim, refusal=_other(self.title, usual)))
        outputs, aim = self.wants(context, params, aim)
        return replace(context, outputs=outputs, aim=aim)


def _other(title: Message, usual: str) -> Refusal:
    text = Message("{aim} cannot learn from this data.", aim=title)
    return refuse(text, usual)


def refuse(text: Message, usual: str) -> Refusal:
    """`text`, with the cure to learn what the data is for."""
    label = Message("Set the objective to {name}", name=usual)
    return Refusal(text, ((label, ("training", "objective"), usual),))
