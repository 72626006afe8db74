"""Games of Gymnasium's classic control: a sample is how a game starts, what follows is played.

`x` is what is seen at the start, `y` the seed of the game: an objective that plays starts it by that.
"""

from __future__ import annotations

from collections.abc import Callable

from studio.data.source import Place, Raw, SourceInfo
from studio.words import Message

GAMES = 1000


def _starts(environment: str) -> Callable[[Place], Raw]:
    def load(_: Place) -> Raw:
        import numpy as np
        import torch

        from studio.data.games import Game

        game = Game(environment)
        seen = np.stack([game.start(seed) for seed in range(GAMES)])
        return Raw(torch.from_numpy(seen), torch.arange(GAMES))

    return load


def _game(
    name: str,
    environment: str,
    title: Message,
    text: Message,
    seen: tuple[str, ...],
    actions: tuple[str, ...],
) -> SourceInfo:
    return SourceInfo(
        name,
        title,
        text,
        "dqn",
        (len(seen),),
        GAMES,
        len(actions),
        _starts(environment),
        actions,
        feature_names=seen,
        made=True,
        environment=environment,
    )


INFOS = (
    _game(
        "cartpole",
        "CartPole-v1",
        Message("Cart pole (game)"),
        Message("A cart is pushed left or right so that its pole stays up: 1 for each move, 500 at most."),
        ("position", "velocity", "angle", "angular velocity"),
        ("left", "right"),
    ),
    _game(
        "acrobot",
        "Acrobot-v1",
        Message("Acrobot (game)"),
        Message("A hanging arm of two joints is to swing up: -1 for each move until then, 500 at most."),
        ("cos 1", "sin 1", "cos 2", "sin 2", "velocity 1", "velocity 2"),
        ("back", "none", "forth"),
    ),
    _game(
        "mountain_car",
        "MountainCar-v0",
        Message("Mountain car (game)"),
        Message("A weak car is to get up a hill with a run-up: -1 for each move until then, 200 at most."),
        ("position", "velocity"),
        ("left", "none", "right"),
    ),
)
