"""Texts in files, a folder a class."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.data import texts
from studio.data.prepare import prepare
from studio.data.source import DataError, Place
from studio.data.sources import KINDS, kind_of, text_folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for part, many in (("train", 20), ("test", 6)):
        for i in range(many):
            file = tmp_path / "reviews" / part / ("pos" if i % 2 else "neg") / f"{i}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(
                f"a film of {i} hours,\r\nthat is {'good' if i % 2 else 'bad'}\n", encoding="utf-8"
            )
    return tmp_path / "reviews"


def section(folder: Path, **told: object) -> dict:
    return {"source": "text_folders", "root": str(folder), "reading": text_folders.look(folder, told)}


def test_folders_of_texts_are_told_from_folders_of_images(folder: Path) -> None:
    assert kind_of(folder) is KINDS["text_folders"] and kind_of(folder / "train") is KINDS["text_folders"]


def test_each_file_is_a_text_and_a_test_folder_tests(folder: Path) -> None:
    told = section(folder)
    raw = text_folders.load(Place(folder), told["reading"])
    data = prepare(told)

    assert (told["reading"]["rows"], told["reading"]["test_rows"]) == (20, 6)
    assert told["reading"]["classes"] == ["neg", "pos"]
    assert texts.read(raw.x)[0] == "a film of 0 hours,\nthat is bad" and raw.y.tolist() == [0] * 10 + [1] * 10
    assert (len(data.train) + len(data.validation), len(data.test)) == (20, 6)


@pytest.mark.parametrize(
    ("spoilt", "said"), [(b"", "it is empty"), (b"\xff\xfe\xff", "it is not written in utf-8")]
)
def test_a_file_without_a_text_is_stopped_at_or_skipped(folder: Path, spoilt: bytes, said: str) -> None:
    told = section(folder)
    (folder / "train" / "pos" / "3.txt").write_bytes(spoilt)

    with pytest.raises(DataError, match=rf"train/pos/3\.txt: {said}"):
        prepare(told)
    data = prepare({**told, "reading": {**told["reading"], "faults": "skip"}})
    assert data.faults.count == 1 and len(data.train) + len(data.validation) == 19


def test_one_class_is_none(tmp_path: Path) -> None:
    (tmp_path / "only").mkdir()
    (tmp_path / "only" / "1.txt").write_text("words")

    with pytest.raises(DataError, match="a folder for each class is needed"):
        text_folders.look(tmp_path, {})


def test_a_class_that_was_not_there_is_named(folder: Path) -> None:
    told = section(folder)
    (folder / "train" / "new").mkdir()
    (folder / "train" / "new" / "1.txt").write_text("words")

    with pytest.raises(DataError, match="a class new that was not there"):
        prepare(told)


def test_pages_about_the_texts_are_none_of_them(folder: Path) -> None:
    listed = text_folders.look(folder, {})
    for inside in [folder, *(f for f in folder.rglob("*") if f.is_dir())]:
        (inside / "README.md").write_text("about them", encoding="utf-8")

    assert text_folders.look(folder, {}) == listed
