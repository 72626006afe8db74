"""What a dropped path is taken for."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
import torch

from studio.data.guessing import Guess, guess
from studio.data.source import DataError, Place
from studio.data.sources import corpus, images, text
from tests.data.test_images import draw

IDX = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    for i in range(24):
        draw(tmp_path / "pets" / ("cat", "dog")[i % 2] / f"{i}.png", seed=i)
    return tmp_path / "pets"


@pytest.fixture
def packed(pets: Path) -> Path:
    file = pets.parent / "pets.zip"
    with zipfile.ZipFile(file, "w") as made:
        for picture in sorted(pets.rglob("*.png")):
            made.write(picture, f"some pets/{picture.relative_to(pets)}")
        made.writestr("__MACOSX/._x.png", b"no picture")
        made.writestr("../outside.png", (pets / "cat/0.png").read_bytes())
    return file


@pytest.mark.parametrize("set_", ["mnist", "fashion_mnist"])
def test_one_of_mnists_four_files_stands_for_all(tmp_path: Path, set_: str) -> None:
    raw = tmp_path / {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}[set_] / "raw"
    raw.mkdir(parents=True)
    for name in IDX:
        (raw / f"{name}-ubyte.gz").write_bytes(gzip.compress(b""))

    assert guess(raw / "train-images-idx3-ubyte.gz") == Guess(set_, raw)
    assert guess(tmp_path) == Guess(set_, tmp_path)
    assert not guess(raw).brought


def test_files_that_differ_in_their_endings_are_classes_of_texts(tmp_path: Path) -> None:
    for ending in ("neg", "pos"):
        (tmp_path / f"films.{ending}").write_text("a line\n" * 9, encoding="utf-8")
    (tmp_path / "README.md").write_text("about them", encoding="utf-8")

    assert guess(tmp_path / "films.neg") == Guess("text", tmp_path)
    assert text.look(tmp_path, {})["classes"] == ["neg", "pos"]


def test_one_picture_stands_for_the_folders_it_lies_among(pets: Path) -> None:
    assert guess(pets / "cat" / "0.png") == Guess("images", pets)

    draw(pets.parent / "alone" / "me.png")
    with pytest.raises(DataError, match=r"me\.png is one image"):
        guess(pets.parent / "alone" / "me.png")


def test_a_folder_with_one_file_is_that_file_and_with_several_tables_none(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("about it", encoding="utf-8")
    (tmp_path / "a.csv").write_text("x,y\n1,2\n3,4\n", encoding="utf-8")
    assert guess(tmp_path) == Guess("table", tmp_path / "a.csv")

    (tmp_path / "b.csv").write_text("x,y\n1,2\n3,4\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.csv, b\.csv"):
        guess(tmp_path)


def test_a_text_of_an_unknown_ending_is_a_long_text_and_a_sound_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "about.names").write_text("It was a dark and stormy night. " * 9, encoding="utf-8")
    (tmp_path / "song.mp3").write_text("la la la " * 9, encoding="utf-8")

    assert guess(tmp_path / "about.names") == Guess("corpus", tmp_path / "about.names")
    with pytest.raises(DataError, match="no kind of file"):
        guess(tmp_path / "song.mp3")


def test_a_short_text_is_cut_into_short_pieces(tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text(
        "zero one two three four five six seven eight nine ten", encoding="utf-8"
    )

    reading = corpus.look(tmp_path / "short.txt", {})

    assert reading["length"] == 6 and corpus.describe(reading).samples == 8


def test_pictures_in_a_zip_file_are_those_of_the_folder(pets: Path, packed: Path) -> None:
    assert guess(packed) == Guess("images", packed)
    reading = images.look(packed, {})

    assert reading == images.look(pets, {})
    ours, theirs = images.load(Place(packed), reading), images.load(Place(pets), reading)
    assert torch.equal(ours.x, theirs.x) and torch.equal(ours.y, theirs.y)


def test_a_zip_file_that_is_none_or_holds_no_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "torn.zip").write_bytes(b"PK\3\4 and no more")
    with zipfile.ZipFile(tmp_path / "texts.zip", "w") as made:
        made.writestr("a.txt", "hello")

    with pytest.raises(DataError, match="cannot be unpacked"):
        images.look(tmp_path / "torn.zip", {})
    with pytest.raises(DataError, match="holds no images"):
        images.look(tmp_path / "texts.zip", {})


def test_stray_quotes_in_a_tab_separated_file_join_no_lines(tmp_path: Path) -> None:
    file = tmp_path / "sms.tsv"
    lines = [f"ham\tmessage number {i} of all that there are" for i in range(20)]
    lines[7] = 'ham\t"well that one begins with a quote'
    lines[12] = 'spam\tand here" is another of them alone'
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")

    assert text.look(file, {})["rows"] == 20

    quoted = tmp_path / "quoted.tsv"
    quoted.write_text('kind\ttext\nham\t"two\nlines"\nspam\t"one"\nham\tx\n', encoding="utf-8")
    assert text.look(quoted, {"text": "text", "target": "kind"})["rows"] == 3
