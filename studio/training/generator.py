"""PyTorch has one generator and one number of threads in a process: who uses them takes turns here.

A training that shares them with another job would not repeat: what the other draws is missing to it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.RLock()


@contextmanager
def alone(wait: bool = True) -> Iterator[bool]:
    """Whether the caller has the generator to itself inside the block; always, if it may `wait` for it."""
    mine = _turn.acquire(blocking=wait)
    try:
        yield mine
    finally:
        if mine:
            _turn.release()
