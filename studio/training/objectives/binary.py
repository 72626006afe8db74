"""One of two classes from a single score: the sigmoid of it is the probability of the second class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training.objectives import checks
from studio.training.objectives.kind import Kind, refuse
from studio.training.objectives.meters import Sums
from studio.training.objectives.objective import Objective
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.settings import Settings

TITLE = Message("Binary classification")


class Binary(Objective):
    """Predictions (N, 1), targets (N, 1) of 0.0 and 1.0."""

    def __init__(self) -> None:
        from torch.nn import functional

        self._loss = functional.binary_cross_entropy_with_logits

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, (1,), TITLE)

    def target(self, x: Tensor, y: Tensor) -> Tensor:
        return y.to(x.dtype).unsqueeze(1)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._loss(prediction, y)

    def meter(self) -> Accuracy:
        return Accuracy()

    def appraisal(self) -> appraisal.Binary:
        from studio.training import appraisal

        return appraisal.Binary()

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return metrics["accuracy"], -metrics["loss"]


class Accuracy(Sums):
    """The share of samples on the right side of a probability of one half."""

    def measure(self, prediction: Tensor, y: Tensor) -> Tensor:
        return ((prediction > 0) == (y > 0.5)).float().sum()

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        return {"accuracy": float(sums) / samples}


def _make(_: Settings, data: Prepared, module: nn.Module) -> Binary:
    return Binary()


def _wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    if context.outputs is not None and context.outputs != 2:
        text = Message("{aim} is for two classes, and the data has {n}.", aim=TITLE, n=context.outputs)
        return context.outputs, replace(aim, refusal=refuse(text, "classification"))
    return 1, replace(aim, outputs=((1,),))


KIND = Kind(
    "binary",
    TITLE,
    Message("One of two classes, from a single score a sample."),
    ("binary_cross_entropy_with_logits",),
    _make,
    tasks=("classification",),
    wants=_wants,
    metrics=("accuracy",),
)
