"""What one is likely to want next to a card: the order in which the search offers layers. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studio.catalog.entry import Entry

NOTHING: Mapping[str, float] = {}
FOLLOWERS: Mapping[str, tuple[str, ...]] = {
    "io": ("convolution", "linear", "embedding", "recurrent", "shape"),
    "linear": ("activation", "dropout", "normalisation", "linear", "io"),
    "convolution": ("normalisation", "activation", "pooling", "convolution"),
    "pooling": ("convolution", "shape", "dropout", "linear"),
    "normalisation": ("activation", "convolution", "linear", "attention"),
    "activation": ("pooling", "convolution", "linear", "dropout"),
    "recurrent": ("linear", "dropout", "shape", "recurrent"),
    "attention": ("merge", "normalisation", "dropout", "linear"),
    "embedding": ("recurrent", "attention", "shape", "linear"),
    "dropout": ("linear", "convolution", "activation"),
    "shape": ("linear", "convolution", "recurrent"),
    "merge": ("activation", "normalisation", "convolution", "linear"),
    "block": ("activation", "pooling", "shape", "linear"),
}
"""The categories that commonly come after each, the commonest first."""


def after(category: str, entries: Iterable[Entry], learned: Mapping[str, float] = NOTHING) -> list[Entry]:
    """The entries, those that commonly follow a card of `category` first; otherwise in their order.

    Before all come those of `learned`, which says how often the person wired each there.
    """
    likely = FOLLOWERS.get(category, ())
    return sorted(entries, key=lambda entry: (-learned.get(entry.type, 0), _rank(likely, entry.category)))


def before(category: str, entries: Iterable[Entry], learned: Mapping[str, float] = NOTHING) -> list[Entry]:
    """The entries, those that a card of `category` commonly follows first, and `learned` before them."""

    def rank(entry: Entry) -> tuple[float, int]:
        return (-learned.get(entry.type, 0), _rank(FOLLOWERS.get(entry.category, ()), category))

    return sorted(entries, key=rank)


def _rank(likely: tuple[str, ...], category: str) -> int:
    return likely.index(category) if category in likely else len(likely)
