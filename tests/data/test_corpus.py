"""A long text that a person brings, in pieces."""

from pathlib import Path

import pytest

from studio.compiler.analysis import N, TensorSpec
from studio.data import texts
from studio.data.prepare import context_of, prepare
from studio.data.source import DataError, Place
from studio.data.sources import corpus, kind_of

TEXT = "The quick brown fox jumps over the lazy dog.\r\n" * 40


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fox.txt"
    path.write_bytes(TEXT.encode())
    return path


def section(path: Path, **told: object) -> dict:
    return {"source": "corpus", "root": str(path), "reading": corpus.look(path, told)}


def test_a_long_text_is_known_by_its_name_and_counted(file: Path) -> None:
    plain = TEXT.replace("\r\n", "\n")

    assert kind_of(file).name == "corpus"
    assert corpus.look(file, {}) == {
        "encoding": "utf-8",
        "characters": len(plain),
        "length": 64,
        "vocabulary": len(set(plain)) + texts.FIRST,
    }


def test_its_pieces_are_the_text_again_in_order(file: Path) -> None:
    raw = corpus.load(Place(file), section(file, length=10)["reading"])

    assert "".join(texts.read(raw.x)) == TEXT.replace("\r\n", "\n")[: len(raw.x) * 10]


def test_the_network_is_given_pieces_and_gives_every_character_at_every_place(file: Path) -> None:
    told = section(file, length=10)

    context = context_of(told)

    assert context.inputs == (TensorSpec((N, 10), "int64"),)
    assert (context.outputs, context.task) == (told["reading"]["vocabulary"], "language")


def test_the_end_of_the_text_is_for_testing(file: Path) -> None:
    data = prepare(section(file, length=10))
    step = data.preprocessing.steps[0]
    said = "".join(texts.words(step, row.tolist()) for row in data.train.x)

    assert TEXT.replace("\r\n", "\n").startswith(said)
    assert len(data.test) > 0


@pytest.mark.parametrize(
    ("content", "said"), [(b" \n", "is empty"), (b"\0\1\2", "is no text"), (b"one line of text", "too few")]
)
def test_what_is_too_little_or_no_text_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.txt"
    path.write_bytes(content)

    with pytest.raises(DataError, match=said):
        corpus.describe(corpus.look(path, {}))


def test_a_text_that_changed_is_said_so(file: Path) -> None:
    told = section(file)
    file.write_text("shorter", encoding="utf-8")

    with pytest.raises(DataError, match="holds 7 characters by now"):
        prepare(told)
