"""Columns of dates: told apart, stored as days since 2000, and made into parts as the calendar has them."""

import datetime
from pathlib import Path

import numpy as np
import pandas
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.data import dates
from studio.data.prepare import context_of, prepare
from studio.data.source import DataError
from studio.data.sources import KINDS
from studio.data.steps import operations

PARTS = ["year", "month", "day", "weekday", "day_of_year", "hour"]


@given(st.lists(st.datetimes(datetime.datetime(1600, 1, 1), datetime.datetime(2400, 1, 1)), min_size=1))
def test_parts_of_dates_are_those_of_the_calendar(moments: list[datetime.datetime]) -> None:
    whole = [
        moment.replace(minute=0, second=0, microsecond=0, hour=moment.hour // 6 * 6) for moment in moments
    ]
    days = [(moment - datetime.datetime(2000, 1, 1)).total_seconds() / 86400 for moment in whole]
    step = {"type": "dates", "dates": [True], "parts": PARTS}

    found = operations.apply([step], torch.tensor(days).unsqueeze(1))

    expected = [[d.year, d.month, d.day, d.weekday(), d.timetuple().tm_yday, d.hour] for d in whole]
    assert found.tolist() == expected


def test_a_missing_date_stays_missing() -> None:
    step = {"type": "dates", "dates": [False, True], "parts": ["year", "hour"]}

    found = operations.apply([step], torch.tensor([[7.0, float("nan")]]))

    assert found[0, 0] == 7
    assert found[0, 1:].isnan().all()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2000-01-01", 0.0),
        ("2000/1/2", 1.0),
        ("1999.12.31", -1.0),
        ("2000-01-01 12:00", 0.5),
        ("2000-01-01T06:00:00Z", 0.25),
        ("2000.01.01 00:00:43.2", 0.0005),
        ("2000-02", 31.0),
        ("2000/2", 31.0),
        ("1990-95", None),
        ("01/02/2000", None),
        ("2000-13-01", None),
        ("2000-01/01", None),
        ("soon", None),
        ("20000101", None),
    ],
)
def test_dates_are_read_in_the_one_order_that_nobody_reads_otherwise(text: str, days: float | None) -> None:
    (found,) = dates.days(pandas.Series([text]))

    assert np.isnan(found) if days is None else found == pytest.approx(days)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    day = datetime.date(2023, 12, 20)
    rows = [f"{day + datetime.timedelta(i)},{i % 3},{'ab'[i % 2]}" for i in range(40)]
    rows[5] = rows[5].replace("2023-12-25", "")
    path = tmp_path / "sales.csv"
    path.write_text("when,number,kind\n" + "\n".join(rows) + "\n")
    return path


def test_a_column_of_dates_is_told_and_given_as_parts(file: Path) -> None:
    reading = KINDS["table"].look(file, {"target": "kind"})
    section = {"source": "table", "root": str(file), "reading": reading, "preprocessing": []}

    data = prepare(section)

    assert reading["columns"][0] == {"name": "when", "type": "date", "missing": 1}
    assert data.feature_names == ("when: year", "when: month", "when: day", "when: weekday", "number")
    assert context_of(section).inputs[0].shape[1:] == (5,)
    assert set(data.train.x[:, 0].tolist()) <= {2023.0, 2024.0}
    assert not data.train.x.isnan().any()


def test_which_parts_of_dates_are_given_can_be_told(file: Path) -> None:
    reading = KINDS["table"].look(file, {"target": "kind"})
    steps = [{"type": "missing", "by": "drop"}, {"type": "dates", "parts": ["weekday"]}]
    section = {"source": "table", "root": str(file), "reading": reading, "preprocessing": steps}

    data = prepare(section)

    assert data.feature_names == ("when: weekday", "number")
    assert data.dropped == 1
    assert len(data.train) + len(data.validation) + len(data.test) == 39


def test_what_is_no_date_is_named_with_its_line(file: Path) -> None:
    reading = KINDS["table"].look(file, {"target": "kind"})
    file.write_text(file.read_text().replace("2023-12-29", "2023-12-99"))

    with pytest.raises(DataError, match="line 11: '2023-12-99' in the column when is no date such as"):
        prepare({"source": "table", "root": str(file), "reading": reading})
