"""PyTorch has one generator and one number of threads in a process: who uses them takes turns here.

A training that shares them with another job would not repeat: what the other draws is missing to it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_turn = threading.RLock()


@contextmanager
def alone() -> Iterator[None]:
    """The caller has the generator to itself inside the block, and waits for it before."""
    with _turn:
        yield
