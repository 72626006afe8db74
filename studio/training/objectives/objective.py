"""What the loop asks of an objective, and what most of them have in common. Light: no torch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from studio.words import NetloomError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.training.appraisal import Appraisal

Outcome: TypeAlias = "tuple[Tensor, Any, Tensor]"
"""of one batch: its mean loss, and what the meter is to gather (a prediction and what it should have been)"""


class ObjectiveError(NetloomError):
    """The network does not fit what it is to learn: what it gives, what is needed, and the cure."""


class Meter(Protocol):
    """Gathers what a metric needs, as tensors on the device; read once at the end."""

    def add(self, prediction: Any, y: Tensor) -> None: ...

    def result(self) -> dict[str, float]: ...

    def state(self) -> dict[str, Tensor]:
        """What was gathered so far."""

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from what another gathered."""


class Objective(ABC):
    """What is learned: the loss of a step, the metrics of an epoch, and which of two epochs is better.

    The loop calls `step` for every batch of training and descends the loss it gives, and `judge` for every
    batch that is only looked at. What differs from "compare the prediction with y" is in these two: a target
    taken from the input, an input with noise, a network with several outputs. What they draw at random comes
    from torch's own generator, which the loop seeds and the position of a run keeps.
    """

    turns: tuple[str, ...] = ("",)
    """who takes a step on each batch, one after the other; most objectives move everything in one"""

    @abstractmethod
    def check(self, prediction: Any, y: Tensor) -> None:
        """Raises ObjectiveError where a prediction for a batch cannot be compared with its `target`."""

    @abstractmethod
    def loss(self, prediction: Any, y: Tensor) -> Tensor:
        """What is told and compared."""

    @abstractmethod
    def meter(self) -> Meter:
        """The few metrics that every epoch is worth."""

    def appraisal(self) -> Appraisal | None:
        """All metrics, for the last word on kept weights; None where the loss says all."""
        return None

    @abstractmethod
    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        """Larger is better."""

    def step_loss(self, prediction: Any, y: Tensor) -> Tensor:
        """What a step descends: the loss, tempered as the settings ask."""
        return self.loss(prediction, y)

    def target(self, x: Tensor, y: Tensor) -> Tensor:
        """What a prediction for the batch is compared with."""
        return y

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        """Tries a batch (x, y) of training data. The loss has its history, `turn` is one of `turns`."""
        prediction, y = module(x), self.target(x, y)
        return self.step_loss(prediction, y), prediction, y

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        """The same for a batch that nothing is learned from, with `module` in evaluation mode."""
        prediction, y = module(x), self.target(x, y)
        return self.loss(prediction, y), prediction, y

    def movable(self, module: nn.Module, turn: str) -> list[nn.Parameter]:
        """The parameters that `turn` moves. Asked only where there are several turns."""
        return list(module.parameters())

    def state(self) -> dict[str, Tensor]:
        """What the objective itself has gathered and the next step depends on; mostly nothing."""
        return {}

    def restore(self, state: Mapping[str, Tensor]) -> None:  # noqa: B027 - most have nothing to restore
        """Goes on from the `state` of another process."""

    def weights(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """The state to be kept, for a network that predicts in the data's own units."""
        return state

    def taken(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        """Kept weights, or some of them, as the network trains with them: what `weights` did is undone."""
        return state

    def facts(self) -> dict[str, Any]:
        """What the run's record should say of it, as plain JSON."""
        return {}

    def of_kept(self) -> Objective:
        """The same objective for a network that has kept weights, not those it trains with."""
        return self
