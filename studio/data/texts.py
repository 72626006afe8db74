"""Texts as tensors: stored as code points, given to a network as the numbers of words or characters.

A stored text is a row of Unicode code points, 0 where it is at its end. Numbers of a vocabulary begin with
PADDING and UNKNOWN.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from studio.data import subwords

if TYPE_CHECKING:
    from torch import Tensor

WORDS, CHARACTERS, SUBWORDS = "words", "characters", "subwords"
WAYS = (WORDS, CHARACTERS, SUBWORDS)
PADDING, UNKNOWN = 0, 1
FIRST = 2
"""the number of the most frequent token"""
_WORD = re.compile(r"[㐀-鿿豈-﫿]|[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
"""a Chinese character is a word by itself; so is every sign that is no letter, digit or space"""


@dataclass(frozen=True, slots=True)
class Tokens:
    """How texts are cut: `by` one of WAYS, `length` of each text, at most `size` different ones.

    Of a text that is longer the beginning stays, or with `last` its end; one that is shorter is filled up
    behind it, or with `before` in front. `merges` are those of `subwords`, as they were learned.
    """

    by: str
    length: int
    size: int
    lower: bool = True
    last: bool = False
    before: bool = False
    merges: tuple[tuple[str, str], ...] = ()

    @property
    def cut(self) -> Callable[[str], list[str]]:
        """What gives the tokens of a text, as many as there are."""
        if self.by == SUBWORDS:
            find: Callable[[str], list[str]] = subwords.cutter(self.merges)
        else:
            find = list if self.by == CHARACTERS else _WORD.findall
        return (lambda text: find(text.lower())) if self.lower else find


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
    texts = read(points)
    if tokens.by == SUBWORDS:
        heard = [text.lower() for text in texts] if tokens.lower else texts
        tokens = replace(tokens, merges=tuple(subwords.learn(heard, tokens.size - FIRST)))
    cut = tokens.cut
    counts = Counter(token for text in texts for token in cut(text))
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    step = {
        "type": "tokens",
        "by": tokens.by,
        "lower": tokens.lower,
        "length": tokens.length,
        "vocabulary": ranked[: tokens.size - FIRST],
    }
    more = {"last": tokens.last, "before": tokens.before, "merges": [list(pair) for pair in tokens.merges]}
    return {**step, **{key: value for key, value in more.items() if value}}


def apply(step: Mapping[str, Any], points: Tensor) -> Tensor:
    """Stored texts (N, characters) to the numbers of their tokens, (N, length) int64."""
    import torch

    tokens = _tokens(step)
    cut, length = tokens.cut, tokens.length
    numbers = {token: place for place, token in enumerate(step["vocabulary"], FIRST)}
    found = torch.zeros((len(points), length), dtype=torch.int64)
    for i, text in enumerate(read(points.cpu())):
        pieces = cut(text)
        kept = pieces[-length:] if tokens.last else pieces[:length]
        row = torch.tensor([numbers.get(token, UNKNOWN) for token in kept], dtype=torch.int64)
        found[i, length - len(row) if tokens.before else 0 :][: len(row)] = row
    return found.to(points.device)


def _tokens(step: Mapping[str, Any]) -> Tokens:
    """How a fitted step cuts texts."""
    merges = tuple((first, second) for first, second in step.get("merges", ()))
    size = len(step["vocabulary"]) + FIRST
    sides = (step.get("last", False), step.get("before", False))
    return Tokens(step["by"], step["length"], size, step["lower"], *sides, merges)


def words(step: Mapping[str, Any], numbers: Iterable[int]) -> str:
    """What the numbers of a sample say, for a person: "□" for a token that is not in the vocabulary."""
    known = step["vocabulary"]
    said = ["□" if n == UNKNOWN else known[n - FIRST] for n in numbers if n != PADDING]
    if step["by"] == SUBWORDS:
        return "".join(said).replace(subwords.START, " ").strip()
    return ("" if step["by"] == CHARACTERS else " ").join(said)
