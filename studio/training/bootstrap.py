"""How sure a metric is: its spread over test sets drawn again from the one there is (Efron 1979).

A metric is given as a function of how often each sample was drawn, so that many draws are worked out at once
and nothing is predicted twice. Seeded: the same samples have the same interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Draws = Callable[[Floats], Mapping[str, Floats]]
"""from how often each sample was drawn (draws, samples) to the metrics of each draw (draws,)"""

RESAMPLES = 1000
SEED = 0
SHARE = 0.95
_AT_ONCE = 2**21
"""numbers of a chunk of draws"""


def intervals(samples: int, draws: Draws, resamples: int = RESAMPLES) -> dict[str, tuple[float, float]]:
    """The middle 95 % of each metric over `resamples` draws of as many samples, with replacement."""
    generator = np.random.default_rng(SEED)
    chunk = max(1, _AT_ONCE // samples)
    found: dict[str, list[Floats]] = {}
    for first in range(0, resamples, chunk):
        drawn = generator.integers(0, samples, size=(min(chunk, resamples - first), samples))
        counts = np.stack([np.bincount(row, minlength=samples) for row in drawn]).astype(np.float64)
        for name, values in draws(counts).items():
            found.setdefault(name, []).append(values)
    edges = [(1 - SHARE) / 2, (1 + SHARE) / 2]
    spans = {name: np.concatenate(parts) for name, parts in found.items()}
    return {
        name: (float(low), float(high))
        for name, values in spans.items()
        if not np.isnan(values).all()
        for low, high in [np.nanquantile(values, edges)]
    }


def ratio(above: Floats, below: Floats) -> Floats:
    """above / below, 0 where there is nothing below: as scikit-learn's zero_division=0."""
    return np.divide(above, below, out=np.zeros(np.broadcast(above, below).shape), where=below != 0)


class Ranking:
    """Areas under the ROC curve and under precision over recall, of scores for one class against the rest."""

    def __init__(self, scores: Floats, positive: NDArray[np.bool_]) -> None:
        self._order = np.argsort(-scores, kind="stable")
        sorted_ = scores[self._order]
        self._ends = np.flatnonzero(np.append(np.diff(sorted_) != 0, True))  # equal scores are one step
        self._positive = positive[self._order]

    def areas(self, counts: Floats) -> tuple[Floats, Floats]:
        """(draws, samples) to ROC-AUC and average precision, (draws,) each; NaN where one side is empty."""
        drawn = counts[:, self._order]
        right = np.cumsum(drawn * self._positive, axis=1)[:, self._ends]
        wrong = np.cumsum(drawn * ~self._positive, axis=1)[:, self._ends]
        with np.errstate(divide="ignore", invalid="ignore"):
            recall, fall_out = right / right[:, -1:], wrong / wrong[:, -1:]
            precision = right / np.maximum(right + wrong, 1e-300)
        steps = np.diff(recall, axis=1, prepend=0)
        middle = recall - steps / 2
        roc = (np.diff(fall_out, axis=1, prepend=0) * middle).sum(1)
        return roc, (steps * precision).sum(1)
