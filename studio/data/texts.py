"""Texts as tensors: stored as code points, given to a network as the numbers of words or characters.

A stored text is a row of Unicode code points, 0 where it is at its end. Numbers of a vocabulary begin with
PADDING and UNKNOWN.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

WORDS, CHARACTERS = "words", "characters"
PADDING, UNKNOWN = 0, 1
FIRST = 2
"""the number of the most frequent token"""
_WORD = re.compile(r"[㐀-鿿豈-﫿]|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
"""a Chinese character is a word by itself; so is every sign that is no letter, digit or space"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """How texts are cut: `by` words or characters, `length` of each text, at most `size` different ones."""

    by: str
    length: int
    size: int
    lower: bool = True

    def cut(self, text: str) -> list[str]:
        """The tokens of a text, as many as there are."""
        text = text.lower() if self.lower else text
        return list(text) if self.by == CHARACTERS else _WORD.findall(text)


def stored(texts: Sequence[str], characters: int) -> Tensor:
    """(N, characters) int32: the code points of each text, cut off or filled up with 0."""
    import numpy as np
    import torch

    points = np.zeros((len(texts), characters), dtype=np.int32)
    for row, text in zip(points, texts, strict=True):
        known = np.frombuffer(text[:characters].replace("\0", " ").encode("utf-32-le", "replace"), np.int32)
        row[: len(known)] = known
    return torch.from_numpy(points)


def read(points: Tensor) -> list[str]:
    """The texts that are stored in (N, characters)."""
    return [bytes(row).decode("utf-32-le").rstrip("\0") for row in points.contiguous().numpy()]


def fit(tokens: Tokens, points: Tensor) -> Mapping[str, Any]:
    """The step that numbers the tokens of stored texts: the most frequent first, equals by the alphabet."""
    counts = Counter(token for text in read(points) for token in tokens.cut(text))
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return {
        "type": "tokens",
        "by": tokens.by,
        "lower": tokens.lower,
        "length": tokens.length,
        "vocabulary": ranked[: tokens.size - FIRST],
    }


def apply(step: Mapping[str, Any], points: Tensor) -> Tensor:
    """Stored texts (N, characters) to the numbers of their tokens, (N, length) int64."""
    import torch

    tokens = Tokens(step["by"], step["length"], len(step["vocabulary"]) + FIRST, step["lower"])
    numbers = {token: place for place, token in enumerate(step["vocabulary"], FIRST)}
    found = torch.zeros((len(points), tokens.length), dtype=torch.int64)
    for i, text in enumerate(read(points.cpu())):
        row = [numbers.get(token, UNKNOWN) for token in tokens.cut(text)[: tokens.length]]
        found[i, : len(row)] = torch.tensor(row, dtype=torch.int64)
    return found.to(points.device)


def words(step: Mapping[str, Any], numbers: Iterable[int]) -> str:
    """What the numbers of a sample say, for a person: "□" for a token that is not in the vocabulary."""
    known = step["vocabulary"]
    said = ["□" if n == UNKNOWN else known[n - FIRST] for n in numbers if n != PADDING]
    return ("" if step["by"] == CHARACTERS else " ").join(said)
