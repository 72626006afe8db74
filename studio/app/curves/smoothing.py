"""The exponential moving average of a growing series, without a Python loop over its points.

The average starts unbiased: it is divided by the weight seen so far, so the first value is the first point.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LONGEST_BLOCK = 4096


class Smoothing:
    """Averages over about `window` points. Values that are not finite leave the average as it is."""

    def __init__(self, window: float) -> None:
        self.window = max(1.0, float(window))
        self._keep = 1.0 - 1.0 / self.window
        self._sum = 0.0
        self._weight = 0.0
        self._last = math.nan

    def extend(self, values: Floats) -> Floats:
        """The averages at the new points."""
        values = np.asarray(values, dtype=np.float64)
        if self._keep <= 0.0:
            return values
        finite = np.isfinite(values)
        known = values[finite]
        averaged = np.empty(len(known))
        # within a block the powers of `keep` stay above 1e-100, far from underflow
        block = min(_LONGEST_BLOCK, max(1, int(-230 / math.log(self._keep))))
        powers = np.power(self._keep, np.arange(1.0, block + 1))
        for start in range(0, len(known), block):
            part = known[start : start + block]
            self._average(part, powers[: len(part)], averaged[start : start + block])
        averages = _carried(averaged, finite, self._last)
        if len(averages):
            self._last = float(averages[-1])
        return averages

    def _average(self, part: Floats, powers: Floats, out: Floats) -> None:
        sums = powers * (self._sum + np.cumsum((1 - self._keep) * part / powers))
        weights = 1 - powers * (1 - self._weight)
        np.divide(sums, weights, out=out)
        self._sum, self._weight = float(sums[-1]), float(weights[-1])


def _carried(averaged: Floats, finite: NDArray[np.bool_], before: float) -> Floats:
    """The averages at every point: where the value was not finite, the last one before it."""
    if finite.all():
        return averaged
    return np.concatenate(([before], averaged))[np.cumsum(finite)]
