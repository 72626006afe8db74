"""What differs between kinds of learning: one file an objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from studio.training.settings import Settings
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared


class ObjectiveError(NetloomError):
    """The network does not fit what it is to learn: what it gives, what is needed, and the cure."""


class Meter(Protocol):
    """Gathers what a metric needs, as tensors on the device; read once at the end."""

    def add(self, prediction: Tensor, y: Tensor) -> None: ...

    def result(self) -> dict[str, float]: ...

    def state(self) -> dict[str, Tensor]:
        """What was gathered so far."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from what another gathered."""


class Objective(Protocol):
    """What is learned: the loss of a step, the metrics of an epoch, and which of two epochs is better."""

    def check(self, prediction: object, y: Tensor) -> None:
        """Raises ObjectiveError where a prediction for a batch cannot be compared with its targets."""

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        """What is told and compared."""

    def step_loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        """What a step descends: the loss, tempered as the settings ask."""

    def meter(self) -> Meter: ...

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """Larger is better."""

    def weights(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The state to be kept, for a network that predicts in the data's own units."""

    def taken(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Kept weights, or some of them, as the network trains with them: what `weights` did is undone."""

    def facts(self) -> dict[str, Any]:
        """What the run's record should say of it, as plain JSON."""

    def of_kept(self) -> Objective:
        """The same objective for a network that has kept weights, not those it trains with."""


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
