"""One of several classes: cross-entropy on scores, or the likelihood of logarithms of probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import Tensor
from torch.nn import functional

from studio.training.objectives.objective import Objective, ObjectiveError
from studio.words import Message

_LOSSES = {"cross_entropy": functional.cross_entropy, "nll": functional.nll_loss}


class Classification(Objective):
    """Predictions (N, classes), targets (N,) int64."""

    def __init__(self, loss: str, classes: int | None, smoothing: float = 0.0) -> None:
        self._loss = self._step_loss = _LOSSES[loss]
        self._classes = classes
        if smoothing and loss != "cross_entropy":
            raise ObjectiveError(
                Message(
                    "Label smoothing needs the loss cross_entropy. Set training.label_smoothing to 0, or "
                    "take that loss."
                )
            )
        if smoothing:
            self._step_loss = partial(functional.cross_entropy, label_smoothing=smoothing)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._loss(prediction, y)

    def step_loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._step_loss(prediction, y)

    def check(self, prediction: object, y: Tensor) -> None:
        classes = self._classes if self._classes is not None else int(y.max()) + 1
        if not isinstance(prediction, Tensor):
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

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return metrics["accuracy"], -metrics["loss"]


class Accuracy:
    """The share of samples whose highest score is the right class."""

    def __init__(self) -> None:
        self._right: Tensor | int = 0
        self._samples = 0

    def add(self, prediction: Tensor, y: Tensor) -> None:
        with torch.no_grad():
            self._right = self._right + (prediction.argmax(1) == y).sum()
        self._samples += len(y)

    def result(self) -> dict[str, float]:
        return {"accuracy": int(self._right) / self._samples}

    def state(self) -> dict[str, Tensor]:
        return {"right": torch.as_tensor(self._right), "samples": torch.tensor(self._samples)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._right, self._samples = int(state["right"]), int(state["samples"])
