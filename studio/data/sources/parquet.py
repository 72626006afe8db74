"""A table in a Parquet file, read a column at a time.

Columns have types of their own there: nothing is guessed but which is predicted and what are categories.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import faults, text_files
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import table
from studio.data.table_columns import (
    CATEGORY,
    MISSING,
    NUMBER,
    Column,
    Tally,
    as_numbers,
    mappings,
    no_column,
    no_value,
    values_of,
)  # fmt: skip
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import Series

TITLE = Message("Table (Parquet)")
SENTENCE = Message("Rows of a Parquet file of your own: numbers and categories.")
KEYS = ("rows", "target", "columns", *faults.KEYS)


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """What the file holds; a target and types of columns that are `told` are kept. Raises DataError."""
    names = _names(path)
    if len(names) < 2:
        raise DataError(
            Message("{path} has one column only; one to predict from the others is needed.", path=path)
        )
    target = str(told.get("target") or table.likely_target(names, path.stem))
    types = {str(c["name"]): str(c["type"]) for c in mappings(told.get("columns"))}
    columns, rows = [], 0
    for at, name in enumerate(names):
        watch(at / len(names))
        found = _column(path, name)
        tally = Tally(name)
        if _plain(found):
            tally.add_numbers(_floats(found))
        else:
            tally.add_texts(_texts(found))
        type_ = tally.type(types.get(name), name == target)
        values = values_of(set(_texts(found).unique().tolist()) - MISSING) if type_ == CATEGORY else ()
        columns.append(Column(name, type_, values, tally.missing))
        rows = tally.rows
    missing = next((c.missing for c in columns if c.name == target), 0)
    return {
        "rows": rows - missing,
        "target": target,
        "columns": [column.to_json() for column in columns],
        **({"faults": faults.SKIP} if faults.mode(told) == faults.SKIP else {}),
    }


def _read(path: Path, columns: list[str] | None) -> Any:
    """What pandas gives. Raises DataError."""
    import pandas

    with text_files.opened(path) as file:
        try:
            return pandas.read_parquet(file, columns=columns)
        except Exception as error:  # noqa: BLE001 - what spoilt words about the columns lead to may be any
            said = str(error).splitlines()
            raise DataError(
                Message(
                    "{path} is no Parquet file that can be read: {reason}",
                    path=path,
                    reason=said[0] if said else type(error).__name__,
                )
            ) from None


def _names(path: Path) -> list[str]:
    from pyarrow import parquet

    with text_files.opened(path) as file:
        try:
            return [str(name) for name in parquet.ParquetFile(file).schema_arrow.names]
        except Exception:  # noqa: BLE001 - said by the reading of it
            return list(map(str, _read(path, None).columns))


def _column(path: Path, name: str) -> Series[Any]:
    frame = _read(path, [name])
    if name not in frame.columns:
        raise no_column(path, name)
    found: Series[Any] = frame[name].reset_index(drop=True)
    found.index = found.index + 1
    return found


def _plain(found: Series[Any]) -> bool:
    from pandas.api import types

    return types.is_numeric_dtype(found.dtype) and not types.is_bool_dtype(found.dtype)


def _floats(found: Series[Any]) -> NDArray[Any]:
    import numpy as np

    floats: NDArray[Any] = found.to_numpy(float, na_value=np.nan)
    return floats


def _texts(found: Series[Any]) -> Series[str]:
    """The values as text, whole numbers without a point, "" where one is missing."""
    if _plain(found):
        floats = found.astype(float)
        whole = bool((floats.dropna() == floats.dropna().round()).all())
        return found.map(lambda v: "" if v != v or v is None else str(int(v)) if whole else repr(float(v)))
    return found.astype(object).where(found.notna(), "").astype(str)


def _as_table(reading: Reading) -> dict[str, Json]:
    """The reading as one of a text file, which is checked alike."""
    return {**reading, "encoding": "utf-8", "separator": ",", "header": True}


def describe(reading: Reading) -> SourceInfo:
    """The source that a Parquet table is. Raises DataError."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    return replace(
        table.describe(_as_table(reading)),
        name="parquet",
        title=TITLE,
        description=SENTENCE,
        load=lambda place: load(place, reading),
        split_columns=(),
    )


def load(place: Place, reading: Reading) -> Raw:
    """The table's rows that have a target. Raises DataError where the file is not what it was."""
    import numpy as np
    import torch

    said, path = table.read(_as_table(reading)), place.named(TITLE)
    met = Faults(said.mode)
    y, strange = _numbers(_column(path, said.target.name), said.target)
    x = np.empty((len(y), len(said.inputs)), dtype=np.float32)
    bad = dict(strange)
    for at, column in enumerate(said.inputs):
        place.watch(at / len(said.inputs))
        numbers, strange = _numbers(_column(path, column.name), column)
        if len(numbers) != len(y):
            raise faults.changed(path)
        x[:, at] = numbers
        bad = {**strange, **bad}
    for row in sorted(bad):
        met.meet(Fault(Message("{path}, row {row}", path=path, row=row + 1), bad[row]))
    kept = ~np.isnan(y)
    kept[list(bad)] = False
    if not kept.any():
        raise DataError(Message("{path} has no row without a fault.", path=path))
    rows = np.flatnonzero(kept)
    wanted = torch.from_numpy(y[kept])
    return Raw(
        torch.from_numpy(x if kept.all() else x[kept]),
        wanted.long() if said.target.type == CATEGORY else wanted.float().unsqueeze(1),
        place=lambda sample: Message("{path}, row {row}", path=path, row=int(rows[sample]) + 1),
        faults=met,
    )


def _numbers(found: Series[Any], column: Column) -> tuple[NDArray[Any], dict[int, Message]]:
    """A column as float64, NaN where one is missing, and what is wrong with which rows (from 0)."""
    import numpy as np

    if column.type == NUMBER and _plain(found):
        numbers = _floats(found)
        strange = np.isinf(numbers)
    else:
        numbers, strange = as_numbers(_texts(found), column)
    return numbers, {int(i): no_value(column, str(found.iloc[int(i)])) for i in np.flatnonzero(strange)}


KIND = FileKind("parquet", TITLE, SENTENCE, (".parquet", ".pq"), look, describe, load)
