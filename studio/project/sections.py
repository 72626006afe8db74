"""What is said of a section of settings whose keys or values are not those it should have."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from studio.graph.values import Json
from studio.words import Message


def unknown_key(section: Mapping[str, Json], known: Iterable[str], place: str) -> Message | None:
    """Which key of the section at `place` is none of `known`, and what may be meant; None where all are."""
    names = list(known)
    key = next((key for key in section if key not in names), None)
    if key is None:
        return None
    if near := difflib.get_close_matches(str(key), names, 1):
        return Message("{place}.{key} is not known. Did you mean {near}?", place=place, key=key, near=near[0])
    return Message(
        "{place}.{key} is not known. Known: {known}.", place=place, key=key, known=", ".join(names)
    )


def wrong_value(key: str, value: Json, expected: Message) -> Message:
    """What the setting `key` ("training.epochs") is, and what it should be."""
    return Message("{key} is {value}; expected is {expected}.", key=key, value=repr(value), expected=expected)
