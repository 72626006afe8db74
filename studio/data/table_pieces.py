"""A table in a text file, cut into pieces of whole rows, each with its first line in the file.

Where rows end is seen from line ends and quotes at once; what a piece holds is read by `table_rows`. Where
the quotes do not say it, and where there are zero bytes, rows are told apart one by one here. Rows of another
width than the first one's, and rows with a zero byte, are faults: never rows.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio.data import faults, text_files
from studio.data.source import DataError
from studio.data.text_files import Form
from studio.data.watching import Watch, quiet
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 2**21
"""bytes that are read at a time"""
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
    def one_by_one(self) -> bool:
        """Whether all rows are told apart one by one: an empty line may be one, or fields end in no byte."""
        return len(self.names) == 1 or not self.form.separator.isascii() or self.form.separator in '"\r\n'


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of the file from `line` (from 1) on that end where a row ends, in UTF-8; empty ones among them.

    No field begins with a space unless it is quoted. `lines` are those in which the rows begin, where a row
    has several. Or the fields of rows that were told apart, `read`, with their lines, and what is wrong in
    which lines with the others, `faults`. There are no more rows than `most`.
    """

    table: Table
    line: int
    most: int
    data: bytes = b""
    lines: NDArray[Any] | None = None
    read: Sequence[Sequence[str]] | None = None
    faults: Mapping[int, Message] = field(default_factory=dict)


def wrong_width(table: Table, fields: int) -> Message:
    """What is said of a row with another number of fields than the table has."""
    return Message("it has {n} fields where {expected} are expected.", n=fields, expected=len(table.names))


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


def pieces(table: Table, watch: Watch = quiet) -> Iterator[Piece]:
    """All that is below the names of the columns. Raises DataError."""
    cutter = _Cutter(table)
    with faults.unchanged(table.path):
        for block, share in _blocks(table, cutter):
            yield from cutter.take(block, last=False)
            watch(share)
        yield from cutter.take(b"", last=True)


def _blocks(table: Table, cutter: _Cutter) -> Iterator[tuple[bytes, float]]:
    """The bytes of the file in UTF-8, more at a time for a long row, and how much of the file that is."""
    encoding = table.form.encoding
    with text_files.opened(table.path) as file:
        size, done = max(1, table.path.stat().st_size), 0
        if encoding in _BYTEWISE:
            if encoding == "utf-8-sig":
                file.read(3)
            while block := file.read(max(BLOCK, len(cutter.rest))):
                done += len(block)
                plain = encoding != "latin-1" or block.isascii()
                yield block if plain else block.decode(encoding).encode(), min(1.0, done / size)
            return
        line = 1
        with io.TextIOWrapper(file, encoding, newline="") as text:
            try:
                while some := text.read(max(BLOCK, len(cutter.rest))):
                    line += some.count("\n")
                    done += len(some)
                    yield some.lstrip("\ufeff").encode(errors="replace"), min(1.0, done / size)
            except UnicodeError:
                raise not_written(table.path, line, encoding) from None


class _Cutter:
    """Cuts bytes into pieces of whole rows; `rest` is the row that is not whole yet, from `line` on."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rest = b""
        self.line = 1
        self.headed = not table.form.header
        sign = re.escape(table.form.separator.encode())
        self._spaces = re.compile(rb"(?<![^%s\n]) +" % sign)
        self._spaces_or_quoted = re.compile(rb'("[^"]*")|(?<![^%s\n]) +' % sign)

    def take(self, block: bytes, last: bool) -> Iterator[Piece]:
        """The rows that end in what came so far, as a piece; nothing where none does."""
        data = self.rest + block if self.rest else block
        held = b""
        if data.endswith(b"\r") and not last:  # its line feed may be the next byte
            data, held = data[:-1], b"\r"
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if last and data and not data.endswith(b"\n"):
            data += b"\n"
        piece = None
        if not self.table.one_by_one and b"\0" not in data:
            piece = self._at_once(data, last)
        if piece is None:
            piece = self._row_by_row(data, last)
        self.rest += held
        if len(self.rest) > LONGEST_ROW:
            reason = Message("a quote in it is never closed, or it is longer than any row may be")
            raise unreadable(self.table.path, self.line, str(reason))
        if piece.most or piece.faults:
            yield piece

    def _at_once(self, data: bytes, last: bool) -> Piece | None:
        """The rows as they lie in the file; None where the quotes do not say where they end."""
        table = self.table
        quoted = table.quoted and b'"' in data
        whole = _end_of_rows(data) if quoted else data.rfind(b"\n") + 1
        if last and whole != len(data):
            return None
        rows = self._unspaced(data[:whole], quoted)
        if quoted and not _quotes_open_fields(rows, table.form.separator):
            return None
        begin, headed = 0, self.headed
        while not headed and begin < len(rows):
            end = _end_of_row(rows, begin, quoted)
            begin, headed = end, bool(rows[begin:end].strip())
        line = self.line + rows.count(b"\n", 0, begin)
        rows = rows[begin:] if begin else rows
        lines = _lines_of_rows(rows) if quoted else None
        most = _line_ends(rows)
        self.headed, self.rest, self.line = headed, data[whole:], line + most
        if not rows or rows.isspace():
            return Piece(table, line, 0)
        return Piece(table, line, most, rows, None if lines is None else line + lines)

    def _unspaced(self, rows: bytes, quoted: bool) -> bytes:
        """Without the spaces that fields begin with."""
        if b" " not in rows or not _space_begins_field(rows, self.table.form.separator):
            return rows
        return self._spaces_or_quoted.sub(rb"\1", rows) if quoted else self._spaces.sub(b"", rows)

    def _row_by_row(self, data: bytes, last: bool) -> Piece:
        """The whole rows, each by itself; the others are faults."""
        import numpy as np

        table = self.table
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            if last or error.start < data.rfind(b"\n"):
                line = self.line + data.count(b"\n", 0, error.start)
                raise not_written(table.path, line, table.form.encoding) from None
            text = data[: data.rfind(b"\n") + 1].decode()  # a sign is cut in two
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
        rows, lines, wrong = [], [], {}
        for begins, row in found:
            if not row or (len(row) == 1 and not row[0].strip()):
                continue
            if not self.headed:
                self.headed = True
                continue
            if (reason := self._wrong(row)) is not None:
                wrong[self.line + begins] = reason
                continue
            rows.append(row)
            lines.append(self.line + begins)
        line, self.line = self.line, self.line + until
        self.rest = b"".join(line.encode() for line in complete[until:]) + data[data.rfind(b"\n") + 1 :]
        return Piece(table, line, len(rows), lines=np.array(lines, dtype=np.int64), read=rows, faults=wrong)

    def _wrong(self, row: Sequence[str]) -> Message | None:
        if len(row) != len(self.table.names):
            return wrong_width(self.table, len(row))
        if any("\0" in value for value in row):
            return Message("it holds a zero byte.")
        return None


def _line_ends(data: bytes) -> int:
    """How many there are; bytes.count takes three times as long where they are many."""
    import numpy as np

    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == ord("\n")))


def _end_of_row(data: bytes, begin: int, quoted: bool) -> int:
    """Where the row ends that begins at `begin`: behind a line end that is not quoted."""
    end = data.index(b"\n", begin)
    while quoted and data.count(b'"', begin, end) % 2:
        end = data.index(b"\n", end + 1)
    return end + 1


def _end_of_rows(data: bytes) -> int:
    """Behind the last line end that is not quoted; 0 where there is none."""
    import numpy as np

    end = data.rfind(b"\n") + 1
    if data.count(b'"', 0, end) % 2 == 0:
        return end
    breaks, quoted = _breaks(np.frombuffer(data, np.uint8))
    found = breaks[~quoted]
    return int(found[-1]) + 1 if len(found) else 0


def _breaks(signs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where the line ends are, and which of them are quoted."""
    import numpy as np

    breaks = np.flatnonzero(signs == ord("\n"))
    quotes = np.flatnonzero(signs == ord('"'))
    return breaks, np.searchsorted(quotes, breaks) % 2 == 1


def _space_begins_field(rows: bytes, separator: str) -> bool:
    """Whether a field begins with a space that is not quoted."""
    import numpy as np

    signs = np.frombuffer(rows, np.uint8)
    spaces = np.flatnonzero(signs == ord(" "))
    before = signs[spaces - 1]  # what stands before the first sign is the last one: a line end
    spaces = spaces[(before == ord("\n")) | (before == ord(separator))]
    quotes = np.flatnonzero(signs == ord('"'))
    return bool((np.searchsorted(quotes, spaces) % 2 == 0).any())


def _quotes_open_fields(rows: bytes, separator: str) -> bool:
    """Whether each quote that opens stands where a field begins, or is the second of two that mean one.

    Then `csv`, Arrow and who counts quotes agree on what is quoted; a quote within a field is a sign to some.
    """
    import numpy as np

    signs = np.frombuffer(rows, np.uint8)
    quotes = np.flatnonzero(signs == ord('"'))
    opening, closing = quotes[::2], quotes[1::2]
    before = signs[opening - 1]
    fine = (before == ord("\n")) | (before == ord(separator))
    fine[1:] |= opening[1:] - 1 == closing[: len(opening) - 1]
    return bool(fine.all())


def _lines_of_rows(rows: bytes) -> NDArray[Any] | None:
    """In which lines, from 0, the rows begin that are not empty; None where each row is a line."""
    import numpy as np

    breaks, quoted = _breaks(np.frombuffer(rows, np.uint8))
    if not quoted.any():
        return None
    ends = np.flatnonzero(~quoted)
    first = np.concatenate([[0], ends[:-1] + 1])
    found: NDArray[Any] = first[np.diff(breaks[ends], prepend=-1) > 1]
    return found
