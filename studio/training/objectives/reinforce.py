"""REINFORCE (Williams 1992): actions of games that went well are made more likely.

Each step plays a game from every start of its batch, with actions drawn as the network says. What counts of
a move is the discounted sum of the rewards from it on, less the mean of the batch, in units of its deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio.training.objectives import checks, player
from studio.training.objectives.kind import Kind, Number
from studio.training.objectives.objective import Outcome
from studio.training.objectives.player import Moves, Player
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.settings import Settings

TITLE = Message("Policy gradient (REINFORCE)")


class Reinforce(Player):
    """Predictions (N, actions): logits of what to do. No game lives from one step to the next."""

    def __init__(self, environment: str, actions: int, numbers: Mapping[str, Any]) -> None:
        super().__init__(environment)
        self._actions, self._said = actions, numbers

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, (self._actions,), TITLE)

    def loss(self, prediction: Any, y: Any) -> Tensor:
        """Of what the network gives for moves (moves, actions), and these `Moves`: the mean over them."""
        moves: Moves = y
        to_go = moves.to_go(self._said["discount"])
        return self.pull(self.scores(prediction), moves.actions, standard(to_go))

    def pull(self, logits: Tensor, actions: Tensor, advantages: Tensor) -> Tensor:
        """The mean of -log p(action) * advantage, less the entropy of the choices times its weight."""
        logs = logits.log_softmax(1)
        chosen = logs.gather(1, actions.unsqueeze(1)).squeeze(1)
        entropy = -(logs.exp() * logs).sum(1)
        weight: float = self._said["entropy"]
        return -(chosen * advantages).mean() - weight * entropy.mean()

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        moves = self.play(module, x, y, drawn)
        returns = moves.returns(len(y))
        return self.loss(module(moves.seen), moves), returns, returns

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        moves = self.play(module, x, y, lambda scores: scores.argmax(1))
        returns = moves.returns(len(y))
        return self.loss(module(moves.seen), moves), returns, returns


def standard(values: Tensor) -> Tensor:
    """(N,) brought to mean 0 and deviation 1; 0 where all are the same."""
    return (values - values.mean()) / (values.std(correction=0) + 1e-8)


def drawn(scores: Tensor) -> Tensor:
    """An action of each row of logits (n, actions), drawn from torch's own generator on the processor."""
    import torch

    return torch.multinomial(scores.cpu().softmax(1), 1).squeeze(1)


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Reinforce:
    return Reinforce(player.environment_of(data, TITLE), data.context.outputs or 1, settings.aim)


NUMBERS = {
    "discount": Number(Message("Discount"), 0.99, 0.0, 1.0),
    "entropy": Number(Message("Weight of the entropy"), 0.01),
}
KIND = Kind(
    "reinforce",
    TITLE,
    Message("What to do in a game: actions of games that went well are made more likely."),
    ("policy_gradient",),
    _make,
    tasks=("dqn",),
    wants=player.wants,
    numbers=NUMBERS,
    metrics=("mean_return",),
)
