"""The input again, through whatever the network squeezes it: the target is the input itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training.objectives import checks
from studio.training.objectives.kind import Kind, refuse
from studio.training.objectives.meters import Sums
from studio.training.objectives.objective import Objective
from studio.training.objectives.regression import LOSSES, distance
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.settings import Settings

TITLE = Message("Autoencoder")


class Autoencoder(Objective):
    """Predictions and targets as the network takes its input, (N, ...) float32."""

    def __init__(self, loss: str) -> None:
        self._loss: Callable[[Tensor, Tensor], Tensor] = distance(loss)

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, tuple(y.shape[1:]), TITLE)

    def target(self, x: Tensor, y: Tensor) -> Tensor:
        return x

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        return self._loss(prediction, y)

    def meter(self) -> Likeness:
        return Likeness()

    def appraisal(self) -> appraisal.Values:
        from studio.training import appraisal

        return appraisal.Values()

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return (-metrics["loss"],)


class Likeness(Sums):
    """Mean absolute error a value, and the share of the input's spread that came back: R² over all values."""

    def measure(self, prediction: Tensor, y: Tensor) -> Tensor:
        import torch

        error, true = (prediction - y).flatten(1), y.flatten(1)
        return torch.stack(
            [error.abs().sum(0), error.square().sum(0), true.sum(0), true.square().sum(0)]
        )  # (4, values)

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        absolute, squared, total, total_squared = sums
        spread = float((total_squared - total.square() / samples).sum())
        r2 = 1 - float(squared.sum()) / spread if spread > 1e-12 else float("nan")
        return {"r2": r2, "mae": float(absolute.mean()) / samples}


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Autoencoder:
    return Autoencoder(settings.loss)


def input_again(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    """What is wanted where the network is to give its input again."""
    if not context.inputs:
        return context.outputs, aim
    spec = context.whole
    sizes = [d for d in spec.shape[1:] if isinstance(d, int)]
    if not spec.dtype.startswith("float") or len(sizes) != len(spec.shape) - 1:
        text = Message("{aim} needs numbers of a fixed shape, and the data gives {shape} ({dtype}).",
                       aim=aim.title, shape=str(spec), dtype=spec.dtype)  # fmt: skip
        return context.outputs, replace(aim, refusal=refuse(text, context.task or "classification"))
    return prod(sizes), replace(aim, outputs=(tuple(sizes),))


KIND = Kind(
    "autoencoder",
    TITLE,
    Message("The input itself, through a narrow place in the network."),
    LOSSES,
    _make,
    wants=input_again,
    metrics=("r2", "mae"),
)
