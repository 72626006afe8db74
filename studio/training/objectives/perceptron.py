"""The perceptron's own rule (Rosenblatt 1958): weights move only where the answer is wrong, by the input.

Of a sample whose highest score is not that of its class, the input is added to the weights of its class and
taken from those of the class that won. That is the gradient of how far the winner is ahead, so a step of
plain SGD with a batch of one is the historical rule to the last bit. It is a rule for one linear layer: it
has no way to tell a layer before it what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context, Refusal
from studio.graph.values import Json
from studio.training.objectives.classification import Classification
from studio.training.objectives.kind import Kind
from studio.training.objectives.objective import ObjectiveError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.settings import Settings

TITLE = Message("Perceptron rule")
PLAIN = Message("The perceptron rule is a plain step: set training.optimizer to SGD and its momentum to 0.")


class Perceptron(Classification):
    """Predictions (N, classes), targets (N,) int64, of a network that is one Linear layer."""

    def __init__(self, classes: int | None) -> None:
        super().__init__("cross_entropy", classes)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        """How far the highest score is ahead of that of the right class; 0 where that is the same one."""
        own = prediction.gather(1, y.unsqueeze(1)).squeeze(1)
        return (prediction.amax(1) - own).mean()

    def step_loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        won = prediction.detach().argmax(1, keepdim=True)  # of equal scores the first one wins, as in argmax
        return (prediction.gather(1, won) - prediction.gather(1, y.unsqueeze(1))).mean()

    def appraisal(self) -> appraisal.Classes:
        from studio.training import appraisal

        return appraisal.Classes("")


def _plain(section: Mapping[str, Json]) -> bool:
    """Whether the optimiser of a training section takes steps of the gradient and nothing else."""
    said = section.get("optimizer")
    return isinstance(said, Mapping) and said.get("type") == "SGD" and said.get("momentum") == 0


def _rules(section: Mapping[str, Json]) -> Refusal | None:
    if _plain(section):
        return None
    label = Message("Take SGD without momentum")
    return Refusal(PLAIN, ((label, ("training", "optimizer"), {"type": "SGD", "lr": 1.0, "momentum": 0.0}),))


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Perceptron:
    from torch import nn

    weighted = [part for part in module.modules() if any(True for _ in part.parameters(recurse=False))]
    if len(weighted) != 1 or type(weighted[0]) is not nn.Linear:
        raise ObjectiveError(
            Message(
                "The perceptron rule teaches a single Linear layer, and this network has something else with "
                "weights. Take the objective classification for it."
            )
        )
    if not _plain(settings.to_json()):
        raise ObjectiveError(PLAIN)
    return Perceptron(data.context.outputs)


def _wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    wanted = ((context.outputs,),) if context.outputs else ()
    return context.outputs, replace(aim, outputs=wanted, linear=True)


KIND = Kind(
    "perceptron",
    TITLE,
    Message("The historical rule for one linear layer: weights move only where the answer is wrong."),
    ("perceptron",),
    _make,
    tasks=("classification",),
    wants=_wants,
    metrics=("accuracy",),
    rules=_rules,
)
