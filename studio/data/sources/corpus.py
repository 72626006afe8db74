"""One long text, cut into pieces of equal length: what a language model learns from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.data import text_files, texts
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.texts import FIRST, Tokens
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

TITLE = Message("One long text (TXT)")
SENTENCE = Message("A text in pieces: each character is predicted from those before it.")
KEYS = ("encoding", "characters", "length", "vocabulary")
LENGTH, SHORTEST = 64, 6
"""of a piece that is proposed"""
PIECES = 8
"""a short text is cut into this many at least"""


@dataclass(frozen=True, slots=True)
class Corpus:
    """`data.reading` of a long text, checked. `length` characters are a sample."""

    encoding: str
    characters: int
    length: int
    vocabulary: int

    @property
    def samples(self) -> int:
        return self.characters // self.length


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """How long the text is, and how many different characters it has. Raises DataError."""
    encoding = str(told.get("encoding") or text_files.encoding_of(path))
    text = _text(path, encoding)
    return {
        "encoding": encoding,
        "characters": len(text),
        "length": told.get("length") or max(SHORTEST, min(LENGTH, len(text) // PIECES)),
        "vocabulary": len(set(text)) + FIRST,
    }


def _text(path: Path, encoding: str) -> str:
    """The whole text, with line ends as one character. Raises DataError."""
    with text_files.opened(path) as file:
        try:
            text = file.read().decode(encoding)
        except UnicodeError as error:
            raise DataError(
                Message(
                    "{path} is not written in {encoding}: {reason}",
                    path=path,
                    encoding=encoding,
                    reason=error,
                )
            ) from None
    text = text.replace("\r\n", "\n").replace("\0", " ")
    if len(text.strip()) < 2:
        raise DataError(Message("{path} is empty.", path=path))
    return text


def read(reading: Reading) -> Corpus:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    numbers = {}
    for key, least in (("characters", 2), ("length", 2), ("vocabulary", 3)):
        value = reading.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _wrong(key, value, Message("a whole number from {least}", least=least))
        numbers[key] = value
    encoding = reading.get("encoding")
    if encoding not in text_files.KNOWN:
        raise _wrong("encoding", encoding, Message("one of {known}", known=", ".join(text_files.ENCODINGS)))
    corpus = Corpus(str(encoding), numbers["characters"], numbers["length"], numbers["vocabulary"])
    if corpus.samples < 3:
        raise DataError(
            Message(
                "{characters} characters are too few for pieces of {length}. Take shorter ones "
                "(data.reading.length).",
                characters=corpus.characters,
                length=corpus.length,
            )
        )
    return corpus


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that a long text is. Raises DataError."""
    corpus = read(reading)
    return SourceInfo(
        name="corpus",
        title=TITLE,
        description=SENTENCE,
        task="language",
        shape=(corpus.length,),
        samples=corpus.samples,
        outputs=corpus.vocabulary,
        load=lambda place: load(place, reading),
        needs_root=True,
        dtype="int64",
        ordered=True,
        tokens=Tokens(texts.CHARACTERS, corpus.length, corpus.vocabulary, lower=False),
    )


def load(place: Place, reading: Reading) -> Raw:
    """x (N, length) int32, code points; y (N,) zeros: the text is its own target. Raises DataError."""
    import torch

    corpus, path = read(reading), place.named(TITLE)
    text = _text(path, corpus.encoding)
    if len(text) != corpus.characters:
        raise DataError(
            Message(
                "{path} holds {n} characters by now; it held {characters} when it was looked at. Choose it "
                "again in the Data panel.",
                path=path,
                n=len(text),
                characters=corpus.characters,
            )
        )
    points = texts.stored([text], corpus.samples * corpus.length).view(corpus.samples, corpus.length)
    return Raw(points, torch.zeros(corpus.samples, dtype=torch.int64))


KIND = FileKind("corpus", TITLE, SENTENCE, (".txt", ".md"), look, describe, load)
