"""The columns of a table go to several inputs: which where, and what is said where that cannot be."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.compiler.analysis import N, TensorSpec
from studio.data import misfits
from studio.data.prepare import context_of, prepare
from studio.data.settings import read
from studio.data.source import DataError
from studio.data.sources import SOURCES, table

_FIELDS = ((20 + i * 7 % 50, "abc"[i % 3], i * 1.5, "mf"[i % 2], "yn"[i % 5 == 0]) for i in range(40))
ROWS = "\n".join(",".join(map(str, fields)) for fields in _FIELDS)
SHARED = [{"name": "numbers"}, {"name": "people", "columns": ["sex", "port"]}]
"""what lies between each other in the file, and its columns that are named by none"""


@pytest.fixture
def section(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "ship.csv"
    path.write_text(f"age,port,fare,sex,target\n{ROWS}\n", encoding="utf-8")
    return {"source": "table", "root": str(path), "reading": table.look(path, {})}


def test_each_input_gets_its_columns_side_by_side(section: dict[str, Any]) -> None:
    context = context_of({**section, "inputs": SHARED})

    assert context.names == ("numbers", "people")
    assert context.inputs == (TensorSpec((N, 2)), TensorSpec((N, 5)))
    assert context.columns == {"numbers": slice(0, 2), "people": slice(2, 7)}
    assert context.whole == TensorSpec((N, 7))


def test_columns_are_fitted_as_those_of_one_input_and_only_moved(section: dict[str, Any]) -> None:
    one, several = prepare(section), prepare({**section, "inputs": SHARED})

    assert one.feature_names == ("age", "port=a", "port=b", "port=c", "fare", "sex=f", "sex=m")
    assert several.feature_names == ("age", "fare", "port=a", "port=b", "port=c", "sex=f", "sex=m")
    places = [one.feature_names.index(name) for name in several.feature_names]
    for part in ("train", "validation", "test"):
        assert torch.equal(getattr(several, part).x, getattr(one, part).x[:, places])
        assert torch.equal(getattr(several, part).y, getattr(one, part).y)


def test_one_input_is_as_if_nothing_was_said(section: dict[str, Any]) -> None:
    context = context_of({**section, "inputs": [{"name": "all", "columns": ["fare"]}]})

    assert context == context_of(section)


NAMES = SOURCES["wine"].feature_names


@given(st.lists(st.sampled_from("abc"), min_size=len(NAMES), max_size=len(NAMES)))
def test_whatever_goes_where_each_column_goes_somewhere_once(to: list[str]) -> None:
    inputs = [{"name": n, "columns": [c for c, t in zip(NAMES, to, strict=True) if t == n]} for n in set(to)]

    found = read({"source": "wine", "inputs": inputs}).info

    assert found.after is not None and sorted(found.after.names) == sorted(NAMES)
    context = context_of({"source": "wine", "inputs": inputs})
    widths = [spec.shape[1] for spec in context.inputs]
    assert widths == ([to.count(str(entry["name"])) for entry in inputs] if len(inputs) > 1 else [len(NAMES)])


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, "data.inputs is {}"),
        ([], "data.inputs is []"),
        (["age"], "a list such as"),
        ([{"name": "a b"}], "ids of Input nodes"),
        ([{"name": "a"}, {"name": "a"}], "ids of Input nodes"),
        ([{"name": "a"}, {"name": "b", "columns": ["ages"]}], "a column: one of age, port, fare, sex"),
        ([{"name": "a"}, {"name": "b", "columns": "age"}], "a list of columns"),
        ([{"name": "a", "columns": ["age"]}, {"name": "b", "columns": ["age"]}], "the column age twice"),
        ([{"name": "a"}, {"name": "b"}], "gives b no column"),
    ],
)
def test_what_cannot_be_is_told_with_its_cure(section: dict[str, Any], inputs: Any, said: str) -> None:
    wrong = {**section, "inputs": inputs}

    with pytest.raises(DataError, match=r"data\.inputs") as error:
        read(wrong)
    assert said in str(error.value)
    refusal = misfits.refusal(wrong)
    assert refusal is not None and refusal.cures[0][1:] == (("data", "inputs"), None)


def test_images_have_no_columns_to_share_out() -> None:
    with pytest.raises(DataError, match="no table"):
        read({"source": "digits", "inputs": SHARED})


@pytest.mark.parametrize("step", [{"type": "pca"}, {"type": "best", "keep": 2}])
def test_a_step_that_mixes_columns_of_several_inputs_is_refused(step: dict[str, Any]) -> None:
    inputs = [{"name": "a"}, {"name": "b", "columns": ["alcohol"]}]
    section = {"source": "wine", "preprocessing": [step], "inputs": inputs}

    with pytest.raises(DataError, match="which column goes to which input"):
        read(section)
    refusal = misfits.refusal(section)
    assert refusal is not None and refusal.cures
