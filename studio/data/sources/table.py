"""A table in a text file: CSV, TSV and their like, with a column to predict from the others.

A column is a number, one of some values ("category"), or left out. What is read of a row is one float32 a
column that is used: the number, NaN where it is missing, or the place of the value among the column's values.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import text_files
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo, SplitColumn
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from pandas import DataFrame, Series

TITLE = Message("Table (CSV, TSV)")
NUMBER, CATEGORY, LEFT_OUT = "number", "category", "left out"
TYPES = (NUMBER, CATEGORY, LEFT_OUT)
MISSING = frozenset(
    ("", "?", "-", "NA", "N/A", "n/a", "nan", "NaN", "NAN", "NULL", "null", "None", "<NA>", "#N/A")
)
"""what stands where a value is missing"""
MOST_VALUES = 50
"""a column of more values than this is no category by itself; a person may still say so"""
MOST_CLASSES = 20
"""a target of whole numbers has no more values than this if they are classes"""
TARGETS = ("target", "label", "survived", "outcome", "class", "species", "diagnosis", "quality", "price", "y")
KEYS = ("encoding", "separator", "header", "rows", "target", "columns")


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


@dataclass(frozen=True, slots=True)
class Table:
    """`data.reading` of a table, checked."""

    encoding: str
    separator: str
    header: bool
    rows: int
    target: Column
    columns: tuple[Column, ...]

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the network is given."""
        return tuple(c for c in self.columns if c.name != self.target.name and c.type != LEFT_OUT)


# -- looking at a file ---------------------------------------------------------------------------


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """What the file holds; a target and types of columns that are `told` are kept. Raises DataError."""
    form = text_files.form_of(path, told)
    encoding, separator, header = form.encoding, form.separator, form.header
    frame = fields(path, encoding, separator, header)
    if len(frame.columns) < 2:
        raise DataError(
            Message(
                "{path} has one column only; one to predict and one to predict it from are needed. Is it "
                "parted by something else than {separator}?",
                path=path,
                separator=repr(separator),
            )
        )
    target = str(told.get("target") or likely_target(list(frame.columns), path.stem))
    types = {str(c["name"]): str(c["type"]) for c in _mappings(told.get("columns"))}
    columns = [_column(frame[name], types.get(name), name == target) for name in frame.columns]
    missing = next((c.missing for c in columns if c.name == target), 0)
    return {
        "encoding": encoding,
        "separator": separator,
        "header": header,
        "rows": len(frame) - missing,
        "target": target,
        "columns": [column.to_json() for column in columns],
    }


def fields(path: Path, encoding: str, separator: str, header: bool) -> DataFrame:
    """Every field of the file as text. Raises DataError naming the line that has too many fields."""
    import pandas

    with text_files.opened(path) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pandas.errors.ParserWarning)  # it would drop fields
        try:
            frame = pandas.read_csv(
                file,  # opened by us: a name from a project might be an address to pandas
                sep=separator,
                encoding=encoding,
                header=0 if header else None,
                dtype=str,
                keep_default_na=False,
                na_filter=False,
                quoting=text_files.quoting_of(path, encoding, separator),
                skipinitialspace=True,
                index_col=False,
            )
        except pandas.errors.ParserWarning:
            raise DataError(
                Message("{path} has rows with more fields than its first line has names.", path=path)
            ) from None
        except (pandas.errors.ParserError, pandas.errors.EmptyDataError, UnicodeError, csv.Error) as error:
            raise DataError(
                Message("{path} is no table that can be read: {reason}", path=path, reason=str(error).strip())
            ) from None
    frame.columns = [
        str(name).strip() if header else f"column {i + 1}" for i, name in enumerate(frame.columns)
    ]
    if not len(frame):
        raise DataError(Message("{path} has no rows below its first line.", path=path))
    return frame


def likely_target(names: Sequence[str], stem: str) -> str:
    """The column that is most likely to be predicted: by its name, else by the file's, else the last."""
    lower = {name.lower(): name for name in reversed(names)}
    for name in TARGETS:
        if name in lower:
            return lower[name]
    for name in names:
        if name.lower() in stem.lower().replace("-", "_").split("_") or name.lower().endswith("_value"):
            return name
    return names[-1]


def _column(texts: Series[str], told: str | None, target: bool) -> Column:
    """What a column holds, guessed where it is not `told`."""
    import pandas

    name = str(texts.name)
    present = texts[~texts.isin(MISSING)]
    missing = len(texts) - len(present)
    numbers = pandas.to_numeric(present, errors="coerce")
    values = _values(present, numbers)
    if told is None:
        told = _type(numbers, len(values), len(texts), target)
    if told == NUMBER and numbers.isna().any():
        told = _type(numbers, len(values), len(texts), target)  # it was said of another file
    return Column(name, told, tuple(values) if told == CATEGORY else (), missing)


def _values(present: Series[str], numbers: Series[float]) -> list[str]:
    """The different values, numbers by their size."""
    found = present.unique().tolist()
    if numbers.isna().any():
        return sorted(found)
    return sorted(found, key=lambda text: (float(text), text))


def _type(numbers: Series[float], values: int, rows: int, target: bool) -> str:
    if not len(numbers) or (values == 1 and not target):
        return LEFT_OUT
    if numbers.isna().any():
        return CATEGORY if target or values <= min(MOST_VALUES, max(2, rows // 4)) else LEFT_OUT
    whole = bool((numbers == numbers.round()).all())
    if target:
        return CATEGORY if whole and values <= MOST_CLASSES and values < rows // 2 else NUMBER
    counts_up = whole and values == rows and bool((numbers.diff().dropna() == 1).all())
    return LEFT_OUT if counts_up and rows > 2 else NUMBER


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Table:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    columns = tuple(_read_column(entry) for entry in _mappings(reading.get("columns")))
    by_name = {column.name: column for column in columns}
    if len(by_name) != len(columns) or not columns:
        raise _wrong("columns", reading.get("columns"), Message("a list of columns, each with its own name"))
    target = by_name.get(str(reading.get("target")))
    if target is None or target.type == LEFT_OUT:
        raise _wrong("target", reading.get("target"), Message("the name of a column that is not left out"))
    rows = reading.get("rows")
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 1:
        raise _wrong("rows", rows, Message("a whole number from {least}", least=1))
    separator, encoding = reading.get("separator"), reading.get("encoding")
    if not isinstance(separator, str) or len(separator) != 1:
        raise _wrong("separator", separator, Message("a single character"))
    if encoding not in text_files.KNOWN:
        raise _wrong("encoding", encoding, Message("one of {known}", known=", ".join(text_files.ENCODINGS)))
    table = Table(str(encoding), separator, reading.get("header") is True, rows, target, columns)
    if not table.inputs:
        raise DataError(Message("Every column is left out: choose at least one for the network to see."))
    return table


def _mappings(entries: Json) -> list[Mapping[str, Any]]:
    """The mappings among the entries of a list; none of anything else."""
    listed = entries if isinstance(entries, list | tuple) else ()
    return [entry for entry in listed if isinstance(entry, Mapping)]


def _read_column(entry: Mapping[str, Json]) -> Column:
    name, type_ = entry.get("name"), entry.get("type")
    values, missing = entry.get("values", ()), entry.get("missing", 0)
    if not isinstance(name, str) or not name:
        raise _wrong("columns", entry, Message("a column with a name"))
    if type_ not in TYPES:
        raise _wrong(f"columns: {name}", type_, Message("one of {known}", known=", ".join(TYPES)))
    texts = tuple(map(str, values)) if isinstance(values, list | tuple) else ()
    if type_ == CATEGORY and not texts:
        raise _wrong(f"columns: {name}: values", values, Message("a list of texts"))
    return Column(name, str(type_), texts, missing if isinstance(missing, int) else 0)


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that a table is. Raises DataError."""
    table = read(reading)
    classes = table.target.values if table.target.type == CATEGORY else ()
    return SourceInfo(
        name="table",
        title=TITLE,
        description=Message("Rows of a file of your own: numbers and categories."),
        task="classification" if classes else "regression",
        shape=(len(table.inputs),),
        samples=table.rows,
        outputs=len(classes) or 1,
        load=lambda place: load(place, reading),
        class_names=classes,
        feature_names=tuple(column.name for column in table.inputs),
        categories=tuple(column.values for column in table.inputs),
        split_columns=tuple(column.name for column in table.columns if column.name != table.target.name),
        needs_root=True,
    )


# -- reading it ----------------------------------------------------------------------------------


def load(place: Place, reading: Reading) -> Raw:
    """The table's rows that have a target. Raises DataError where the file is not what it was."""
    import numpy as np
    import torch

    table, path = read(reading), place.named(TITLE)
    frame = fields(path, table.encoding, table.separator, table.header)
    lacking = [c.name for c in (*table.inputs, table.target) if c.name not in frame.columns]
    if lacking:
        raise no_column(path, lacking[0])
    first = 2 if table.header else 1
    frame = frame[~frame[table.target.name].isin(MISSING)]
    columns = [_numbers(path, frame[c.name], c, first) for c in table.inputs]
    x = torch.from_numpy(np.stack(columns, 1).astype(np.float32))
    y = torch.tensor(_numbers(path, frame[table.target.name], table.target, first))
    y = y.long() if table.target.type == CATEGORY else y.float().unsqueeze(1)
    return Raw(x, y, column=lambda name: split_column(path, frame, name, first))


def split_column(path: Path, frame: DataFrame, name: str, first: int) -> SplitColumn:
    """A column to split by, with its lines; `first` is that of the first row. Raises DataError."""
    if name not in frame.columns:
        raise no_column(path, name)
    texts = frame[name]
    return SplitColumn(name, texts.mask(texts.isin(MISSING), "").tolist(), (texts.index + first).tolist())


def no_column(path: Path, name: str) -> DataError:
    """What is said of a column that was there when the file was looked at."""
    return DataError(
        Message(
            "{path} has no column {name} any more. Look at the file again in the Data panel.",
            path=path,
            name=name,
        )
    )


def _numbers(path: Path, texts: Series[str], column: Column, first: int) -> Any:
    """A column as float64, NaN where it is missing. Raises DataError naming the line of a wrong value."""
    import numpy as np
    import pandas

    missing = texts.isin(MISSING)
    if column.type == NUMBER:
        numbers = pandas.to_numeric(texts.where(~missing), errors="coerce").to_numpy(
            float, na_value=float("nan")
        )
    else:
        numbers = pandas.Index(column.values).get_indexer(texts).astype(float)
        numbers[numbers < 0] = float("nan")
    bad = np.isnan(numbers) & ~missing.to_numpy()
    if bad.any():
        at = int(bad.argmax())
        raise DataError(
            Message(
                "{path}, line {line}: {value} in the column {column} is no {expected}. Look at the file "
                "again in the Data panel, or mend the line.",
                path=path,
                line=int(texts.index[at]) + first,
                value=repr(texts.iloc[at]),
                column=column.name,
                expected=Message("number") if column.type == NUMBER else Message("value that it had before"),
            )
        )
    return numbers


KIND = FileKind(
    name="table",
    title=TITLE,
    description=Message("Rows of a file of your own: numbers and categories."),
    suffixes=(".csv", ".tsv", ".tab", ".data"),
    look=look,
    describe=describe,
    load=load,
)
