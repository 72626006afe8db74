"""Texts that a person brings: found in tables and folders, cut into words or characters, numbered."""

from collections import Counter
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.compiler.analysis import N, TensorSpec
from studio.compiler.infer import analyse
from studio.data import texts
from studio.data.prepare import context_of, prepare
from studio.data.source import DataError, Place
from studio.data.sources import corpus, kind_of, text
from studio.data.texts import Tokens
from studio.graph.model import Network, Node, ProjectData

GOOD, BAD = "What a fine and lovely thing it is", "What a dull and dreary waste of time"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    rows = [f'{i % 2},"{(BAD, GOOD)[i % 2]}, number {i}!"' for i in range(60)]
    path.write_text("\n".join(["label,review", *rows]) + "\n", encoding="utf-8")
    return path


def section(path: Path, **told: object) -> dict:
    return {"source": "text", "root": str(path), "reading": text.look(path, told)}


def test_a_table_of_texts_is_known_by_its_beginning(file: Path, tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")

    assert kind_of(file).name == "text"
    assert kind_of(numbers).name == "table"


def test_looking_finds_text_classes_and_lengths(file: Path) -> None:
    found = text.look(file, {})

    assert (found["text"], found["target"], found["classes"]) == ("review", "label", ["0", "1"])
    assert (found["by"], found["rows"], found["length"]) == ("words", 60, 12)


def test_the_network_is_given_whole_numbers_of_the_length(file: Path) -> None:
    context = context_of(section(file, length=9, vocabulary=50))

    assert context.inputs == (TensorSpec((N, 9), "int64"),)
    assert (context.outputs, context.vocabulary) == (2, 50)


def test_words_are_numbered_by_how_often_training_has_them(file: Path) -> None:
    data = prepare({**section(file, length=30), "split": {"validation": 0.2, "test": 0.2, "seed": 3}})
    step = data.preprocessing.steps[0]
    raw = texts.read(text.load(Place(file), section(file)["reading"]).x)
    trained = [texts.words(step, row.tolist()) for row in data.train.x]

    cut = Tokens("words", 30, 100)
    whole = {" ".join(cut.cut(line)) for line in raw}
    counts = Counter(token for line in trained for token in line.split(" "))

    assert set(trained) <= whole and len(trained) == 36
    assert [counts[token] for token in step["vocabulary"]] == sorted(counts.values(), reverse=True)
    assert not any("number 59" in line for line in trained) or "59" in step["vocabulary"]


def test_a_word_that_training_has_not_is_unknown(file: Path) -> None:
    step = texts.fit(Tokens("words", 4, 100), texts.stored(["a b c"], 10))

    assert texts.apply(step, texts.stored(["c z a"], 10)).tolist() == [[4, texts.UNKNOWN, 2, texts.PADDING]]


def test_a_chinese_sign_is_a_word() -> None:
    assert Tokens("words", 9, 9).cut("很好吃！Very good, don't") == [
        *("很", "好", "吃", "！", "very", "good", ",", "don't")
    ]


def test_a_file_a_class_is_read_line_by_line(tmp_path: Path) -> None:
    for name, line in (("pos", GOOD), ("neg", BAD)):
        (tmp_path / f"movies.{name}").write_text(f"{line}\n\n" * 5, encoding="latin-1")
    (tmp_path / "README.md").write_text("about", encoding="utf-8")

    told = section(tmp_path)
    raw = text.load(Place(tmp_path), told["reading"])

    assert told["reading"]["classes"] == ["neg", "pos"] and told["reading"]["rows"] == 10
    assert kind_of(tmp_path).name == "text"
    assert texts.read(raw.x) == [BAD] * 5 + [GOOD] * 5
    assert raw.y.tolist() == [0] * 5 + [1] * 5


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("\n1,", "\n7,"), "line 3: '7' is a class that was not there before"),
        (("label", "mark"), "has no column label any more"),
        (("0,", ","), "holds 59 texts by now; it held 60"),
    ],
)
def test_a_file_that_changed_is_said_so(file: Path, change: tuple[str, str], said: str) -> None:
    told = section(file)
    file.write_text(file.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")

    with pytest.raises(DataError, match=said):
        prepare(told)


@pytest.mark.parametrize(
    "change",
    [
        {"length": 0},
        {"vocabulary": 2},
        {"by": "sense"},
        {"classes": ["one"]},
        {"rows": True},
        {"encoding": "x"},
    ],
)
def test_a_reading_that_cannot_be_is_refused(file: Path, change: dict) -> None:
    with pytest.raises(DataError, match=r"data\.reading"):
        text.read({**text.look(file, {}), **change})


def test_an_embedding_with_too_few_rows_is_a_problem_with_a_cure(file: Path) -> None:
    nodes = (
        Node("text", "input"),
        Node("embed", "nn.Embedding", {"num_embeddings": 20, "embedding_dim": 8}, ({"n": "text"},)),
        Node("mean", "torch.mean", {}, ({"n": "embed"}, 1)),
        Node("fc", "nn.Linear", {}, ({"n": "mean"},)),
        Node("y", "output", {}, ({"n": "fc"},)),
    )
    network = Network({node.id: node for node in nodes})
    project = ProjectData("Texts", {"model": network}, {"data": section(file, vocabulary=50)})

    problems = analyse(project, context_of(project.data)).problems

    assert [(problem.code, problem.node) for problem in problems] == [("too-few-words", "embed")]
    assert str(problems[0].cures[0].label) == "Set num_embeddings to 50"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)))
def test_any_text_comes_back_from_its_code_points(some: list[str]) -> None:
    assert texts.read(texts.stored(some, 20)) == some


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_characters_are_all_of_a_text(some: str) -> None:
    points = texts.stored([some], 20)
    step = texts.fit(Tokens("characters", 20, 1000, lower=False), points)

    assert texts.words(step, texts.apply(step, points)[0].tolist()) == some
    assert torch.equal(texts.apply(step, points) > 0, points > 0)


def test_how_texts_are_cut_is_a_step_that_may_be_told(file: Path) -> None:
    step = {"type": "tokens", "by": "characters", "length": 7, "vocabulary": 12, "lower": False}
    chosen = {**section(file), "preprocessing": [step]}

    data = prepare(chosen)

    assert data.train.x.shape[1:] == (7,)
    assert int(data.train.x.max()) < 12
    assert context_of(chosen).inputs == (TensorSpec((N, 7), "int64"),)
    assert context_of(chosen).vocabulary == 12


@given(
    some=st.lists(st.text("ab ", max_size=9), min_size=1, max_size=4),
    last=st.booleans(),
    before=st.booleans(),
    length=st.integers(1, 6),
)
def test_texts_are_cut_off_and_filled_up_at_the_side_that_is_told(
    some: list[str], last: bool, before: bool, length: int
) -> None:
    points = texts.stored(some, 9)
    kept = texts.fit(Tokens(texts.CHARACTERS, 9, 9, last=last, before=before), points)
    whole = texts.apply({**kept, "last": False, "before": False}, points)

    found = texts.apply({**kept, "length": length}, points)

    for row, numbers in zip(found.tolist(), whole.tolist(), strict=True):
        there = [n for n in numbers if n != texts.PADDING]
        there = there[-length:] if last else there[:length]
        empty = [texts.PADDING] * (length - len(there))
        assert row == (empty + there if before else there + empty)


def test_pieces_of_words_are_learned_from_training_texts_and_kept_with_the_run(file: Path) -> None:
    step = {"type": "tokens", "by": "subwords", "length": 30, "vocabulary": 60}

    data = prepare({**section(file), "preprocessing": [step]})

    fitted = data.preprocessing.to_json()["input"][0]
    assert len(fitted["vocabulary"]) <= 58
    assert fitted["merges"]
    first = data.train.inputs(slice(0, 1))[0].tolist()
    assert texts.words(fitted, first) in {GOOD.lower(), BAD.lower()} | {
        f"{what.lower()}, number {i}!" for what in (GOOD, BAD) for i in range(60)
    }


def test_a_long_text_stays_in_characters(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("To be, or not to be, that is the question. " * 30)
    reading = corpus.look(path, {"length": 16})
    chosen = {"source": "corpus", "root": str(path), "reading": reading}

    smaller = {"type": "tokens", "by": "characters", "length": 16, "vocabulary": 9, "lower": False}
    words = {"type": "tokens", "by": "words", "length": 16, "vocabulary": 9}

    assert context_of({**chosen, "preprocessing": [smaller]}).outputs == 9
    with pytest.raises(DataError, match="a long text in pieces of 16 characters stays characters"):
        prepare({**chosen, "preprocessing": [words]})
