"""Time series that a person brings: windows in the order of time."""

from pathlib import Path

import pytest
import torch

from studio.compiler.analysis import N, TensorSpec
from studio.data.prepare import context_of, prepare
from studio.data.source import DataError, Place
from studio.data.sources import kind_of, series

ROWS = 60


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "power.csv"
    rows = [f"2020-{i // 28 + 1:02}-{i % 28 + 1:02},{i},{10 * i},text" for i in range(ROWS)]
    path.write_text("\n".join(["date,load,heat,note", *rows]) + "\n", encoding="utf-8")
    return path


def section(path: Path, **told: object) -> dict:
    return {"source": "series", "root": str(path), "reading": series.look(path, told)}


def test_a_series_is_known_by_its_dates(file: Path) -> None:
    assert kind_of(file).name == "series"


def test_looking_finds_the_columns_of_numbers(file: Path) -> None:
    found = series.look(file, {})

    assert (found["columns"], found["targets"]) == (["load", "heat"], ["heat"])
    assert (found["rows"], found["window"], found["horizon"]) == (ROWS, 4, 1)


def test_a_window_tells_what_follows_it(file: Path) -> None:
    told = section(file, window=5, horizon=3, targets=["load", "heat"])

    raw = series.load(Place(file), told["reading"])

    assert raw.x.shape == torch.Size([ROWS - 7, 5, 2])
    assert raw.x[4, :, 0].tolist() == [4, 5, 6, 7, 8]
    assert raw.y[4].tolist() == [9, 90, 10, 100, 11, 110]


def test_the_network_is_given_the_window_and_gives_the_steps_ahead(file: Path) -> None:
    context = context_of(section(file, window=5, horizon=3, targets=["load", "heat"]))

    assert context.inputs == (TensorSpec((N, 5, 2)),)
    assert (context.outputs, context.task) == (6, "regression")


def test_what_comes_later_never_trains(file: Path) -> None:
    data = prepare({**section(file, window=5), "split": {"validation": 0.2, "test": 0.2, "seed": 9}})

    assert data.train.y.max() < data.validation.y.min() < data.validation.y.max() < data.test.y.min()


def test_each_column_is_standardised_by_what_trains(file: Path) -> None:
    data = prepare(section(file, window=5))

    columns = data.train.x.transpose(1, 2).transpose(0, 1).flatten(1)

    torch.testing.assert_close(columns.mean(1), torch.zeros(2), atol=1e-5, rtol=0)
    torch.testing.assert_close(columns.std(1, correction=0), torch.ones(2), atol=1e-5, rtol=0)


def test_each_fold_validates_on_what_follows_what_it_trains_on(file: Path) -> None:
    folds = [prepare({**section(file), "split": {"folds": 3, "fold": k}}) for k in (1, 2, 3)]

    trained = [len(fold.train) for fold in folds]
    assert trained == sorted(trained)
    assert trained[1] == trained[0] + len(folds[0].validation)
    assert len({fold.test.y.sum().item() for fold in folds}) == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((",7,", ",?0.2,"), r"line 9: '\?0\.2' in the column load is no number"),
        (("load", "lot"), "has no column load any more"),
        (("2020-01-02,1,10,text\n", ""), "holds 59 rows by now; it held 60"),
    ],
)
def test_a_file_that_changed_is_said_so(file: Path, change: tuple[str, str], said: str) -> None:
    told = section(file)
    file.write_text(file.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")

    with pytest.raises(DataError, match=said):
        prepare(told)


@pytest.mark.parametrize(
    "change", [{"window": 0}, {"targets": ["none"]}, {"columns": []}, {"window": 59}, {"separator": ""}]
)
def test_a_reading_that_cannot_be_is_refused(file: Path, change: dict) -> None:
    with pytest.raises(DataError, match=r"data\.reading"):
        series.read({**series.look(file, {}), **change})


def test_a_window_may_see_the_dates_as_parts_of_the_calendar(file: Path) -> None:
    told = section(file, window=5, calendar=True)
    steps = [{"type": "dates", "parts": ["month", "weekday"]}, {"type": "standardize", "columns": ["load"]}]
    chosen = {**told, "preprocessing": steps}

    data = prepare(chosen)

    assert told["reading"]["dates"] == "date"
    assert data.feature_names == ("load", "heat", "date: month", "date: weekday")
    assert context_of(chosen).inputs == (TensorSpec((N, 5, 4)),)
    assert data.train.inputs(slice(0, 1))[0, :, 2].tolist() == [1.0] * 5
    assert data.train.inputs(slice(0, 1))[0, :, 3].tolist() == [2.0, 3.0, 4.0, 5.0, 6.0]  # a Wednesday first


def test_without_being_asked_a_window_sees_the_numbers_only(file: Path) -> None:
    assert prepare(section(file, window=5)).feature_names == ("load", "heat")


@pytest.mark.parametrize("month", [["January", "February", "March", "April", "May", "June"], list("123456")])
def test_a_year_and_a_month_that_grow_are_dates(tmp_path: Path, month: list[str]) -> None:
    path = tmp_path / "flights.csv"
    rows = [f"{1950 + i // 6},{month[i % 6]},{100 + i}" for i in range(48)]
    path.write_text("\n".join(["year,month,passengers", *rows]) + "\n", encoding="utf-8")

    assert kind_of(path).name == "series"
    reading = series.look(path, {"calendar": True})
    assert (reading["columns"], reading["dates"], reading["window"]) == (["passengers"], "year-month", 4)
    raw = series.load(Place(path), reading)

    assert raw.x[0].tolist() == [[100, -18262], [101, -18231], [102, -18203], [103, -18172]]


def test_years_and_months_that_come_again_are_no_order_of_time(tmp_path: Path) -> None:
    path = tmp_path / "shops.csv"
    rows = [f"{1950 + i // 12},{i % 12 + 1},{shop},{i}" for shop in "ab" for i in range(48)]
    path.write_text("\n".join(["year,month,shop,sold", *rows]) + "\n", encoding="utf-8")

    assert kind_of(path).name == "table"
