"""Pieces of words by byte-pair encoding (Sennrich, Haddow, Birch 2016): frequent pieces grow together.

A piece at the beginning of a word carries START, so that a text can be put together again. A run of Chinese
characters is one word here: pieces of several characters are found in it without spaces. This file stands by
itself: it goes into exported folders as it is.
"""

import heapq
import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

START = "\u2581"
MOST_WORDS = 50_000
"""different words that pieces are learned from, the most frequent ones"""
_CHINESE = "\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"\s*(?:[{_CHINESE}]+|(?:(?![{_CHINESE}])[^\W_])+(?:['\u2019][^\W_]+)*|[^\w\s])")
Merge = tuple[str, str]


def words(text: str) -> Iterator[str]:
    """The words and signs of a text, with START where a space stands before them, or nothing."""
    for found in _WORD.finditer(text):
        word = found.group()
        bare = word.lstrip()
        yield START + bare if len(bare) < len(word) or found.start() == 0 else bare


def letters(word: str) -> list[str]:
    """The pieces that a word begins with: its characters, START joined to the first."""
    return [word[:2], *word[2:]] if word.startswith(START) else list(word)


def learn(texts: Iterable[str], size: int) -> list[Merge]:
    """What is joined, in its order, until there are `size` different pieces, or none occurs twice."""
    counts = Counter(word for text in texts for word in words(text))
    chosen = sorted(counts, key=lambda word: (-counts[word], word))[:MOST_WORDS]
    table = _Table([letters(word) for word in chosen], [counts[word] for word in chosen])
    known = {piece for word in table.words for piece in word}
    merges: list[Merge] = []
    while len(known) < size and (pair := table.most_frequent()) is not None:
        merges.append(pair)
        known.add("".join(pair))
        table.join(pair)
    return merges


class _Table:
    """Words in pieces, how often each occurs, and how often each pair of neighbours does."""

    def __init__(self, words: list[list[str]], counts: Sequence[int]) -> None:
        self.words, self.counts = words, counts
        self.pairs: Counter[Merge] = Counter()
        self.where: defaultdict[Merge, set[int]] = defaultdict(set)
        for i in range(len(words)):
            self._count(i, 1)
        self.heap = [(-count, pair) for pair, count in self.pairs.items()]
        heapq.heapify(self.heap)

    def _count(self, i: int, sign: int) -> set[Merge]:
        """Counts the pairs of a word, or takes them off again; gives which they are."""
        word = self.words[i]
        found = list(itertools.pairwise(word))
        for pair in found:
            self.pairs[pair] += sign * self.counts[i]
            self.where[pair].add(i)
        return set(found)

    def most_frequent(self) -> Merge | None:
        """Of equals the first by its letters; None where no pair occurs twice."""
        while self.heap:
            count, pair = heapq.heappop(self.heap)
            if -count == self.pairs[pair]:  # else it changed, and lies here once more
                return pair if -count > 1 else None
        return None

    def join(self, pair: Merge) -> None:
        changed: set[Merge] = set()
        for i in sorted(self.where.pop(pair)):
            changed |= self._count(i, -1)
            self.words[i] = joined(self.words[i], pair)
            changed |= self._count(i, 1)
        for other in changed - {pair}:
            heapq.heappush(self.heap, (-self.pairs[other], other))


def joined(word: Sequence[str], pair: Merge) -> list[str]:
    """The pieces of a word, the two of each such pair as one."""
    done: list[str] = []
    for piece in word:
        if done and (done[-1], piece) == pair:
            done[-1] += piece
        else:
            done.append(piece)
    return done


def cutter(merges: Iterable[Sequence[str]]) -> Callable[[str], list[str]]:
    """What cuts a text into pieces by what was learned."""
    ranks = {(first, second): rank for rank, (first, second) in enumerate(merges)}

    @cache
    def pieces(word: str) -> tuple[str, ...]:
        found = letters(word)
        while True:
            pairs = [pair for pair in itertools.pairwise(found) if pair in ranks]
            if not pairs:
                return tuple(found)
            found = joined(found, min(pairs, key=ranks.__getitem__))

    return lambda text: [piece for word in words(text) for piece in pieces(word)]
