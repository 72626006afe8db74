"""The rows of a piece of a table, read by Arrow: columns of numbers or texts, and what is wrong elsewhere."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from studio.data import decoders
from studio.data.table_pieces import Piece, not_written, unreadable, wrong_width
from studio.words import Message

if TYPE_CHECKING:
    import pyarrow
    from numpy.typing import NDArray
    from pandas import DataFrame

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 2
"""items a thread that are taken before what was made of them is asked for"""
_EMPTY, _QUOTED_EMPTY = re.compile(r"\s*"), re.compile(r'\s*("\s*")?\s*')
"""lines that are no rows, not even faulty ones"""


@dataclass(frozen=True, slots=True)
class Rows:
    """The whole rows of a piece, in their `lines`, and what is wrong in which lines with the others.

    `numbers` (rows, columns) has NaN where one is missing; it is None where a field of these columns is no
    number that a float32 holds. `texts` has the other columns that were asked for, and then these too, with
    the lines as its index.
    """

    lines: NDArray[Any]
    faults: Mapping[int, Message]
    texts: DataFrame
    numbers: NDArray[Any] | None = None


def worked(items: Iterable[T], work: Callable[[T], R]) -> Iterator[R]:
    """What `work` makes of each item, in their order; several are worked on at a time, in threads."""
    import pyarrow.csv  # noqa: F401 - before threads do, several at once

    workers = decoders.workers()
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= AHEAD * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def read(
    piece: Piece,
    texts: Sequence[str],
    numbers: Sequence[str] = (),
    missing: Collection[str] = (),
    dtype: str = "float64",
) -> Rows:
    """The columns `texts` and `numbers` of a piece; `missing` stands for no number. Raises DataError."""
    import pandas
    import pyarrow

    names = list(piece.table.names)
    if piece.read is not None:
        frame = pandas.DataFrame(piece.read, columns=names, index=piece.lines, dtype=str)
        assert piece.lines is not None
        return Rows(piece.lines, piece.faults, frame[[*texts, *numbers]])
    if numbers:
        try:
            found, lines, wrong = _parsed(piece, texts, numbers, missing)
            if (values := _matrix(found.select(list(numbers)), dtype)) is not None:
                return Rows(lines, wrong, _frame(found.select(list(texts)), lines), values)
        except pyarrow.ArrowInvalid:
            pass  # a field is no number: it is seen in the texts which
    try:
        found, lines, wrong = _parsed(piece, [*texts, *numbers], (), ())
    except pyarrow.ArrowInvalid as error:
        raise unreadable(piece.table.path, piece.line, str(error)) from None
    return Rows(lines, wrong, _frame(found.select([*texts, *numbers]), lines))


def _parsed(
    piece: Piece, texts: Sequence[str], numbers: Sequence[str], missing: Collection[str]
) -> tuple[pyarrow.Table, NDArray[Any], dict[int, Message]]:
    """The columns, the lines of the rows, what is wrong in other lines. Raises DataError, ArrowInvalid."""
    import numpy as np
    import pyarrow
    from pyarrow import csv

    table, data = piece.table, piece.data
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            line = piece.line + data.count(b"\n", 0, error.start)
            raise not_written(table.path, line, table.form.encoding) from None
    apart: dict[int, Message | None] = {}

    def meet(row: csv.InvalidRow) -> str:
        empty = _QUOTED_EMPTY if table.quoted else _EMPTY
        none = row.actual_columns == 1 and empty.fullmatch(row.text)
        apart[row.number - 1] = None if none else wrong_width(table, row.actual_columns)
        return "skip"

    types = dict.fromkeys(texts, pyarrow.string()) | dict.fromkeys(numbers, pyarrow.float64())
    found = csv.read_csv(
        pyarrow.py_buffer(data),
        csv.ReadOptions(use_threads=False, column_names=list(table.names), block_size=len(data) + 1),
        csv.ParseOptions(
            delimiter=table.form.separator,
            quote_char='"' if table.quoted and b'"' in data else False,  # looking for quotes takes a quarter
            newlines_in_values=piece.lines is not None,
            ignore_empty_lines=True,
            invalid_row_handler=meet,
        ),
        csv.ConvertOptions(
            check_utf8=False,
            column_types=types,
            include_columns=list(types) or list(table.names[:1]),
            null_values=sorted(missing),
            strings_can_be_null=False,
        ),
    )
    lines = _lines(piece, found.num_rows + len(apart))
    wrong = {int(lines[i]): reason for i, reason in apart.items() if reason is not None}
    return found, np.delete(lines, list(apart)) if apart else lines, wrong


def _lines(piece: Piece, rows: int) -> NDArray[Any]:
    """The lines in which the rows begin, whole and others. Raises DataError where there are not as many."""
    import numpy as np

    if piece.lines is not None:
        lines = piece.lines
    elif piece.most == rows:
        lines = np.arange(piece.line, piece.line + rows)
    else:
        breaks = np.flatnonzero(np.frombuffer(piece.data, np.uint8) == ord("\n"))
        lines = piece.line + np.flatnonzero(np.diff(breaks, prepend=-1) > 1)
    if len(lines) != rows:
        raise unreadable(piece.table.path, piece.line, str(Message("its rows cannot be told apart")))
    return lines


def _matrix(columns: pyarrow.Table, dtype: str) -> NDArray[Any] | None:
    """(rows, columns), NaN where one is missing; None where one is no number that a float32 holds."""
    import numpy as np

    found = np.empty(columns.shape, dtype)
    with np.errstate(over="ignore"):
        for i, column in enumerate(columns.columns):
            found[:, i] = column.to_numpy()
        finite = np.count_nonzero(np.isfinite(found.astype(np.float32, copy=False)))
    missing = sum(column.null_count for column in columns.columns)
    return found if finite + missing == found.size else None


def _frame(columns: pyarrow.Table, lines: NDArray[Any]) -> DataFrame:
    import pandas

    frame: DataFrame = columns.to_pandas() if columns.num_columns else pandas.DataFrame(index=lines)
    frame.index = pandas.Index(lines)
    return frame


class Lines:
    """The lines of rows in their order, kept as runs of rows whose lines follow each other."""

    def __init__(self) -> None:
        self._runs: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, lines: NDArray[Any]) -> None:
        """The lines of more rows."""
        import numpy as np

        first = np.flatnonzero(np.diff(lines, prepend=-1) != 1)
        self._runs.append((first + self._count, lines[first]))
        self._count += len(lines)

    def of(self, row: int) -> int:
        """The line of a row, from 0."""
        import numpy as np

        rows, lines = self._joined()
        run = int(np.searchsorted(rows, row, "right")) - 1
        return int(lines[run] + row - rows[run])

    def all(self) -> NDArray[Any]:
        """(rows,) int64."""
        import numpy as np

        rows, lines = self._joined()
        lengths = np.diff(rows, append=self._count)
        found: NDArray[Any] = np.arange(self._count) + np.repeat(lines - rows, lengths)
        return found

    def _joined(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """In which rows runs begin, and in which lines."""
        import numpy as np

        if len(self._runs) > 1:
            rows, lines = zip(*self._runs, strict=True)
            self._runs = [(np.concatenate(rows), np.concatenate(lines))]
        return self._runs[0]
