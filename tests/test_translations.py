"""Every sentence the program says exists in every language, once, with the same places to fill."""

from __future__ import annotations

import ast
import json
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from studio import places, words

ROOT = Path(words.__file__).resolve().parent
LANGUAGES = [code for code in words.LANGUAGES if code != "en"]
SPEAKERS = {"tr", "Message"}


@cache
def calls() -> list[tuple[str, ast.Call]]:
    """Each call of `tr` or `Message` in the source, with its place."""
    found = []
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in SPEAKERS:
                found.append((f"{file.relative_to(ROOT.parent)}:{node.lineno}", node))
    return found


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _sentence(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


@cache
def sentences() -> dict[str, str]:
    """Each sentence and one place where it is said."""
    said = ((_sentence(call), place) for place, call in calls())
    return {text: place for text, place in said if text is not None}


def files(language: str) -> Iterator[Path]:
    yield from sorted((places.resources() / "translations" / language).glob("*.json"))


@cache
def translations(language: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for file in files(language):
        table |= json.loads(file.read_text(encoding="utf-8"))
    return table


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_only_literal_sentences_are_said() -> None:
    unclear = [
        place
        for place, call in calls()
        if _sentence(call) is None and not place.startswith("studio/words.py:")
    ]
    assert unclear == [], "a sentence must stand in the call itself to be found and translated"


def test_every_place_in_a_sentence_is_filled() -> None:
    unfilled = []
    for place, call in calls():
        given = {keyword.arg for keyword in call.keywords}
        text = _sentence(call)
        if text is not None and given and None not in given and fields(text) != given:
            unfilled.append((place, text, sorted(fields(text) ^ given)))
    assert unfilled == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    known = translations(language)
    missing = {text: place for text, place in sentences().items() if not known.get(text)}
    assert missing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_fill_the_same_places(language: str) -> None:
    wrong = {text: said for text, said in translations(language).items() if fields(text) != fields(said)}
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_left_over(language: str) -> None:
    assert sorted(set(translations(language)) - set(sentences())) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_translated_twice(language: str) -> None:
    seen: dict[str, str] = {}
    twice = []
    for file in files(language):
        pairs = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=list)
        for text, _ in pairs:
            if text in seen:
                twice.append((text, seen[text], file.name))
            seen[text] = file.name
    assert twice == []


def test_people_are_not_shouted_at() -> None:
    assert [text for text in sentences() if text.rstrip().endswith("!")] == []
