"""One of several classes: cross-entropy on scores, or the likelihood of logarithms of probabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from studio.training.objectives.kind import Kind
from studio.training.objectives.objective import Objective, ObjectiveError, Outcome
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.mixing import Mixing
    from studio.training.settings import Settings


def _loss(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    from torch.nn import functional

    return functional.cross_entropy if name == "cross_entropy" else functional.nll_loss


class Classification(Objective):
    """Predictions (N, classes), targets (N,) int64.

    In the steps, and only there, the loss may weigh the classes with `weights` (classes,), labels may be
    smoothed, and `mixing` may blend the samples of a batch.
    """

    def __init__(
        self,
        loss: str,
        classes: int | None,
        smoothing: float = 0.0,
        weights: Tensor | None = None,
        mixing: Mixing | None = None,
    ) -> None:
        self._name = loss
        self._loss = self._step_loss = _loss(loss)
        self._classes = classes
        self._mixing = mixing
        if smoothing and loss != "cross_entropy":
            raise ObjectiveError(
                Message(
                    "Label smoothing needs the loss cross_entropy. Set training.label_smoothing to 0, or "
                    "take that loss."
                )
            )
        tempered = {"label_smoothing": smoothing} if smoothing else {}
        if weights is not None or smoothing:
            self._step_loss = partial(_loss(loss), weight=weights, **tempered)  # type: ignore[call-arg]

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._loss(prediction, y)

    def step_loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._step_loss(prediction, y)

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        if self._mixing is None:
            return super().step(module, x, y, turn)
        x, shares = self._mixing(x, y)
        prediction = module(x)
        return self.step_loss(prediction, shares), prediction, shares.argmax(1)

    def check(self, prediction: Any, y: Tensor) -> None:
        classes = self._classes if self._classes is not None else int(y.max()) + 1
        if isinstance(prediction, tuple | list):
            raise ObjectiveError(
                Message(
                    "The network gives {found}; classification needs one output of {classes} scores a "
                    "sample. Keep one output node.",
                    found=type(prediction).__name__,
                    classes=classes,
                )
            )
        if prediction.shape != (len(y), classes):
            raise ObjectiveError(
                Message(
                    "The network gives N×{found}; classification into {classes} classes needs N×{classes}. "
                    "End it with Flatten and a Linear layer whose out_features is auto.",
                    found="×".join(map(str, prediction.shape[1:])),
                    classes=classes,
                )
            )

    def meter(self) -> Accuracy:
        return Accuracy()

    def appraisal(self) -> appraisal.Classes:
        from studio.training import appraisal

        return appraisal.Classes("softmax" if self._name == "cross_entropy" else "exp")

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return metrics["accuracy"], -metrics["loss"]


class Accuracy:
    """The share of samples whose highest score is the right class."""

    def __init__(self) -> None:
        self._right: Tensor | int = 0
        self._samples = 0

    def add(self, prediction: Tensor, y: Tensor) -> None:
        self._right = self._right + (prediction.argmax(1) == y).sum()
        self._samples += len(y)

    def result(self) -> dict[str, float]:
        return {"accuracy": int(self._right) / self._samples}

    def state(self) -> dict[str, Tensor]:
        import torch

        return {"right": torch.as_tensor(self._right), "samples": torch.tensor(self._samples)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._right, self._samples = int(state["right"]), int(state["samples"])


def make(settings: Settings, data: Prepared, _: nn.Module) -> Classification:
    from studio.training import mixing, weighting

    options, y = settings.options, data.train.y
    classes = data.context.outputs if data.context.outputs is not None else int(y.max()) + 1
    weights = weighting.of_classes(options, y, classes)
    blended = mixing.make(options, classes)
    if blended is not None:
        _check_mixing(settings, data.train.inputs(slice(0, 1)))
    return Classification(settings.loss, data.context.outputs, options.label_smoothing, weights, blended)


def _check_mixing(settings: Settings, sample: Tensor) -> None:
    named = "training.cutmix" if settings.options.cutmix else "training.mixup"
    if sample.dim() != 4 or not sample.is_floating_point():
        raise ObjectiveError(Message("{key} is for images. Set it to 0 for this data.", key=named))
    if settings.loss != "cross_entropy":
        raise ObjectiveError(
            Message("{key} needs the loss cross_entropy. Set it to 0, or take that loss.", key=named)
        )


KIND = Kind(
    "classification",
    Message("Classification"),
    Message("One of several classes for each sample."),
    ("cross_entropy", "nll"),
    make,
    tasks=("classification",),
    metrics=("accuracy",),
)
