"""Any number of labels for each sample: a score for each, whose sigmoid is the label's probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training.objectives import checks
from studio.training.objectives.kind import Kind
from studio.training.objectives.meters import Sums
from studio.training.objectives.objective import Objective
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.settings import Settings

TITLE = Message("Multi-label classification")
LOSSES = ("binary_cross_entropy_with_logits", "multilabel_soft_margin")


class MultiLabel(Objective):
    """Predictions (N, labels), targets of the same shape, 0.0 and 1.0."""

    def __init__(self, loss: str) -> None:
        from torch.nn import functional

        soft = loss == "multilabel_soft_margin"
        self._loss = (
            functional.multilabel_soft_margin_loss if soft else functional.binary_cross_entropy_with_logits
        )

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, tuple(y.shape[1:]), TITLE)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._loss(prediction, y)

    def meter(self) -> Labels:
        return Labels()

    def appraisal(self) -> appraisal.Labels:
        from studio.training import appraisal

        return appraisal.Labels()

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return metrics["f1_micro"], -metrics["loss"]


class Labels(Sums):
    """The share of samples with every label right, and F1 over all labels of all samples."""

    def measure(self, prediction: Tensor, y: Tensor) -> Tensor:
        import torch

        said, true = prediction > 0, y > 0.5
        whole = (said == true).all(1).sum()
        return torch.stack([whole, (said & true).sum(), said.sum(), true.sum()]).float()

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        whole, both, said, true = sums.tolist()
        return {"f1_micro": 2 * both / max(said + true, 1.0), "subset_accuracy": whole / samples}


def _make(settings: Settings, data: Prepared, module: nn.Module) -> MultiLabel:
    return MultiLabel(settings.loss)


def _wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    return context.outputs, replace(aim, outputs=((context.outputs,),) if context.outputs else ())


KIND = Kind(
    "multilabel",
    TITLE,
    Message("Any number of labels for each sample, each one true or not."),
    LOSSES,
    _make,
    tasks=("multilabel",),
    wants=_wants,
    metrics=("f1_micro", "subset_accuracy"),
)
