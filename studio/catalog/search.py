"""Finding a type by what a person types: PyTorch's name, a word of the field, or Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from studio import words as language
from studio.catalog import table, words
from studio.catalog.entry import Entry

_NO_MATCH = 100


def find(text: str) -> list[Entry]:
    """The entries that fit every word of `text`, best first; all of them, in palette order, for no text.

    What is only another way to write a type comes after all others.
    """
    terms = text.casefold().split()
    if not terms:
        return list(table.entries())
    ranked = [
        (entry.twin is not None, _rank(entry, terms), (entry.type not in table.COMMON, place), entry)
        for place, entry in enumerate(table.entries())
    ]
    return [entry for _, rank, _, entry in sorted(ranked, key=lambda r: r[:3]) if rank < _NO_MATCH]


def label_rank(label: str, terms: Iterable[str]) -> int | None:
    """How well the label of a block fits every term: 0 is best; None where one does not."""
    ranks = [_in_label(label, term) for term in terms]
    return max(ranks, default=0) if all(rank < _NO_MATCH for rank in ranks) else None


def _rank(entry: Entry, terms: list[str]) -> int:
    return max(_term_rank(entry, term) for term in terms)


def _term_rank(entry: Entry, term: str) -> int:
    rank = _in_label(entry.label, term)
    if term in entry.keywords:
        rank = min(rank, 3)
    if rank < _NO_MATCH:
        return rank
    if any(word.startswith(term) for word in entry.keywords):
        return 5
    names, sentences = _texts(entry.type)
    if term in names:
        return 6
    if term in entry.type.casefold() or any(term in word for word in entry.keywords):
        return 7
    if len(term) > 2 and term in sentences[language.language()]:
        return 8
    if not term.isascii() and term in sentences["zh_CN"]:
        return 9
    return _NO_MATCH


def _in_label(label: str, term: str) -> int:
    folded = label.casefold().strip(".()")
    if folded == term:
        return 0
    if folded.startswith(term):
        return 1
    if any(part.startswith(term) for part in _parts(label)):
        return 2
    return 4 if len(term) > 1 and term in folded else _NO_MATCH


@cache
def _parts(label: str) -> tuple[str, ...]:
    """What begins at each capital or behind each mark: "MaxPool2d" has "maxpool2d" and "pool2d"."""
    starts = [found.start() for found in re.finditer(r"(?<![A-Z])[A-Z]|[A-Z](?=[a-z])|(?<=[._ ])\w", label)]
    return tuple(label[start:].casefold() for start in starts)


@cache
def _texts(type_: str) -> tuple[str, dict[str, str]]:
    """All names of a type as one text, and its sentence in each language."""
    names = " ".join(words.name(type_, code) for code in language.LANGUAGES).casefold()
    return names, {code: words.sentence(type_, code).casefold() for code in language.LANGUAGES}
