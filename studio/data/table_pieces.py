"""A table in a text file, taken a piece at a time: rows that are whole, each with its line in the file.

Rows of another width than the first one's, and rows with a zero byte, are faults: never rows. Where a piece
has none, which is seen from its separators and line ends at once, pandas reads it as it is; else it is read
row by row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.data import faults, text_files
from studio.data.faults import Fault, Faults
from studio.data.source import DataError
from studio.data.text_files import Form
from studio.data.watching import Watch, quiet
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

BLOCK = 2**23
"""bytes that are read at a time"""
LARGEST = 3.4028234e38
"""the largest number that a float32 holds"""
LONGEST_ROW = 2**26
"""bytes; a row that is longer is none: a quote in it was never closed"""
_BYTEWISE = ("utf-8", "utf-8-sig", "latin-1")
"""encodings in which no sign holds the byte of a separator or of a line end"""


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is written, and the names of its columns."""

    path: Path
    form: Form
    names: tuple[str, ...]
    quoting: Literal[0, 3]

    @property
    def quoted(self) -> bool:
        return self.quoting != csv.QUOTE_NONE

    @property
    def encoding(self) -> str:
        """Of the pieces; signs of other encodings are turned into this one on the way."""
        return "latin-1" if self.form.encoding == "latin-1" else "utf-8"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows: their bytes as they lie in the file, or fields that were read. `lines` begin at 1."""

    table: Table
    lines: NDArray[Any]
    data: bytes = b""
    read: Sequence[Sequence[str]] | None = None

    def __len__(self) -> int:
        return len(self.lines)

    def texts(self, columns: Sequence[str] | None = None) -> DataFrame:
        """The fields as text, with the lines as the index. Raises DataError."""
        import pandas

        names = list(self.table.names if columns is None else columns)
        if not names:
            return pandas.DataFrame(index=self.lines)
        if self.read is not None:
            frame = pandas.DataFrame(self.read, columns=list(self.table.names), dtype=str)[names]
        else:
            frame = self._parsed(names, dtype=str, na_filter=False)
        frame.index = self.lines
        return frame

    def numbers(
        self, columns: Sequence[str], missing: frozenset[str], dtype: str = "float64"
    ) -> NDArray[Any] | None:
        """The columns (n, columns), NaN where one is missing; None where a field is no number."""
        import numpy as np

        if self.read is not None:
            return None
        try:
            with np.errstate(over="ignore"):  # what is too large for a float32 is seen below
                frame = self._parsed(columns, dtype=np.dtype(dtype), na_values=sorted(missing))
        except ValueError:
            return None
        found: NDArray[Any] = frame.to_numpy()
        most, least = np.fmax.reduce(found, axis=None), np.fmin.reduce(found, axis=None)
        return None if most > LARGEST or least < -LARGEST else found

    def _parsed(self, columns: Sequence[str], **options: Any) -> DataFrame:
        import pandas

        table = self.table
        try:
            frame = pandas.read_csv(
                io.BytesIO(self.data),
                sep=table.form.separator,
                encoding=table.encoding,
                header=None,
                names=range(len(table.names)),
                usecols=sorted(table.names.index(name) for name in columns),
                keep_default_na=False,
                quoting=table.quoting,
                skipinitialspace=True,
                index_col=False,
                **options,
            )
        except UnicodeDecodeError:
            raise self._not_written() from None
        except (pandas.errors.ParserError, pandas.errors.EmptyDataError, csv.Error) as error:
            raise unreadable(table.path, int(self.lines[0]), str(error)) from None
        frame.columns = [table.names[i] for i in frame.columns]
        if len(frame) != len(self.lines):
            raise unreadable(table.path, int(self.lines[0]), str(Message("its rows cannot be told apart")))
        return frame if list(frame.columns) == list(columns) else frame[list(columns)]

    def _not_written(self) -> DataError:
        line = int(self.lines[0])
        try:
            self.data.decode(self.table.encoding)
        except UnicodeDecodeError as error:
            line = int(self.lines[min(self.data.count(b"\n", 0, error.start), len(self.lines) - 1)])
        return not_written(self.table.path, line, self.table.form.encoding)


def not_written(path: Path, line: int, encoding: str) -> DataError:
    place = faults.line(path, line)
    return DataError(
        Message(
            "{place}: it is not written in {encoding}. Choose another encoding.",
            place=place,
            encoding=encoding,
        )
    )


def unreadable(path: Path, line: int, reason: str) -> DataError:
    place = faults.line(path, line)
    return DataError(
        Message("{place}: it is no table that can be read: {reason}", place=place, reason=reason.strip())
    )


def opened(path: Path, form: Form) -> Table:
    """The table in a file of this form, its columns named. Raises DataError."""
    import pandas

    quoting = text_files.quoting_of(path, form.encoding, form.separator)
    head = io.StringIO(text_files.head_of(path, form.encoding).lstrip("\ufeff"))
    written: dict[str, Any] = {"quoting": quoting, "skipinitialspace": True}
    try:
        if form.header:
            frame = pandas.read_csv(head, sep=form.separator, header=0, nrows=0, index_col=False, **written)
            return Table(path, form, _different([str(name).strip() for name in frame.columns]), quoting)
        first = next(filter(any, csv.reader(head, delimiter=form.separator, **written)))
    except (pandas.errors.ParserError, pandas.errors.EmptyDataError, StopIteration, csv.Error) as error:
        raise unreadable(path, 1, str(error) or str(Message("its first line is empty"))) from None
    return Table(path, form, tuple(f"column {i + 1}" for i in range(len(first))), quoting)


def _different(names: Sequence[str]) -> tuple[str, ...]:
    """The names, with a number behind one that was there before."""
    found: list[str] = []
    for name in names:
        same, again = name, 1
        while same in found:
            same, again = f"{name}.{again}", again + 1
        found.append(same)
    return tuple(found)


def pieces(table: Table, met: Faults, watch: Watch = quiet) -> Iterator[Piece]:
    """All rows below the names of the columns, whole ones. Raises DataError at a fault, or gathers it."""
    cutter = _Cutter(table, met)
    with faults.unchanged(table.path):
        for block, share in _blocks(table.path, table.form.encoding):
            if (piece := cutter.take(block, last=False)) is not None and len(piece):
                yield piece
            watch(share)
        if (piece := cutter.take(b"", last=True)) is not None and len(piece):
            yield piece


def _blocks(path: Path, encoding: str) -> Iterator[tuple[bytes, float]]:
    """The bytes of the file, in `Table.encoding`, and how much of it that is."""
    with text_files.opened(path) as file:
        size, done = max(1, path.stat().st_size), 0
        if encoding in _BYTEWISE:
            if encoding == "utf-8-sig":
                file.read(3)
            while block := file.read(BLOCK):
                done += len(block)
                yield block, min(1.0, done / size)
            return
        line = 1
        with io.TextIOWrapper(file, encoding, newline="") as text:
            try:
                while some := text.read(BLOCK):
                    line += some.count("\n")
                    done += len(some)
                    yield some.lstrip("\ufeff").encode(errors="replace"), min(1.0, done / size)
            except UnicodeError:
                raise not_written(path, line, encoding) from None


@dataclass(slots=True)
class _Cutter:
    """Cuts bytes into pieces of whole rows; `rest` is the row that is not whole yet, from `line` on."""

    table: Table
    met: Faults
    rest: bytes = b""
    line: int = 1
    headed: bool = field(default=False)

    def take(self, block: bytes, last: bool) -> Piece | None:
        """The rows that end in what came so far; None where none does."""
        data = self.rest + block
        held = b""
        if data.endswith(b"\r") and not last:  # its line feed may be the next byte
            data, held = data[:-1], b"\r"
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if last and data and not data.endswith(b"\n"):
            data += b"\n"
        piece = self._plain(data, last)
        if piece is None:
            piece = self._row_by_row(data, last)
        self.rest += held
        if len(self.rest) > LONGEST_ROW:
            reason = Message("a quote in it is never closed, or it is longer than any row may be")
            raise unreadable(self.table.path, self.line, str(reason))
        return piece

    def _plain(self, data: bytes, last: bool) -> Piece | None:
        """The rows where all of them are seen to be whole; None where one is not, or cannot be told."""
        import numpy as np

        if b"\0" in data:
            return None
        signs = np.frombuffer(data, np.uint8)
        line_ends = signs == 10
        marks = line_ends | (signs == ord(self.table.form.separator))
        if self.table.quoted and b'"' in data:
            marks &= ~np.logical_xor.accumulate(signs == 34)
        at = np.flatnonzero(marks)
        closing = np.flatnonzero(line_ends[at])
        if not len(closing):
            if last and data.strip():
                return None
            self.rest = b"" if last else data
            return Piece(self.table, np.zeros(0, np.int64))
        ends = at[closing] + 1
        widths = np.diff(closing, prepend=-1)
        starts = np.concatenate([[0], ends[:-1]])
        if last and ends[-1] != len(data):
            return None
        self_lines = self.line + np.searchsorted(np.flatnonzero(line_ends), starts)
        blank = _blank(data, starts, ends, widths)
        skipped = (
            int(np.flatnonzero(~blank)[0]) + 1
            if not self.headed and self.table.form.header and (~blank).any()
            else 0
        )
        if not ((widths == len(self.table.names)) | blank)[skipped:].all():
            return None
        whole = int(ends[-1])
        lines = self_lines[skipped:][~blank[skipped:]]
        begin = int(starts[skipped]) if skipped < len(starts) else whole
        self.headed = self.headed or bool(skipped) or not self.table.form.header
        self.line += data.count(b"\n", 0, whole)
        self.rest = data[whole:]
        return Piece(self.table, lines, data[begin:whole])

    def _row_by_row(self, data: bytes, last: bool) -> Piece:
        """The whole rows, each by itself; the others are faults."""
        import numpy as np

        table = self.table
        try:
            text = data.decode(table.encoding)
        except UnicodeDecodeError as error:
            if last or error.start < data.rfind(b"\n"):
                line = self.line + data.count(b"\n", 0, error.start)
                raise not_written(table.path, line, table.form.encoding) from None
            text = data[: data.rfind(b"\n") + 1].decode(table.encoding)  # a sign is cut in two
        given = text.split("\n")
        complete = [f"{line}\n" for line in given[:-1]]
        reader = csv.reader(
            complete, delimiter=table.form.separator, quoting=table.quoting, skipinitialspace=True
        )
        found: list[tuple[int, list[str]]] = []
        begins = 0
        try:
            for row in reader:
                found.append((begins, row))
                begins = reader.line_num
        except csv.Error as error:
            raise unreadable(table.path, self.line + begins, str(error)) from None
        until = len(complete)
        if not last and found:  # a quote may still be open in it
            until = found.pop()[0]
        rows, lines = [], []
        for begins, row in found:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if not self.headed and table.form.header:
                self.headed = True
                continue
            if (reason := self._wrong(row)) is not None:
                self.met.meet(Fault(faults.line(table.path, self.line + begins), reason))
                continue
            rows.append(row)
            lines.append(self.line + begins)
        self.headed = self.headed or not table.form.header
        self.line += until
        self.rest = (
            b"".join(line.encode(table.encoding) for line in complete[until:]) + data[data.rfind(b"\n") + 1 :]
        )
        return Piece(table, np.array(lines, dtype=np.int64), read=rows)

    def _wrong(self, row: Sequence[str]) -> Message | None:
        expected = len(self.table.names)
        if len(row) != expected:
            return Message("it has {n} fields where {expected} are expected.", n=len(row), expected=expected)
        if any("\0" in value for value in row):
            return Message("it holds a zero byte.")
        return None


def _blank(data: bytes, starts: NDArray[Any], ends: NDArray[Any], widths: NDArray[Any]) -> NDArray[Any]:
    """Which rows are empty lines, or such of spaces."""
    import numpy as np

    found = np.zeros(len(starts), dtype=bool)
    for i in np.flatnonzero((widths == 1) & (ends - starts < 64)).tolist():
        found[i] = not data[starts[i] : ends[i]].strip()
    return found
