"""Deep Q-learning (Mnih et al. 2015): what an action is worth, learned from moves that are remembered.

Each step makes one move in every game, as many games as a batch has samples, and learns from moves drawn from
the memory. The worth of what follows is told by a copy of the network that is renewed now and then; with
double DQN (van Hasselt et al. 2016) the network itself chooses the action whose worth the copy tells.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from studio.training.objectives import checks, player
from studio.training.objectives.kind import Kind, Number
from studio.training.objectives.objective import Outcome
from studio.training.objectives.player import Moves, Player, at_rest
from studio.training.objectives.regression import distance
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.settings import Settings

TITLE = Message("Deep Q-learning")
_COLUMNS = ("seen", "actions", "rewards", "after", "ended", "games")


class DQN(Player):
    """Predictions (N, actions): what each action is worth. `games`: how many are played at once.

    `module` is only copied. `numbers` are those of the kind.
    """

    def __init__(
        self,
        module: nn.Module,
        environment: str,
        actions: int,
        loss: str,
        games: int,
        numbers: Mapping[str, Any],
    ) -> None:
        from studio.data.games import Game

        super().__init__(environment)
        self._actions, self._loss, self._said = actions, distance(loss), numbers
        self._target = copy.deepcopy(module).eval().requires_grad_(False)
        self._memory = Memory(numbers["memory"])
        self._table = Table([Game(environment) for _ in range(games)])
        self._steps = 0

    def check(self, prediction: Any, y: Tensor) -> None:
        checks.one_output(prediction, (self._actions,), TITLE)

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        """Of the worth of actions (moves,) and what it should have been."""
        return self._loss(prediction, y)

    @property
    def epsilon(self) -> float:
        """How likely a move is drawn from all: from 1, straight down, and then as it stays."""
        least: float = self._said["epsilon"]
        share: float = min(1.0, self._memory.made / max(1, self._said["exploring"]))
        return 1.0 + share * (least - 1.0)

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        import torch

        returns = [self._move(module, x, y)]
        while self._memory.made < self._said["replayed"]:
            returns.append(self._move(module, x, y))
        if self._steps % self._said["every"] == 0:
            self._target.load_state_dict(module.state_dict())
        self._steps += 1
        moves = self._memory.draw(self._said["replayed"], x.device)
        with at_rest(module):
            should = self.worth(module, self._target, moves)
        found = module(moves.seen).gather(1, moves.actions.unsqueeze(1)).squeeze(1)
        done = torch.cat(returns)
        return self.loss(found, should), done, done

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        """Whole games; the loss is how well the network's own values of their moves go together."""
        moves = self.play(module, x, y, lambda scores: scores.argmax(1))
        with at_rest(module):
            should = self.worth(module, module, moves)
            found = module(moves.seen).gather(1, moves.actions.unsqueeze(1)).squeeze(1)
        returns = moves.returns(len(y))
        return self.loss(found, should), returns, returns

    def worth(self, module: nn.Module, target: nn.Module, moves: Moves) -> Tensor:
        """What the actions of `moves` should be worth: the reward, and what `target` says of what follows."""
        values: Tensor = target(moves.after)
        discount: float = self._said["discount"]
        best = (module(moves.after) if self._said["double"] else values).argmax(1, keepdim=True)
        later = values.gather(1, best).squeeze(1)
        return moves.rewards + discount * later * (~moves.ended).to(later.dtype)

    def _move(self, module: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """One move in every game, remembered; gives the returns of those that are over."""
        import torch

        table = self._table
        table.begin(y)
        with at_rest(module):
            actions = module(table.seen.to(x.device)).argmax(1).cpu()
        drawn = torch.rand(len(actions)) < self.epsilon
        actions = torch.where(drawn, torch.randint(self._actions, actions.shape), actions)
        moves, returns = table.move(actions)
        self._memory.add(moves)
        return returns.to(x.device)

    def state(self) -> dict[str, Tensor]:
        import torch

        target = {f"target.{name}": value for name, value in self._target.state_dict().items()}
        memory = {f"memory.{name}": value for name, value in self._memory.state().items()}
        table = {f"table.{name}": value for name, value in self._table.state().items()}
        return {"steps": torch.tensor(self._steps), **target, **memory, **table}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        def part(prefix: str) -> dict[str, Tensor]:
            return {n.removeprefix(prefix): t for n, t in state.items() if n.startswith(prefix)}

        self._steps = int(state["steps"])
        self._target.load_state_dict(part("target."))
        self._memory.restore(part("memory."))
        self._table.restore(part("table."))


class Memory:
    """The last `most` moves. `made` is how many there were in all."""

    def __init__(self, most: int) -> None:
        self._most, self.made = most, 0
        self._columns: dict[str, Tensor] = {}

    def add(self, moves: Moves) -> None:
        """Takes moves in; the oldest make room."""
        import torch

        places = torch.arange(self.made, self.made + len(moves.actions)) % self._most
        for name in _COLUMNS:
            new: Tensor = getattr(moves, name)
            if name not in self._columns:
                self._columns[name] = new.new_zeros(self._most, *new.shape[1:])
            self._columns[name][places] = new
        self.made += len(places)

    def draw(self, number: int, device: Any) -> Moves:
        """So many of them, each as likely as any other, with replacement."""
        import torch

        chosen = torch.randint(min(self.made, self._most), (number,))
        return Moves(*(self._columns[name][chosen].to(device) for name in _COLUMNS))

    def state(self) -> dict[str, Tensor]:
        import torch

        there = min(self.made, self._most)
        columns = {name: values[:there].clone() for name, values in self._columns.items()}
        return {"made": torch.tensor(self.made), **columns}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.made, self._columns = int(state["made"]), {}
        for name in _COLUMNS:
            if (values := state.get(name)) is not None:
                self._columns[name] = values.new_zeros(self._most, *values.shape[1:])
                self._columns[name][: len(values)] = values


class Table:
    """Games that are played at once and go on from step to step. `seen` (games, ...) is what is seen now."""

    def __init__(self, games: list[Any]) -> None:
        import torch

        self._games = games
        self._over = [True] * len(games)
        self._returns = torch.zeros(len(games))
        self.seen = torch.empty(0)

    def begin(self, seeds: Tensor) -> None:
        """Starts those that are over anew: each by its own of the `seeds` (N,), in a circle."""
        import numpy as np
        import torch

        if not any(self._over):
            return
        numbers = seeds.tolist()
        rows = [
            torch.from_numpy(np.array(game.start(numbers[i % len(numbers)])))
            if self._over[i]
            else self.seen[i]
            for i, game in enumerate(self._games)
        ]
        self.seen = torch.stack(rows)
        self._returns = self._returns * ~torch.tensor(self._over)
        self._over = [False] * len(self._games)

    def move(self, actions: Tensor) -> tuple[Moves, Tensor]:
        """One move in each game; gives them, and the returns of the games that are over now."""
        import numpy as np
        import torch

        made = [game.move(action) for game, action in zip(self._games, actions.tolist(), strict=True)]
        seen, rewards, ended, over = zip(*made, strict=True)
        after, gained = torch.from_numpy(np.stack(seen)), torch.tensor(rewards)
        moves = Moves(self.seen, actions, gained, after, torch.tensor(ended), torch.arange(len(actions)))
        self.seen, self._over, self._returns = after, list(over), self._returns + gained
        return moves, self._returns[torch.tensor(over)]

    def state(self) -> dict[str, Tensor]:
        """Nothing before the first move."""
        import numpy as np
        import torch

        if not len(self.seen):
            return {}
        return {
            "positions": torch.from_numpy(np.stack([game.state for game in self._games])),
            "moves": torch.tensor([game.moves for game in self._games]),
            "over": torch.tensor(self._over),
            "returns": self._returns.clone(),
            "seen": self.seen.clone(),
        }

    def restore(self, state: Mapping[str, Tensor]) -> None:
        import torch

        if "seen" not in state:
            self._over, self.seen = [True] * len(self._games), torch.empty(0)
            return
        for game, numbers, moves in zip(
            self._games, state["positions"], state["moves"].tolist(), strict=True
        ):
            game.put(numbers.numpy(), moves)
        self._over = state["over"].tolist()
        self._returns, self.seen = state["returns"].clone(), state["seen"].clone()


def _make(settings: Settings, data: Prepared, module: nn.Module) -> DQN:
    environment = player.environment_of(data, TITLE)
    given = (environment, data.context.outputs or 1, settings.loss, settings.batch_size, settings.aim)
    return DQN(module, *given)


KIND = Kind(
    "dqn",
    TITLE,
    Message(
        "What each action of a game is worth, learned from moves that are remembered. A batch is of games."
    ),
    ("smooth_l1", "mse", "huber", "l1"),
    _make,
    tasks=("dqn",),
    wants=player.wants,
    numbers={
        "discount": Number(Message("Discount"), 0.99, 0.0, 1.0),
        "double": Number(Message("Double DQN (1: yes)"), 1, 0, 1),
        "replayed": Number(Message("Moves learned from in a step"), 64, 1),
        "memory": Number(Message("Moves remembered"), 10_000, 1),
        "every": Number(Message("Steps until the copy is renewed"), 100, 1),
        "exploring": Number(Message("Moves until few are random"), 5_000, 0),
        "epsilon": Number(Message("Share of random moves then"), 0.05, 0.0, 1.0),
    },
    metrics=("mean_return",),
)
