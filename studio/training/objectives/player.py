"""What objectives have in common that make their own data by playing games, and are judged by the return."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training import ranks
from studio.training.objectives.meters import Sums
from studio.training.objectives.objective import Objective, ObjectiveError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.games import Game
    from studio.data.prepare import Prepared
    from studio.training import appraisal


@dataclass(frozen=True, slots=True)
class Moves:
    """Moves of games, one a row: `seen` before and `after` it (moves, ...) float32, `actions` int64.

    `rewards` are float32; `ended` is True where the game ended by itself, so that nothing is to come;
    `games` says whose move it was, from 0.
    """

    seen: Tensor
    actions: Tensor
    rewards: Tensor
    after: Tensor
    ended: Tensor
    games: Tensor

    def returns(self, games: int) -> Tensor:
        """The sum of rewards of each game, (games,)."""
        import torch

        return torch.zeros(games, device=self.rewards.device).index_add(0, self.games, self.rewards)

    def to_go(self, discount: float) -> Tensor:
        """The discounted sum of the rewards from each move on, (moves,). Of a game, moves lie in order."""
        import torch

        rest: dict[int, float] = {}
        found = []
        for game, reward in zip(self.games.flip(0).tolist(), self.rewards.flip(0).tolist(), strict=True):
            rest[game] = reward + discount * rest.get(game, 0.0)
            found.append(rest[game])
        return torch.tensor(found[::-1], device=self.rewards.device)


class Player(Objective):
    """Plays whole games from their seeds `y` when it judges: the most promising action, always.

    The metric is the mean return, the sum of a game's rewards. A network gives a number for each action.
    """

    def __init__(self, environment: str) -> None:
        self.environment = environment
        self._games: list[Game] = []

    def games(self, number: int) -> list[Game]:
        """So many games, to be started or put. The same ones each time: making one takes a while."""
        from studio.data.games import Game

        while len(self._games) < number:
            self._games.append(Game(self.environment))
        return self._games[:number]

    def play(self, module: nn.Module, x: Tensor, y: Tensor, choose: Callable[[Tensor], Tensor]) -> Moves:
        """Games from the seeds `y` (N,) to their ends, side by side. `x` (N, ...) is what is seen first.

        `choose` takes what the network gives (n, actions) and says the actions (n,). The network rests.
        """
        import numpy as np
        import torch

        games = self.games(len(y))
        seen = np.stack([game.start(seed) for game, seed in zip(games, y.tolist(), strict=True)])
        going = np.arange(len(games))
        moves: list[tuple[Any, ...]] = []
        with at_rest(module):
            while len(going):
                chosen = choose(self.scores(module(torch.from_numpy(seen).to(x.device)))).tolist()
                made = [games[i].move(action) for i, action in zip(going, chosen, strict=True)]
                after, rewards, ended, over = (np.array(column) for column in zip(*made, strict=True))
                moves.append((seen, chosen, rewards, after, ended, going))
                seen, going = after[~over], going[~over]
        columns = (np.concatenate(column) for column in zip(*moves, strict=True))
        kinds = (torch.float32, torch.int64, torch.float32, torch.float32, torch.bool, torch.int64)
        return Moves(*(torch.from_numpy(c).to(x.device, k) for c, k in zip(columns, kinds, strict=True)))

    def scores(self, prediction: Any) -> Tensor:
        """Of what the network gives, the numbers of the actions (n, actions)."""
        found: Tensor = prediction
        return found

    def meter(self) -> Returns:
        return Returns()

    def appraisal(self) -> appraisal.Share:
        from studio.training import appraisal

        return appraisal.Share("mean_return", lambda returns, _: returns)

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return metrics.get("mean_return", float("-inf")), -metrics["loss"]


class Returns(Sums):
    """The mean return of the games that came to an end. A prediction is their returns (games,)."""

    def measure(self, prediction: Tensor, y: Tensor) -> Tensor:
        return prediction.detach().sum().reshape(1)

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        return {"mean_return": float(sums[0]) / samples} if samples else {}


@contextmanager
def at_rest(module: nn.Module) -> Iterator[None]:
    """`module` in evaluation mode and without a history, and afterwards as it was."""
    import torch

    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        module.train(training)


def environment_of(data: Prepared, title: Message) -> str:
    """The name in Gymnasium of the game that `data` is of. Raises ObjectiveError where none can be played."""
    from studio.data.sources import SOURCES

    if ranks.size() > 1:
        raise ObjectiveError(
            Message("{aim} plays in one process only. Set training.processes to 1.", aim=title)
        )
    info = SOURCES.get(data.source)
    if info is None or not info.environment:
        raise ObjectiveError(
            Message(
                "{aim} plays a game, and the data {source} is none. Choose a game, such as cartpole.",
                aim=title,
                source=data.source,
            )
        )
    return info.environment


def wants(context: Context, _: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    """One output, a number for each action."""
    if context.outputs is None:
        return None, aim
    return context.outputs, replace(aim, outputs=((context.outputs,),))
