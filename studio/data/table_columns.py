"""Columns of a table: what each holds, found piece by piece, and what a row becomes: one number a column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import dates, table_rows
from studio.data.source import DataError
from studio.data.table_pieces import Piece
from studio.graph.values import Json
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import Series

NUMBER, CATEGORY, DATE, LEFT_OUT = "number", "category", "date", "left out"
TYPES = (NUMBER, CATEGORY, DATE, LEFT_OUT)
MISSING = frozenset(
    ("", "?", "-", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "NULL", "null", "None", "<NA>", "#N/A")
)
"""what stands where a value is missing"""
MOST_VALUES = 50
"""a column of more values than this is no category by itself; a person may still say so"""
MOST_CLASSES = 20
"""a target of whole numbers has no more values than this if they are classes"""
FAULTY, TOLD_FAULTY = 0.1, 0.5
"""the share of a column's values that may be no numbers where the others are, and where a person says so"""
COUNTED = 100_000
"""different values that are told apart; a column of more is no category"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file. `values` are those of a category, `missing` how many rows have none."""

    name: str
    type: str
    values: tuple[str, ...] = ()
    missing: int = 0

    @property
    def width(self) -> int:
        """How many numbers the network gets of it."""
        return len(self.values) if self.type == CATEGORY else 1

    def to_json(self) -> dict[str, Json]:
        table: dict[str, Json] = {"name": self.name, "type": self.type}
        if self.type == CATEGORY:
            table["values"] = list(self.values)
        if self.missing:
            table["missing"] = self.missing
        return table


@dataclass(slots=True, eq=False)
class Tally:
    """What is known of a column after some pieces. `strange` are lines with what is no number there."""

    name: str
    rows: int = 0
    missing: int = 0
    strange: dict[int, str] = field(default_factory=dict)
    not_numbers: int = 0
    not_dates: int = 0
    different: set[str | float] = field(default_factory=set)
    whole: bool = True
    counts_up: bool = True
    last: float | None = None

    def add_texts(self, texts: Series[str]) -> None:
        """Fields as text, their lines as the index."""
        import numpy as np
        import pandas

        present = texts[~texts.isin(MISSING)]
        numbers = pandas.to_numeric(present, errors="coerce")
        bad = ~_finite(numbers.to_numpy(float))
        self.rows += len(texts)
        self.missing += len(texts) - len(present)
        self.not_numbers += int(bad.sum())
        if self.not_dates == 0 or self.not_dates <= TOLD_FAULTY * self.rows:  # else it is no column of dates
            self.not_dates += int(np.isnan(dates.days(present)).sum())
        if len(self.strange) < COUNTED:
            self.strange.update(zip(present.index[bad].tolist(), present[bad].tolist(), strict=True))
        self._count(present[bad].unique().tolist())
        self._numbers(numbers.to_numpy(float)[~bad])
        self.counts_up = self.counts_up and not self.missing and not self.not_numbers

    def add_numbers(self, numbers: NDArray[Any]) -> None:
        """Fields that are all numbers, or missing: NaN."""
        import numpy as np

        present = numbers[~np.isnan(numbers)]
        self.rows += len(numbers)
        self.missing += len(numbers) - len(present)
        self.counts_up = self.counts_up and not self.missing
        self._numbers(present)

    def _numbers(self, numbers: NDArray[Any]) -> None:
        import numpy as np

        if not len(numbers):
            return
        self.whole = self.whole and bool((numbers == np.round(numbers)).all())
        if self.counts_up:
            steps = np.diff(numbers, prepend=numbers[0] - 1 if self.last is None else self.last)
            self.counts_up = self.whole and bool((steps == 1).all())
        self.last = float(numbers[-1])
        if len(self.different) <= COUNTED:
            # a sample tells that there are many; only few are counted to the end
            some = np.unique(numbers[: 4 * MOST_VALUES])
            self._count((some if len(some) > 2 * MOST_VALUES else np.unique(numbers)).tolist())

    def _count(self, values: Sequence[str | float]) -> None:
        if len(self.different) <= COUNTED:
            self.different.update(values)

    @property
    def mostly_numbers(self) -> bool:
        return self.not_numbers <= FAULTY * (self.rows - self.missing)

    def type(self, told: str | None, target: bool) -> str:
        """What the column is, guessed where it is not `told`, or where it cannot be that."""
        present, bad = self.rows - self.missing, self.not_numbers
        if told == NUMBER and bad > TOLD_FAULTY * present:
            told = None  # it was said of another file
        if told == DATE and (bad < present or self.not_dates > TOLD_FAULTY * present):
            told = None
        if told is not None:
            return told
        values = len(self.different)
        if not present or (values == 1 and not target):
            return LEFT_OUT
        if bad and self.not_dates == 0 and not target:
            return DATE
        if bad:
            few = values <= min(MOST_VALUES, max(2, self.rows // 4))
            if self.mostly_numbers and values > MOST_CLASSES and not (few and not target):
                return NUMBER
            return CATEGORY if target or few else LEFT_OUT
        if target:
            return CATEGORY if self.whole and values <= MOST_CLASSES and values < self.rows // 2 else NUMBER
        return LEFT_OUT if self.counts_up and self.rows > 2 else NUMBER


def values_of(texts: set[str]) -> tuple[str, ...]:
    """The values of a category in their order: numbers by their size."""
    try:
        return tuple(sorted(texts, key=lambda text: (float(text), text)))
    except ValueError:
        return tuple(sorted(texts))


# -- rows as numbers -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbers:
    """Rows as numbers, (n, columns) float32, with their lines, and what is wrong in which other lines."""

    values: NDArray[Any]
    lines: NDArray[Any]
    faults: Mapping[int, Message]


def numbers(piece: Piece, columns: Sequence[Column], target: Column) -> Numbers:
    """The rows of a piece that have a target: NaN where a value is missing. Raises DataError."""
    import numpy as np

    wanted = list(dict.fromkeys((*columns, target)))
    plain = [column.name for column in wanted if column.type == NUMBER]
    others = [column.name for column in wanted if column.type != NUMBER]
    rows = table_rows.read(piece, others, plain, MISSING, "float32")
    bad: dict[int, Message] = {}
    if rows.numbers is not None and not others:
        found = rows.numbers
    else:
        found = np.empty((len(rows.lines), len(wanted)), np.float32)
        if rows.numbers is not None:
            found[:, [i for i, column in enumerate(wanted) if column.type == NUMBER]] = rows.numbers
    for i, column in enumerate(wanted):
        if column.name not in rows.texts:
            continue
        texts = rows.texts[column.name]
        found[:, i], strange = as_numbers(texts, column)
        for row in np.flatnonzero(strange).tolist():
            bad.setdefault(row, no_value(column, str(texts.iloc[row])))
    has_target = ~np.isnan(found[:, wanted.index(target)])
    kept = has_target.copy()
    kept[list(bad)] = False
    wrong = {**rows.faults, **{int(rows.lines[row]): reason for row, reason in bad.items()}}
    order = [wanted.index(column) for column in (*columns, target)]
    values = found if kept.all() else found[kept]
    in_order = values if order == list(range(len(wanted))) else values[:, order]
    return Numbers(in_order, rows.lines[kept], wrong)


def as_numbers(texts: Series[str], column: Column) -> tuple[NDArray[Any], NDArray[Any]]:
    """A column as float64, NaN where it is missing or strange; and where it is strange."""
    import numpy as np
    import pandas

    missing = texts.isin(MISSING).to_numpy()
    if column.type == NUMBER:
        found = (
            pandas.to_numeric(texts.mask(missing), errors="coerce").to_numpy(float, na_value=np.nan).copy()
        )
    elif column.type == DATE:
        found = dates.days(texts.mask(missing, ""))
    else:
        found = pandas.Index(column.values).get_indexer(texts).astype(float)
        found[found < 0] = np.nan
    strange = ~_finite(found) & ~missing
    found[strange] = np.nan
    return found, strange


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    """Which are numbers that a float32 holds."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        found: NDArray[Any] = np.isfinite(values.astype(np.float32))
    return found


def no_value(column: Column, text: str) -> Message:
    """What is said of a field that its column cannot have."""
    return Message(
        "{value} in the column {column} is no {expected}.",
        value=repr(text[:40]),
        column=column.name,
        expected=_EXPECTED.get(column.type, Message("value that it had before")),
    )


_EXPECTED = {NUMBER: Message("number"), DATE: Message("date such as 2024-05-31")}


def mappings(entries: Json) -> list[Mapping[str, Any]]:
    """The mappings among the entries of a list; none of anything else."""
    listed = entries if isinstance(entries, list | tuple) else ()
    return [entry for entry in listed if isinstance(entry, Mapping)]


def no_column(path: Path, name: str) -> DataError:
    """What is said of a column that was there when the file was looked at."""
    return DataError(
        Message(
            "{path} has no column {name} any more. Look at the file again in the Data panel.",
            path=path,
            name=name,
        )
    )
