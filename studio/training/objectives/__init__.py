"""What differs between kinds of learning: one file an objective."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.training.objectives.objective import Meter, Objective, ObjectiveError, Outcome
from studio.training.settings import Settings
from studio.words import Message

if TYPE_CHECKING:
    from torch import nn

    from studio.data.prepare import Prepared

__all__ = ["Meter", "Objective", "ObjectiveError", "Outcome", "make"]


def make(settings: Settings, data: Prepared, module: nn.Module) -> Objective:
    """The objective of `settings` for this data and module."""
    if settings.objective == "regression":
        if settings.options.label_smoothing:
            raise ObjectiveError(
                Message("Label smoothing is for classes. Set training.label_smoothing to 0 for regression.")
            )
        from studio.training.objectives import regression

        return regression.make(settings.loss, data, module)
    from studio.training.objectives import classification

    smoothing = settings.options.label_smoothing
    return classification.Classification(settings.loss, data.context.outputs, smoothing)
