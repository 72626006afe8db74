"""Splits by a column: groups stay together, nothing later trains, and what the files say holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

from studio.data.prepare import prepare
from studio.data.settings import SplitSettings, read
from studio.data.source import DataError, SplitColumn
from studio.data.sources import KINDS
from studio.data.split_columns import by_group, moments
from studio.data.splits import as_given, in_order

groups = st.lists(st.sampled_from("abcdefghijkl"), min_size=30, max_size=200)
shares = st.sampled_from([0.0, 0.1, 0.2, 0.3])


def column(values: list[str]) -> SplitColumn:
    return SplitColumn("who", values)


def folds_of(split, folds: int, **more: float) -> list:
    return [split(SplitSettings(0.1, more.get("test", 0.2), 3, folds, k + 1)) for k in range(folds)]


# -- groups --------------------------------------------------------------------------------------


@given(groups, shares, shares, st.integers(0, 99))
def test_no_group_is_in_two_parts(names: list[str], validation: float, test: float, seed: int) -> None:
    try:
        parts = by_group(column(names), SplitSettings(validation, test, seed))
    except DataError:
        assert len(set(names)) < 3
        return

    assert torch.cat(parts).sort().values.tolist() == list(range(len(names)))
    found = [{names[i] for i in part.tolist()} for part in parts]
    assert not found[0] & found[1] and not found[0] & found[2] and not found[1] & found[2]
    assert [len(part) > 0 for part in parts] == [True, validation > 0, test > 0]


def test_groups_come_as_near_to_the_shares_as_they_can() -> None:
    names = [str(i // 5) for i in range(1000)]

    train, valid, tested = by_group(column(names), SplitSettings(0.1, 0.2, 0))

    assert (len(train), len(valid), len(tested)) == (700, 100, 200)
    assert by_group(column(names), SplitSettings(0.1, 0.2, 1))[2].tolist() != tested.tolist()
    assert by_group(column(names), SplitSettings(0.1, 0.2, 0))[2].tolist() == tested.tolist()


@given(groups, st.integers(2, 4))
def test_folds_of_groups_are_disjoint_and_as_even_as_scikit_learns(names: list[str], folds: int) -> None:
    try:
        parts = folds_of(lambda split: by_group(column(names), split), folds, test=0.0)
    except DataError:
        assert len(set(names)) < folds
        return

    validated = [{names[i] for i in valid.tolist()} for _, valid, _ in parts]
    assert sum(len(found) for found in validated) == len(set().union(*validated)) == len(set(names))
    sizes = sorted(len(valid) for _, valid, _ in parts)
    theirs = GroupKFold(folds).split(names, groups=names)
    assert sizes == sorted(len(valid) for _, valid in theirs)


def test_too_few_groups_and_a_sample_without_one_are_refused_by_name() -> None:
    with pytest.raises(DataError, match="who has 2 groups; 3 are needed"):
        by_group(column(["a", "b"] * 10), SplitSettings())
    with pytest.raises(DataError, match=r"Nothing stands in the column who \(sample 2\)"):
        by_group(column(["a", " ", "b"]), SplitSettings())


# -- time ----------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 60), min_size=20, max_size=200), shares, shares)
def test_nothing_later_trains(days: list[int], validation: float, test: float) -> None:
    try:
        parts = in_order(len(days), SplitSettings(validation, test), column([str(day) for day in days]))
    except DataError:
        assert len(set(days)) < 20  # too few moments for so many parts
        return

    assert torch.cat(parts).sort().values.tolist() == list(range(len(days)))
    filled = [[days[i] for i in part.tolist()] for part in parts if len(part)]
    assert all(max(before) < min(after) for before, after in pairwise(filled))


@given(st.integers(20, 200), st.integers(2, 6))
def test_folds_in_time_are_scikit_learns(samples: int, folds: int) -> None:
    parts = folds_of(lambda split: in_order(samples, split), folds, test=0.0)

    theirs = TimeSeriesSplit(folds).split(np.zeros((samples, 1)))
    for (train, valid, _), (their_train, their_valid) in zip(parts, theirs, strict=True):
        assert train.tolist() == their_train.tolist()
        assert valid.tolist() == their_valid.tolist()


def test_the_latest_are_tested_in_every_fold_of_time() -> None:
    parts = folds_of(lambda split: in_order(100, split), 3)

    assert all(tested.tolist() == list(range(80, 100)) for _, _, tested in parts)
    assert all(max(train) < min(valid) for train, valid, _ in parts)


@pytest.mark.parametrize(
    "texts",
    [
        ["10", "9", "100"],
        ["2024-01-02", "2024-01-01", "2024-02-01"],
        ["02.01.2024", "01.01.2024", "13.01.2024"],
        ["2024-01-02 10:00", "2024-01-02 09:59", "2024-01-02 10:01"],
    ],
)
def test_times_are_numbers_or_dates(texts: list[str]) -> None:
    assert np.argsort(moments(column(texts))).tolist() == [1, 0, 2]


def test_what_is_no_time_is_told_with_its_place() -> None:
    with pytest.raises(DataError, match=r"'soon' in the column who \(line 7\) is no time"):
        moments(SplitColumn("who", ["2024-01-01", "soon"], [6, 7]))


# -- given ---------------------------------------------------------------------------------------


def test_parts_that_the_files_tell_hold_and_the_others_are_drawn() -> None:
    said = ["train", "Test", "dev"] * 10

    train, valid, tested = as_given(column(said), None, SplitSettings())
    assert sorted(tested.tolist()) == list(range(1, 30, 3))
    assert sorted(valid.tolist()) == list(range(2, 30, 3))
    assert sorted(train.tolist()) == list(range(0, 30, 3))

    two = ["train", "test"] * 20
    train, valid, tested = as_given(column(two), None, SplitSettings(0.1))
    assert (len(train), len(valid), len(tested)) == (18, 2, 20)


def test_folds_of_a_given_split_never_touch_what_is_given_for_testing() -> None:
    said = ["train", "test", "val", "train"] * 10
    parts = folds_of(lambda split: as_given(column(said), None, split), 5)

    assert all(sorted(tested.tolist()) == list(range(1, 40, 4)) for _, _, tested in parts)
    validated = sorted(i for _, valid, _ in parts for i in valid.tolist())
    assert validated == [i for i in range(40) if i % 4 != 1]


def test_an_unknown_part_is_told_with_its_place() -> None:
    with pytest.raises(DataError, match=r"'holdout' in the column who \(line 3\) is no part"):
        as_given(SplitColumn("who", ["train", "holdout"], [2, 3]), None, SplitSettings())


# -- from files ----------------------------------------------------------------------------------


@pytest.fixture
def plants(tmp_path: Path) -> dict:
    lines = ["height,plot,day,part,kind"]
    for i in range(60):
        part = "test" if i % 6 == 0 else "train"
        lines.append(
            f"{i * 0.5},{'abcdef'[i % 6]},2024-{1 + i // 28:02}-{1 + i % 28:02},{part},{'xy'[i % 2]}"
        )
    path = tmp_path / "plants.csv"
    path.write_text("\n".join(lines))
    reading = KINDS["table"].look(path, {"target": "kind"})
    return {"source": "table", "root": str(path), "reading": reading, "preprocessing": []}


def heights(plants: dict, part: str, **split: object) -> list[float]:
    prepared = prepare({**plants, "split": split})
    return sorted((getattr(prepared, part).x[:, 0] * 2).tolist())


def test_a_table_is_split_by_the_columns_it_names(plants: dict) -> None:
    assert heights(plants, "test", by="given", given="part") == list(range(0, 60, 6))
    assert heights(plants, "test", by="time", time="day") == list(range(54, 60))
    assert {h % 6 for h in heights(plants, "test", by="group", group="plot")} & {
        h % 6 for h in heights(plants, "train", by="group", group="plot")
    } == set()


def test_equal_fingerprints_mean_equal_parts(plants: dict) -> None:
    def mark(**split: object) -> str:
        return prepare({**plants, "split": split}).fingerprint

    marks = [mark(), mark(by="random"), mark(by="group", group="plot"), mark(by="group", group="day")]
    assert len(set(marks)) == 4
    text = Path(plants["root"]).read_text()
    before = mark(by="given", given="part")
    assert text.count("2.5,f,2024-01-06,train") == 1
    Path(plants["root"]).write_text(text.replace("2.5,f,2024-01-06,train", "2.5,f,2024-01-06,test"))
    assert mark(by="given", given="part") != before


@pytest.mark.parametrize(
    ("split", "text"),
    [
        (
            {"by": "luck"},
            "data.split.by is 'luck'; expected is one of random, stratified, group, time, given",
        ),
        ({"by": "group"}, "data.split.group is None; expected is a column: one of height, plot, day, part"),
        ({"by": "time", "time": "kind"}, "data.split.time is 'kind'"),
    ],
)
def test_a_split_that_cannot_be_is_refused_by_name(plants: dict, split: dict, text: str) -> None:
    with pytest.raises(DataError) as error:
        read({**plants, "split": split})
    assert text in str(error.value)


def test_data_without_columns_cannot_be_split_by_one() -> None:
    with pytest.raises(DataError, match="needs a column of the file"):
        read({"source": "iris", "split": {"by": "group", "group": "plot"}})
    with pytest.raises(DataError, match="no classes to share out"):
        read({"source": "diabetes", "split": {"by": "stratified"}})


def test_texts_of_a_table_are_split_by_its_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "reviews.csv"
    rows = [
        f"this is the review number {i} of all,{'good' if i % 2 else 'bad'},{'test' if i < 8 else 'train'}"
        for i in range(40)
    ]
    path.write_text("\n".join(["text,label,part", *rows]))
    reading = KINDS["text"].look(path, {})
    assert reading["others"] == ["part"]

    found = prepare(
        {"source": "text", "root": str(path), "reading": reading, "split": {"by": "given", "given": "part"}}
    )

    assert (len(found.train), len(found.validation), len(found.test)) == (29, 3, 8)


def pictures(folder: Path, part: str, count: int) -> None:
    for name in ("cat", "dog"):
        for i in range(count):
            file = folder / part / name / f"{i % 2}" / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (4, 4), len(part) * 10 + i).save(file)


def test_a_folder_of_images_for_validation_validates(tmp_path: Path) -> None:
    for part, count in (("train", 6), ("val", 3), ("test", 2)):
        pictures(tmp_path, part, count)
    reading = KINDS["images"].look(tmp_path, {})
    section = {"source": "images", "root": str(tmp_path), "reading": reading, "preprocessing": []}

    found = prepare(section)

    assert [len(part) for part in (found.train, found.validation, found.test)] == [12, 6, 4]
    assert (found.validation.x * 255).round().max() == 32
    by_folder = prepare({**section, "split": {"by": "group", "group": "folder"}})
    assert sorted(len(part) for part in (by_folder.train, by_folder.validation)) == [2, 16]
