"""Games of Gymnasium, move by move, with a state that can be kept and put back. Light until one is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from studio.data.source import DataError
from studio.words import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Observation = NDArray[np.float32]


class Game:
    """One game of a classic control environment, by its name in Gymnasium ("CartPole-v1").

    What decides its future is a few numbers and how many moves were made: nothing is drawn after its start.
    Raises DataError where Gymnasium is missing.
    """

    def __init__(self, environment: str) -> None:
        try:
            import gymnasium
        except ImportError as error:
            raise DataError(
                Message(
                    "{name} is a game of Gymnasium, which is missing. Run pip install gymnasium.",
                    name=environment,
                )
            ) from error
        made = gymnasium.make(environment, disable_env_checker=True)
        self._env: Any = made.unwrapped
        self._most = int(made.spec.max_episode_steps or 1) if made.spec is not None else 1
        self.moves = 0

    def start(self, seed: int) -> Observation:
        """A new game, the same for the same `seed`; gives what is seen at its start."""
        seen, _ = self._env.reset(seed=seed)
        self._even_out()
        self.moves = 0
        return self._seen(seen)

    def move(self, action: int) -> tuple[Observation, float, bool, bool]:
        """What is seen then, the reward, whether the game ended by itself, and whether it is over.

        A game that is over without having ended ran out of moves.
        """
        seen, reward, ended, *_ = self._env.step(action)
        self._even_out()
        self.moves += 1
        return self._seen(seen), float(reward), bool(ended), bool(ended) or self.moves >= self._most

    @property
    def state(self) -> Numbers:
        """The numbers that decide its future, without the moves made."""
        return self._env.state.copy()  # type: ignore[no-any-return]

    def put(self, state: Numbers, moves: int) -> None:
        """Goes on from the `state` of another game after as many moves."""
        self._env.reset(seed=0)  # nothing but these numbers is left of what was
        self._env.state = state.copy()
        self.moves = moves

    def _even_out(self) -> None:
        """Environments keep tuples, float32 and float64; kept and put back, all have to compute alike."""
        import numpy as np

        self._env.state = np.array(self._env.state, np.float64)

    def _seen(self, seen: Any) -> Observation:
        import numpy as np

        return np.asarray(seen, np.float32)
