"""Tables in Parquet files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pytest

from studio.data.prepare import prepare
from studio.data.source import DataError, Place
from studio.data.sources import KINDS, kind_of, parquet, table


def frame() -> pandas.DataFrame:
    rng = np.random.default_rng(0)
    return pandas.DataFrame(
        {
            "size": np.where(np.arange(60) % 7, rng.normal(size=60), np.nan),
            "sort": [("red", "blue", None)[i % 3] for i in range(60)],
            "sold": np.arange(60) % 2 == 0,
            "price": np.arange(60) * 1.25,
        }
    )


def test_it_is_the_table_that_a_text_file_would_be(tmp_path: Path) -> None:
    frame().to_parquet(tmp_path / "t.parquet")
    frame().to_csv(tmp_path / "t.csv", index=False)
    ours, theirs = parquet.look(tmp_path / "t.parquet", {}), table.look(tmp_path / "t.csv", {})

    assert kind_of(tmp_path / "t.parquet") is KINDS["parquet"]
    assert (ours["rows"], ours["target"], ours["columns"]) == (
        theirs["rows"], theirs["target"], theirs["columns"],
    )  # fmt: skip
    raw = parquet.load(Place(tmp_path / "t.parquet"), ours)
    same = table.load(Place(tmp_path / "t.csv"), theirs)
    np.testing.assert_array_equal(raw.x, same.x)
    np.testing.assert_array_equal(raw.y, same.y)


def test_an_infinite_number_is_stopped_at_or_skipped(tmp_path: Path) -> None:
    made = frame()
    made.to_parquet(tmp_path / "t.parquet")
    told = {"source": "parquet", "root": str(tmp_path / "t.parquet")}
    told["reading"] = parquet.look(tmp_path / "t.parquet", {})
    made.loc[8, "size"] = np.inf
    made.to_parquet(tmp_path / "t.parquet")

    with pytest.raises(DataError, match="row 9: 'inf' in the column size is no number"):
        prepare(told)
    assert prepare({**told, "reading": {**told["reading"], "faults": "skip"}}).faults.count == 1


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more", b"a,b\n1,2\n"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)

    with pytest.raises(DataError, match=r"t\.parquet"):
        parquet.look(tmp_path / "t.parquet", {})
