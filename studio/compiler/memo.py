"""A bounded memory of what was worked out, the longest unused leaves first. Safe from any thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Memo(Generic[T]):
    """Answers by key. `misses` counts what had to be worked out: tests count it instead of timing."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.misses = 0
        self._held: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            self.misses += 1
        made = make()
        self.put(key, made)
        return made

    def find(self, key: Hashable) -> T | None:
        """What is held under `key`, None where nothing is."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                self.misses += 1
            else:
                self._held.move_to_end(key)
            return held

    def put(self, key: Hashable, made: T) -> None:
        with self._lock:
            self._held[key] = made
            while len(self._held) > self.capacity:
                self._held.popitem(last=False)

    def __len__(self) -> int:
        return len(self._held)

    def clear(self) -> None:
        with self._lock:
            self._held.clear()
