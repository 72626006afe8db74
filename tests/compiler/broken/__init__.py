"""The corpus of broken networks, by theme: good ones with one thing wrong, and what must be said of each."""

from __future__ import annotations

from broken import divisors, graphs, kinds, merges, params, partners, ranks, shapes, widths
from broken.case import Broken

__all__ = ["ALL", "Broken"]

ALL = [
    *widths.widths(),
    *ranks.ranks(),
    *ranks.kernels(),
    *divisors.divisors(),
    *merges.merges(),
    *shapes.shapes(),
    *kinds.kinds(),
    *params.params(),
    *graphs.graphs(),
    *partners.everything(),
]
