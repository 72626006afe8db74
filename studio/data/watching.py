"""How far a reading is: told to whoever waits for it, who may end it by raising."""

from __future__ import annotations

from collections.abc import Callable

Watch = Callable[[float], None]
"""told what share is done, from 0 to 1; raises where the reading is no longer wanted"""


def quiet(_: float) -> None:
    """Nobody waits."""


def within(watch: Watch, start: float, end: float) -> Watch:
    """A watch for a part of the work, which lies from `start` to `end` of the whole."""
    return lambda share: watch(start + (end - start) * share)
