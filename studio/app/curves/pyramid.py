"""A growing series that can be drawn at any zoom without losing an extreme. NumPy only, no Qt.

Level 0 holds the points, level k the smallest and the largest of each 2^k points in a row. Appending touches
only the bins that become complete, so a million steps cost no more a redraw than a thousand. Values that are
not finite (a loss that diverged) are left out of the envelope and counted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FIRST_CAPACITY = 1024


class _Growing:
    """An array that doubles its room when it is full."""

    __slots__ = ("_room", "length")

    def __init__(self) -> None:
        self._room = np.empty(_FIRST_CAPACITY)
        self.length = 0

    def extend(self, values: Floats) -> None:
        needed = self.length + len(values)
        if needed > len(self._room):
            grown = np.empty(max(needed, 2 * len(self._room)))
            grown[: self.length] = self._room[: self.length]
            self._room = grown
        self._room[self.length : needed] = values
        self.length = needed

    @property
    def values(self) -> Floats:
        return self._room[: self.length]


class Pyramid:
    """Points with rising x. `append` adds, `envelope` gives what to draw.

    >>> pyramid = Pyramid()
    >>> pyramid.append(np.arange(1000.0), np.where(np.arange(1000) == 500, 9.0, 1.0))
    >>> x, y = pyramid.envelope(0, 999, 10)
    >>> len(y) <= 2 * 10 + 8, float(y.max())
    (True, 9.0)
    """

    def __init__(self) -> None:
        self._x = _Growing()
        self._low = [_Growing()]
        self._high = [_Growing()]
        self._bounds: tuple[float, float] | None = None
        self.not_finite = 0

    def __len__(self) -> int:
        return self._x.length

    @property
    def x(self) -> Floats:
        return self._x.values

    @property
    def y(self) -> Floats:
        """The points themselves; NaN where a value was not finite."""
        return self._low[0].values

    def append(self, x: Floats, y: Floats) -> None:
        """Adds points, `x` and `y` of one length, `x` rising from the last point on."""
        if not len(x):
            return
        finite = np.isfinite(y)
        missing = int(len(y) - np.count_nonzero(finite))
        self.not_finite += missing
        if missing < len(y):
            known = y[finite] if missing else y
            least, most = self._bounds or (np.inf, -np.inf)
            self._bounds = min(least, float(known.min())), max(most, float(known.max()))
        clean = np.where(finite, y, np.nan)
        self._x.extend(np.asarray(x, dtype=np.float64))
        self._low[0].extend(clean)
        self._high[0].extend(clean)
        self._complete_bins()

    def _complete_bins(self) -> None:
        """Fills level after level, as far as the new points complete bins."""
        level = 0
        while True:
            done = self._low[level + 1].length if level + 1 < len(self._low) else 0
            start, stop = 2 * done, self._low[level].length // 2 * 2
            if start >= stop:
                return
            if level + 1 == len(self._low):
                self._low.append(_Growing())
                self._high.append(_Growing())
            low = self._low[level].values[start:stop]
            high = self._high[level].values[start:stop]
            self._low[level + 1].extend(np.fmin(low[0::2], low[1::2]))
            self._high[level + 1].extend(np.fmax(high[0::2], high[1::2]))
            level += 1

    def bounds(self) -> tuple[float, float] | None:
        """The smallest and the largest value of all; None without a finite one."""
        return self._bounds

    def envelope(self, first: float, last: float, bins: int) -> tuple[Floats, Floats]:
        """What to draw for x from `first` to `last` on about `bins` columns.

        Returns x and y of one length: the points themselves where they are few, else two of each bin, the
        smaller and the larger value, in turns. A point outside on each side is kept so that the line runs on.
        """
        start, stop = self._span(first, last)
        start, stop = max(0, start - 1), min(len(self), stop + 1)
        level = 0
        while (stop - start) >> level > max(2, bins) and level + 1 < len(self._low):
            level += 1
        if level == 0:
            return self.x[start:stop], self.y[start:stop]
        width = 1 << level
        low, high = self._bins(level)
        first_bin, last_bin = start // width, -(-stop // width)
        low, high = low[first_bin:last_bin], high[first_bin:last_bin]
        edges = np.minimum(np.arange(first_bin, first_bin + len(low)) * width, len(self) - 1)
        ends = np.minimum(edges + width - 1, len(self) - 1)
        x = np.empty(2 * len(low))
        x[0::2], x[1::2] = self.x[edges], self.x[ends]
        y = np.empty(2 * len(low))
        # in turns low-high and high-low, so that the line between bins does not jump across the band
        y[0::4], y[1::4] = low[0::2], high[0::2]
        y[2::4], y[3::4] = high[1::2], low[1::2]
        return x, y

    def at(self, x: float) -> tuple[float, float] | None:
        """The point nearest to `x`; None where there is no point."""
        if not len(self):
            return None
        place = int(np.searchsorted(self.x, x))
        candidates = [i for i in (place - 1, place) if 0 <= i < len(self)]
        nearest = min(candidates, key=lambda i: abs(self.x[i] - x))
        return float(self.x[nearest]), float(self.y[nearest])

    def _span(self, first: float, last: float) -> tuple[int, int]:
        start = int(np.searchsorted(self.x, first, "left"))
        return start, int(np.searchsorted(self.x, last, "right"))

    def _bins(self, level: int) -> tuple[Floats, Floats]:
        """The bins of a level, the incomplete one at the end included."""
        low, high = self._low[level].values, self._high[level].values
        rest_low, rest_high = [], []
        for below in range(level):
            if self._low[below].length > 2 * self._low[below + 1].length:
                rest_low.append(self._low[below].values[-1])
                rest_high.append(self._high[below].values[-1])
        if not rest_low:
            return low, high
        return np.append(low, np.fmin.reduce(rest_low)), np.append(high, np.fmax.reduce(rest_high))
