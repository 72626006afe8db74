"""Actor and critic: the policy gradient, with what a network expects of a position as the baseline.

Whole games are played, so the critic learns from the sums of rewards as they came (Sutton & Barto, 13.4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training.objectives import checks, player, reinforce
from studio.training.objectives.kind import Kind, Number
from studio.training.objectives.reinforce import Reinforce, standard
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.settings import Settings

TITLE = Message("Actor and critic")
NAMES = ("policy", "value")


class ActorCritic(Reinforce):
    """Predictions: logits (N, actions), and (N, 1) the discounted sum of rewards that is expected."""

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.outputs(prediction, ((self._actions,), (1,)), TITLE)

    def scores(self, prediction: Any) -> Tensor:
        logits: Tensor = prediction[0]
        return logits

    def loss(self, prediction: Any, y: Any) -> Tensor:
        from torch.nn import functional

        to_go, expected = y.to_go(self._said["discount"]), prediction[1].squeeze(1)
        critic = functional.smooth_l1_loss(expected, to_go)
        actor = self.pull(prediction[0], y.actions, standard(to_go - expected.detach()))
        weight: float = self._said["critic"]
        return actor + weight * critic


def _make(settings: Settings, data: Prepared, module: nn.Module) -> ActorCritic:
    return ActorCritic(player.environment_of(data, TITLE), data.context.outputs or 1, settings.aim)


def _wants(context: Context, params: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    width, aim = player.wants(context, params, aim)
    return width, replace(aim, outputs=(*aim.outputs, (1,)), names=NAMES) if aim.outputs else aim


KIND = Kind(
    "actor_critic",
    TITLE,
    Message("What to do in a game, and what to expect of it; needs the outputs policy and value."),
    ("policy_gradient",),
    _make,
    tasks=("dqn",),
    wants=_wants,
    numbers={**reinforce.NUMBERS, "critic": Number(Message("Weight of the critic"), 0.5)},
    metrics=("mean_return",),
)
