"""A hint before the first step: fresh weights know nothing, so the loss should be that of guessing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from studio.quantities import significant
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

FAR_ABOVE, FAR_BELOW = 2.0, 0.5
"""times what guessing gives"""
LARGE_INPUT = 20.0


def hint(loss: float, classes: int, x: Tensor, prediction: Tensor) -> Message | None:
    """What is odd about the cross-entropy of untrained weights on so many classes, and why."""
    guessing = math.log(classes)
    said = {"loss": significant(loss), "guessing": significant(guessing), "classes": classes}
    if not math.isfinite(loss) or classes < 2:
        return None
    if loss < FAR_BELOW * guessing:
        return Message(
            "Before the first step the loss is {loss}, where guessing among {classes} classes gives "
            "{guessing}: the answer may be among the inputs, or nearly all samples are of one class.",
            **said,
        )
    if loss < FAR_ABOVE * guessing + 1:
        return None
    largest_input = float(x.abs().max()) if x.is_floating_point() else 0.0
    if largest_input > LARGE_INPUT:
        return Message(
            "Before the first step the loss is {loss}, where guessing among {classes} classes gives "
            "{guessing}: the inputs are as large as {largest}. Scale or standardise them in the Data panel.",
            largest=significant(largest_input),
            **said,
        )
    return Message(
        "Before the first step the loss is {loss}, where guessing among {classes} classes gives {guessing}: "
        "the network's outputs are as large as {largest}. A normalisation layer before the last one, or "
        "smaller starting weights, help.",
        largest=significant(float(prediction.abs().max())),
        **said,
    )
