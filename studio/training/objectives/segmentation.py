"""A class for every pixel: cross-entropy or the dice loss on scores, judged by the overlap of each class."""

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

TITLE = Message("Segmentation")
LOSSES = ("cross_entropy", "dice")


class Segmentation(Objective):
    """Predictions (N, classes, H, W), targets (N, H, W) int64."""

    def __init__(self, loss: str, classes: int) -> None:
        from torch.nn import functional

        self._loss = functional.cross_entropy if loss == "cross_entropy" else dice_loss
        self._classes = classes

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, (self._classes, *y.shape[1:]), TITLE)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._loss(prediction, y)

    def meter(self) -> Overlap:
        return Overlap(self._classes)

    def appraisal(self) -> appraisal.Pixels:
        from studio.training import appraisal

        return appraisal.Pixels()

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return metrics["iou"], -metrics["loss"]


def dice_loss(prediction: Tensor, y: Tensor, smooth: float = 1.0) -> Tensor:
    """1 - the mean over classes of 2 |A ∩ B| / (|A| + |B|), of probabilities and targets of a whole batch."""
    from torch.nn import functional

    likely = prediction.softmax(1)
    true = functional.one_hot(y, prediction.shape[1]).movedim(-1, 1).to(likely.dtype)
    over = (0, *range(2, likely.dim()))
    both, all_ = (likely * true).sum(over), (likely + true).sum(over)
    return 1 - ((2 * both + smooth) / (all_ + smooth)).mean()


class Overlap(Sums):
    """Intersection over union, the mean over classes that occur, and the share of pixels that are right."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self._classes = classes

    def measure(self, prediction: Tensor, y: Tensor) -> Tensor:
        pairs = y.flatten() * self._classes + prediction.argmax(1).flatten()
        return pairs.bincount(minlength=self._classes**2)

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        confusion = sums.view(self._classes, self._classes)
        right, union = confusion.diag(), confusion.sum(0) + confusion.sum(1) - confusion.diag()
        there = union > 0
        return {
            "iou": float((right[there] / union[there]).mean()),
            "pixel_accuracy": float(right.sum() / confusion.sum()),
        }


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Segmentation:
    return Segmentation(settings.loss, data.context.outputs or int(data.train.y.max()) + 1)


def _wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    if context.outputs is None or not context.inputs:
        return context.outputs, aim
    return context.outputs, replace(aim, outputs=((context.outputs, *context.inputs[0].shape[2:]),))


KIND = Kind(
    "segmentation",
    TITLE,
    Message("A class for every pixel of an image."),
    LOSSES,
    _make,
    tasks=("segmentation",),
    wants=_wants,
    metrics=("iou", "pixel_accuracy"),
)
