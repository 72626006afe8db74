"""Texts become the numbers of their words, characters or pieces of words: see `texts`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from studio.data import texts
from studio.data.layout import PIECES, TEXT, TOKENS, Layout
from studio.data.rows import Stored
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError
from studio.data.steps.options import CHOICE, FLAG, WHOLE, Option, Values
from studio.data.texts import Tokens
from studio.words import Message

WAYS = (
    (texts.WORDS, Message("words")),
    (texts.CHARACTERS, Message("characters")),
    (texts.SUBWORDS, Message("pieces of words")),
)
SIDES = (("end", Message("at its end")), ("beginning", Message("at its beginning")))


def of(values: Values) -> Tokens:
    """How these options cut texts."""
    return Tokens(
        values["by"],
        values["length"],
        values["vocabulary"],
        values["lower"],
        values["shorten"] == "beginning",
        values["fill"] == "beginning",
    )


def written(tokens: Tokens) -> Mapping[str, Any]:
    """The step of a project that says nothing of it, for what was found in the file."""
    step = {"type": "tokens", "by": tokens.by, "length": tokens.length, "vocabulary": tokens.size}
    return step if tokens.lower else {**step, "lower": False}


def after(layout: Layout, values: Values) -> Layout:
    if layout.kind not in (TEXT, PIECES):
        raise UnfitError(Message("it is for texts"))
    if layout.kind == PIECES and (values["by"], values["length"]) != (texts.CHARACTERS, *layout.shape):
        raise UnfitError(
            Message("a long text in pieces of {n} characters stays characters", n=layout.shape[0])
        )
    return replace(layout, kind=TOKENS, shape=(values["length"],))


def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
    assert not isinstance(samples.x, Stored), "texts are held in memory"
    return Fitted((texts.fit(of(values), samples.x),), after(layout, values))


def says(values: Values) -> Message:
    return Message(
        "Texts become {length} {tokens}, {size} different ones known",
        length=values["length"],
        tokens=dict(WAYS)[values["by"]],
        size=values["vocabulary"],
    )


KINDS = (
    StepKind(
        "tokens",
        Message("Texts to numbers"),
        Message(
            "Texts are cut, and each piece becomes its number in a list of the most frequent ones of the "
            "training texts. Chinese needs no spaces: each character is a word, and pieces of words may hold "
            "several."
        ),
        (
            Option("by", Message("Cut into"), CHOICE, texts.WORDS, choices=WAYS),
            Option("length", Message("Length of a text"), WHOLE, 100, 1, 10**6),
            Option("vocabulary", Message("Vocabulary"), WHOLE, 10_000, 3, 10**7),
            Option("lower", Message("Lower case"), FLAG, True),
            Option("shorten", Message("Too long: cut off"), CHOICE, "end", choices=SIDES),
            Option("fill", Message("Too short: filled"), CHOICE, "end", choices=SIDES),
        ),
        after,
        fit,
        says,
    ),
)
