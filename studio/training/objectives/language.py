"""What comes next: at every place of a text the network predicts the token after it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.data.rows import parts
from studio.data.texts import PADDING
from studio.training.objectives import checks
from studio.training.objectives.kind import Kind
from studio.training.objectives.meters import Sums
from studio.training.objectives.objective import Objective
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.settings import Settings

TITLE = Message("Language model")
STEP = 4096
"""texts that are looked through at a time"""


class Language(Objective):
    """Predictions (N, L, vocabulary), the input (N, L) int64 itself as the target.

    The prediction at a place is compared with the token one place on; that at the last place with nothing.
    A network must not look ahead: LSTM and GRU in one direction do not, attention needs a causal mask.
    """

    def __init__(self, vocabulary: int) -> None:
        self._vocabulary = vocabulary

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, (y.shape[1], self._vocabulary), TITLE)

    def target(self, x: Tensor, y: Tensor) -> Tensor:
        return x

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        from torch.nn import functional

        return functional.cross_entropy(
            prediction[:, :-1].flatten(0, 1), y[:, 1:].flatten(), ignore_index=PADDING
        )

    def meter(self) -> Next:
        return Next()

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return (-metrics["loss"],)


class Next(Sums):
    """Perplexity, e to the mean cross-entropy in nats, and the share of tokens that were guessed right."""

    def measure(self, prediction: Tensor, y: Tensor) -> Tensor:
        import torch
        from torch.nn import functional

        scores, after = prediction[:, :-1].flatten(0, 1), y[:, 1:].flatten()
        there = after != PADDING
        nats = functional.cross_entropy(scores, after, ignore_index=PADDING, reduction="sum")
        right = ((scores.argmax(1) == after) & there).sum()
        return torch.stack([nats, right.to(nats.dtype), there.sum().to(nats.dtype)])

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        nats, right, tokens = sums.tolist()
        return {"perplexity": math.exp(min(nats / tokens, 700.0)), "next_accuracy": right / tokens}


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Language:
    known = data.context.outputs or int(max(part.max() for part in parts(data.train.x, STEP))) + 1
    return Language(known)


def _wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    if context.outputs is None or not context.inputs:
        return context.outputs, aim
    return context.outputs, replace(aim, outputs=((context.inputs[0].shape[1], context.outputs),))


KIND = Kind(
    "language",
    TITLE,
    Message("The next character of a text, at every place of it."),
    ("cross_entropy",),
    _make,
    tasks=("language",),
    wants=_wants,
    metrics=("perplexity", "next_accuracy"),
)
