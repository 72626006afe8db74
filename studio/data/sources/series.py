"""A time series in a table: what came, in a window, tells what comes next, one step ahead or several.

What is read of each step is one float32 a column; a sample is a window (length, columns) and, to be
predicted, the steps after it. Earlier windows train, later ones validate, the last ones test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import dates, faults, text_files
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import table
from studio.data.table_columns import no_column
from studio.data.text_files import Form
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

TITLE = Message("Time series (CSV, TSV)")
SENTENCE = Message("Rows in the order of time: a window of them tells the next.")
KEYS = (
    *("encoding", "separator", "header", "rows", "columns", "targets", "window", "horizon"),
    *("dates", "calendar"),
    *faults.KEYS,
)
_DATE = re.compile(r"\d{4}[-/.]\d{1,2}([-/.]\d{1,2})?([ T]\d{1,2}:\d{2}(:\d{2})?)?")
WINDOWS = (24, 12, 4)
"""lengths that are proposed: the longest that the series holds eight times over"""


@dataclass(frozen=True, slots=True)
class TimeSeries:
    """`data.reading` of a series, checked: `window` rows of `columns` tell `horizon` more of `targets`.

    `dates` is a column that the window has besides, as days since 2000; empty for none.
    """

    encoding: str
    separator: str
    header: bool
    rows: int
    columns: tuple[str, ...]
    targets: tuple[str, ...]
    window: int
    horizon: int
    mode: str
    dates: str = ""

    @property
    def seen(self) -> tuple[str, ...]:
        """The columns of a window."""
        return (*self.columns, self.dates) if self.dates else self.columns

    @property
    def samples(self) -> int:
        return self.rows - self.window - self.horizon + 1


def holds_dates(path: Path) -> bool:
    """Whether the first column of a table is of dates that grow, or a year and a month are that.

    Reads its beginning only.
    """
    try:
        head = text_files.head_of(path, text_files.encoding_of(path))
    except DataError:
        return False
    records = text_files.records(head, text_files.separator_of(head))[:-1]  # the last one may be cut off
    if not records:
        return False
    names, *rows = records
    first = [row[0].strip() for row in rows if row]
    if len(first) > 1 and first == sorted(first) and all(_DATE.fullmatch(date) for date in first):
        return True
    places = [names.index(part) for part in dates.parts(names)]
    whole = [row for row in rows if len(row) == len(names)]
    found = [dates.joined([row[place] for place in places]) for row in whole] if places else []
    times = [date for date in found if date is not None]
    return 1 < len(times) == len(found) and all(a < b for a, b in pairwise(times))


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """What the file holds; columns, targets and lengths that are told are kept. Raises DataError."""
    form = text_files.form_of(path, told)
    encoding, separator, header = form.encoding, form.separator, form.header
    met = Faults(faults.SKIP)
    frame = dates.with_joined(table.fields(path, form, met, watch))
    known, said_by_date = _names(told.get("columns")), dates.parts(frame.columns)
    columns = [
        name
        for name in frame.columns
        if (name in known if known else name not in said_by_date and _mostly_numbers(frame[name]))
    ]
    if not columns:
        raise DataError(Message("{path} has no column of numbers to predict.", path=path))
    targets = [name for name in _names(told.get("targets")) if name in columns] or columns[-1:]
    calendar = _calendar(frame, told)
    seen = [*columns, str(calendar["dates"])] if "calendar" in calendar else columns
    good = len(_values(path, frame, seen, met, str(calendar.get("dates", ""))))
    met.mode = faults.mode(told)
    window = next((n for n in WINDOWS if 8 * n <= len(frame)), 1)
    return {
        "encoding": encoding,
        "separator": separator,
        "header": header,
        "rows": good if met.mode == faults.SKIP else len(frame),
        "columns": columns,
        "targets": targets,
        "window": told.get("window") or window,
        "horizon": told.get("horizon") or 1,
        **calendar,
        **met.to_json(),
    }


def _calendar(frame: DataFrame, told: Reading) -> dict[str, Json]:
    """The first column of dates, where there is one, and whether a window is to have it."""
    import numpy as np

    names = (name for name in frame.columns if not np.isnan(dates.days(frame[name])).any())
    found = next(map(str, names), None)
    if found is None:
        return {}
    return {"dates": found, **({"calendar": True} if told.get("calendar") is True else {})}


def _names(value: Json) -> list[str]:
    return [str(name) for name in value] if isinstance(value, list | tuple) else []


def _mostly_numbers(texts: Series[str]) -> bool:
    """Whether a column is of numbers, apart from a few that are to be told when it is read."""
    import pandas

    return bool(pandas.to_numeric(texts, errors="coerce").notna().mean() > 0.9)


def read(reading: Reading) -> TimeSeries:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    numbers = {}
    for key in ("rows", "window", "horizon"):
        value = reading.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _wrong(key, value, Message("a whole number from {least}", least=1))
        numbers[key] = value
    columns, targets = tuple(_names(reading.get("columns"))), tuple(_names(reading.get("targets")))
    if not columns:
        raise _wrong("columns", reading.get("columns"), Message("a list of texts"))
    if not targets or not set(targets) <= set(columns):
        raise _wrong("targets", reading.get("targets"), Message("some of {known}", known=", ".join(columns)))
    encoding, separator = reading.get("encoding"), reading.get("separator")
    if encoding not in text_files.KNOWN:
        raise _wrong("encoding", encoding, Message("one of {known}", known=", ".join(text_files.ENCODINGS)))
    if not isinstance(separator, str) or len(separator) != 1:
        raise _wrong("separator", separator, Message("a single character"))
    series = TimeSeries(
        str(encoding), separator, reading.get("header") is True,
        numbers["rows"], columns, targets, numbers["window"], numbers["horizon"], faults.mode(reading),
        str(reading["dates"]) if reading.get("calendar") is True and reading.get("dates") else "",
    )  # fmt: skip
    if series.samples < 3:
        raise DataError(
            Message(
                "A window of {window} and {horizon} steps ahead do not fit into {rows} rows. Take a shorter "
                "window (data.reading.window).",
                window=series.window,
                horizon=series.horizon,
                rows=series.rows,
            )
        )
    return series


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that a series is. Raises DataError."""
    series = read(reading)
    return SourceInfo(
        name="series",
        title=TITLE,
        description=SENTENCE,
        task="regression",
        shape=(series.window, len(series.seen)),
        samples=series.samples,
        outputs=series.horizon * len(series.targets),
        load=lambda place: load(place, reading),
        feature_names=series.seen,
        dates=(series.dates,) if series.dates else (),
        needs_root=True,
        ordered=True,
        channel=2,
    )


def load(place: Place, reading: Reading) -> Raw:
    """x (N, window, columns), y (N, horizon * targets), float32, in the order of time. Raises DataError."""
    import torch

    series, path = read(reading), place.named(TITLE)
    met = Faults(series.mode)
    form = Form(series.encoding, series.separator, series.header)
    frame = dates.with_joined(table.fields(path, form, met, place.watch))
    values = _values(path, frame, series.seen, met, series.dates)
    if len(values) != series.rows:
        raise DataError(
            Message(
                "{path} holds {n} rows by now; it held {rows} when it was looked at. Choose it again in the "
                "Data panel.",
                path=path,
                n=len(values),
                rows=series.rows,
            )
        )
    steps = torch.from_numpy(values)
    windows = steps[: len(steps) - series.horizon].unfold(0, series.window, 1).transpose(1, 2)
    places = [series.columns.index(name) for name in series.targets]
    ahead = steps[series.window :, places].unfold(0, series.horizon, 1).transpose(1, 2)
    return Raw(windows.contiguous(), ahead.flatten(1).contiguous(), faults=met)


def _values(
    path: Path, frame: DataFrame, columns: Sequence[str], met: Faults, date: str = ""
) -> NDArray[Any]:
    """(rows, columns) float32; of the column `date` days since 2000.

    Raises DataError at what is no number, or leaves the row out.
    """
    import numpy as np
    import pandas

    found = np.empty((len(frame), len(columns)), dtype=np.float32)
    for i, name in enumerate(columns):
        if name not in frame.columns:
            raise no_column(path, name)
        if name == date:
            found[:, i] = dates.days(frame[name])
            continue
        with np.errstate(over="ignore"):
            found[:, i] = pandas.to_numeric(frame[name], errors="coerce").to_numpy(float)
    whole = np.isfinite(found)
    for row in np.flatnonzero(~whole.all(1)).tolist():
        column = columns[int(whole[row].argmin())]
        reason = Message(
            "{value} in the column {column} is no number. A series needs one in every row: fill the gap "
            "in, or leave the column out.",
            value=repr(frame[column].iloc[row]),
            column=column,
        )
        met.meet(Fault(faults.line(path, int(frame.index[row])), reason))
    return found[whole.all(1)]


KIND = FileKind("series", TITLE, SENTENCE, (".csv", ".tsv"), look, describe, load)
