"""What one is likely to want next to a card: the order in which the search offers layers. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from studio.catalog.entry import Entry

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


def after(category: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries, those that commonly follow a card of `category` first; otherwise in their order."""
    likely = FOLLOWERS.get(category, ())
    return sorted(entries, key=lambda entry: _rank(likely, entry.category))


def before(category: str, entries: Iterable[Entry]) -> list[Entry]:
    """The entries, those that a card of `category` commonly follows first; otherwise in their order."""
    return sorted(entries, key=lambda entry: _rank(FOLLOWERS.get(entry.category, ()), category))


def _rank(likely: tuple[str, ...], category: str) -> int:
    return likely.index(category) if category in likely else len(likely)
