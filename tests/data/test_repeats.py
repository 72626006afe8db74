"""Samples that come again, left out before anything is split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest
import torch

from studio.data.prepare import Prepared, prepare
from studio.data.repeats import first_of_each
from studio.data.rows import Stored
from studio.data.source import DataError
from studio.data.sources import KINDS


@pytest.fixture
def frame() -> pandas.DataFrame:
    random = np.random.default_rng(0)
    return pandas.DataFrame(
        {"a": random.integers(0, 9, 300), "b": random.integers(0, 9, 300), "y": range(300)}
    )


@pytest.fixture
def file(tmp_path: Path, frame: pandas.DataFrame) -> Path:
    frame.to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def prepared(file: Path, **more: object) -> Prepared:
    reading = KINDS["table"].look(file, {"columns": [{"name": n, "type": "number"} for n in "aby"]})
    section = {"source": "table", "root": str(file), "reading": reading, "preprocessing": [], **more}
    return prepare(section)


def test_the_first_of_each_is_what_pandas_keeps(frame: pandas.DataFrame) -> None:
    x = torch.tensor(frame[["a", "b"]].to_numpy(), dtype=torch.float32)
    expected = (~frame[["a", "b"]].duplicated()).tolist()

    assert first_of_each(x).tolist() == expected
    assert first_of_each(Stored(x, torch.arange(300))).tolist() == expected


def test_no_inputs_are_in_two_parts_or_twice_in_one(file: Path, frame: pandas.DataFrame) -> None:
    data = prepared(file, duplicates="drop")
    rows = torch.cat([part.x for part in (data.train, data.validation, data.test)])

    assert len(rows) == len(torch.unique(rows, dim=0)) == len(frame[["a", "b"]].drop_duplicates())
    assert data.dropped == 300 - len(rows)


def test_what_stays_lies_in_the_part_where_it_was(file: Path) -> None:
    before, after = prepared(file), prepared(file, duplicates="drop")

    assert torch.isin(after.train.y, before.train.y).all() and torch.isin(after.test.y, before.test.y).all()
    assert before.dropped == 0 and before.fingerprint != after.fingerprint
    assert before.fingerprint == prepared(file, duplicates="keep").fingerprint


def test_a_part_that_would_be_empty_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,y\n" + "".join(f"1,2,{i}\n" for i in range(60)), encoding="utf-8")

    with pytest.raises(DataError, match="none is left for"):
        prepared(tmp_path / "t.csv", duplicates="drop")


def test_a_series_keeps_every_sample_and_says_so(tmp_path: Path) -> None:
    lines = [f"2020-01-{day:02},{day % 3}" for day in range(1, 31)]
    (tmp_path / "s.csv").write_text("day,value\n" + "\n".join(lines) + "\n", encoding="utf-8")
    reading = KINDS["series"].look(tmp_path / "s.csv", {})
    section = {"source": "series", "root": str(tmp_path / "s.csv"), "reading": reading}

    with pytest.raises(DataError, match="follow each other"):
        prepare({**section, "duplicates": "drop"})
    with pytest.raises(DataError, match="keep, drop"):
        prepare({**section, "duplicates": "most"})
