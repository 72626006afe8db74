"""Which wires touch a stretch of the scene: a grid of tiles, each with the keys on it. Knows no Qt."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

from studio.app.canvas.geometry import Rect

TILE = 1200

Key = TypeVar("Key", bound=Hashable)


class Tiles(Generic[Key]):
    """Keys by the rectangles they cover."""

    def __init__(self) -> None:
        self._tiles: dict[tuple[int, int], dict[Key, None]] = {}
        self._places: dict[Key, tuple[int, int, int, int]] = {}

    def put(self, key: Key, rect: Rect) -> None:
        """Puts or moves a key."""
        span = _span(rect)
        if self._places.get(key) == span:
            return
        self.drop(key)
        self._places[key] = span
        for place in _cells(span):
            self._tiles.setdefault(place, {})[key] = None

    def drop(self, key: Key) -> None:
        span = self._places.pop(key, None)
        if span is None:
            return
        for place in _cells(span):
            held = self._tiles[place]
            del held[key]
            if not held:
                del self._tiles[place]

    def near(self, rect: Rect) -> dict[Key, None]:
        """The keys on the tiles that `rect` touches, each once, in the order they were put."""
        span = _span(rect)
        found: dict[Key, None] = {}
        if (span[2] - span[0] + 1) * (span[3] - span[1] + 1) > len(self._tiles):
            for place, held in self._tiles.items():
                if span[0] <= place[0] <= span[2] and span[1] <= place[1] <= span[3]:
                    found.update(held)
            return found
        for place in _cells(span):
            found.update(self._tiles.get(place, {}))
        return found

    def clear(self) -> None:
        self._tiles.clear()
        self._places.clear()


def _span(rect: Rect) -> tuple[int, int, int, int]:
    left, top, width, height = rect
    return (int(left // TILE), int(top // TILE), int((left + width) // TILE), int((top + height) // TILE))


def _cells(span: tuple[int, int, int, int]) -> list[tuple[int, int]]:
    return [(x, y) for x in range(span[0], span[2] + 1) for y in range(span[1], span[3] + 1)]
