"""A table that a person brings: what is found in it, what is read of it, what is said of bad ones."""

import csv
import io
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from studio.compiler.analysis import N, TensorSpec
from studio.data.prepare import context_of, prepare
from studio.data.source import DataError, Place
from studio.data.sources import table

TEXT = """name,sort,size,weight,price
a1,red,1.5,10,100
a2,blue,,11,120
a3,red,2.5,12,90.5
a4,?,3.5,NA,130
a5,blue,4.5,14,80
a6,red,5.5,15,99
a7,red,6.5,16,101
a8,blue,7.5,17,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "things.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def section(file: Path, **told: object) -> dict:
    return {"source": "table", "root": str(file), "reading": table.look(file, told)}


def test_looking_finds_separator_types_values_and_gaps(file: Path) -> None:
    found = table.look(file, {})

    assert (found["separator"], found["encoding"], found["header"], found["rows"]) == (",", "utf-8", True, 7)
    assert found["target"] == "price"
    assert found["columns"] == [
        {"name": "name", "type": "left out"},
        {"name": "sort", "type": "category", "values": ["blue", "red"], "missing": 1},
        {"name": "size", "type": "number", "missing": 1},
        {"name": "weight", "type": "number", "missing": 1},
        {"name": "price", "type": "number", "missing": 1},
    ]


def test_what_is_told_is_kept(file: Path) -> None:
    found = table.look(file, {"target": "sort", "columns": [{"name": "size", "type": "left out"}]})

    assert found["target"] == "sort" and found["rows"] == 7
    assert context_of({"source": "table", "reading": found}).class_names == ("blue", "red")
    assert found["columns"][2] == {"name": "size", "type": "left out", "missing": 1}


def test_shapes_are_known_without_the_file(file: Path) -> None:
    told = section(file)
    file.unlink()

    context = context_of(told)

    assert context.inputs == (TensorSpec((N, 4)),)
    assert (context.outputs, context.task) == (1, "regression")


def test_rows_become_numbers_as_scikit_learn_makes_them(file: Path) -> None:
    data = prepare({**section(file), "split": {"validation": 0.2, "test": 0.2, "seed": 1}})
    raw = table.load(Place(file), section(file)["reading"])
    kept = [torch.nonzero((raw.y == y).flatten())[0, 0] for y in data.train.y]
    rows = raw.x[torch.stack(kept)].numpy()

    numbers = StandardScaler().fit_transform(SimpleImputer(strategy="median").fit_transform(rows[:, 1:]))
    sort = SimpleImputer(strategy="most_frequent").fit_transform(rows[:, :1])
    categories = OneHotEncoder(categories=[[0, 1]], sparse_output=False).fit_transform(sort)

    assert data.feature_names == ("sort=blue", "sort=red", "size", "weight")
    np.testing.assert_allclose(data.train.x.numpy(), np.hstack([categories, numbers]), atol=1e-6)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_and_separators_are_found(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "表.csv"
    rows = ["城市,人口,类别", *(f"北京{i},{i * 3 % 17}.5,{'好' if i % 2 else '坏'}" for i in range(40))]
    path.write_text("\n".join(rows).replace(",", separator), encoding=encoding)

    found = table.look(path, {})

    assert found["separator"] == separator
    assert [column["name"] for column in found["columns"]] == ["城市", "人口", "类别"]
    assert table.read(found).target.values == ("坏", "好")


def test_a_first_line_that_comes_again_is_no_header(tmp_path: Path) -> None:
    path = tmp_path / "plain.csv"
    path.write_text("ham,x\nspam,y\nham,z\n", encoding="utf-8")

    assert table.look(path, {})["columns"][0]["name"] == "column 1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("1.5", "wide"), "line 2: 'wide' in the column size is no number"),
        (("a3,red", "a3,green"), "line 4: 'green' in the column sort is no value that it had before"),
        (("size", "breadth"), "has no column size any more"),
        (("a6,red,", "a6,red,,,,,,"), "line 7: it has 10 fields where 5 are expected"),
    ],
)
def test_a_file_that_changed_is_named_with_its_place(file: Path, change: tuple[str, str], said: str) -> None:
    told = section(file)
    file.write_text(TEXT.replace(*change, 1), encoding="utf-8")

    with pytest.raises(DataError, match=said) as caught:
        prepare(told)

    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\x89PNG\0\0\0", "is no text"),
        (b"a\n1\n2\n", "has one column only"),
        (b"a,b\n", "has no rows"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=said):
        table.look(path, {})


def test_what_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)

    with pytest.raises(DataError, match="no file that can be read to its end"):
        table.look(pipe, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not there"):
        table.look(tmp_path / "none.csv", {})


@pytest.mark.parametrize(
    "change",
    [
        {"target": "name"},
        {"target": "nobody"},
        {"rows": 0},
        {"separator": ", "},
        {"columns": []},
        {"columns": [{"name": "sort", "type": "colour"}]},
        {"encoding": "rot13"},
        {"colour": 3},
    ],
)
def test_a_reading_that_cannot_be_is_refused(file: Path, change: dict) -> None:
    with pytest.raises(DataError, match=r"data\.reading"):
        table.read({**table.look(file, {}), **change})


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


FIELDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)


@settings(max_examples=60)
@given(st.lists(st.lists(FIELDS, min_size=1, max_size=5), min_size=1, max_size=12), st.sampled_from(",;\t"))
def test_any_table_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: list, sign: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "any.csv"
    text = io.StringIO()
    csv.writer(text, delimiter=sign).writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")
    try:
        found = table.look(path, {})
        raw = table.load(Place(path), found)
    except DataError as error:
        assert "data.reading" in str(error) or str(path) in str(error) or "left out" in str(error)
        return

    assert len(raw.x) == len(raw.y) == found["rows"]
    assert raw.x.shape[1] == len(table.read(found).inputs)
    assert not raw.y.isnan().any()
