"""A table in a text file: CSV, TSV and their like, with a column to predict from the others.

A column is a number, one of some values ("category"), or left out. What is read of a row is one float32 a
column that is used: the number, NaN where it is missing, or the place of the value among the column's values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import faults, table_columns, table_pieces, table_rows, text_files
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo, SplitColumn
from studio.data.table_columns import (
    CATEGORY,
    COUNTED,
    DATE,
    LEFT_OUT,
    MISSING,
    NUMBER,
    TYPES,
    Column,
    Tally,
    mappings,
    no_column,
    values_of,
)  # fmt: skip
from studio.data.text_files import Form
from studio.data.watching import Watch, quiet, within
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame

TITLE = Message("Table (CSV, TSV)")
TARGETS = ("target", "label", "survived", "outcome", "class", "species", "diagnosis", "quality", "price", "y")
KEYS = ("encoding", "separator", "header", "rows", "target", "columns", *faults.KEYS)
WIDE, WIDER = 500, 50
"""a table of more columns than this, and than so many a row, is none"""


@dataclass(frozen=True, slots=True)
class Table:
    """`data.reading` of a table, checked."""

    encoding: str
    separator: str
    header: bool
    rows: int
    target: Column
    columns: tuple[Column, ...]
    mode: str

    @property
    def form(self) -> Form:
        return Form(self.encoding, self.separator, self.header)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the network is given."""
        return tuple(c for c in self.columns if c.name != self.target.name and c.type != LEFT_OUT)


# -- looking at a file ---------------------------------------------------------------------------


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """What the file holds; a target and types of columns that are `told` are kept. Raises DataError."""
    form = text_files.form_of(path, told)
    table = table_pieces.opened(path, form)
    if len(table.names) < 2:
        raise DataError(
            Message(
                "{path} has one column only; one to predict and one to predict it from are needed. Is it "
                "parted by something else than {separator}?",
                path=path,
                separator=repr(form.separator),
            )
        )
    met = Faults(faults.SKIP)
    tallies = _tallied(table, met, within(watch, 0.0, 0.8))
    target = str(told.get("target") or likely_target(table.names, path.stem))
    types = {str(c["name"]): str(c["type"]) for c in mappings(told.get("columns"))}
    guessed = {t.name: t.type(types.get(t.name), t.name == target) for t in tallies}
    values = _values(
        table, [name for name, type_ in guessed.items() if type_ == CATEGORY], within(watch, 0.8, 1.0)
    )
    columns = [Column(t.name, guessed[t.name], values.get(t.name, ()), t.missing) for t in tallies]
    strange = _strange(path, tallies, guessed, met)
    missing = next((c.missing for c in columns if c.name == target), 0)
    met.mode = faults.mode(told)
    return {
        "encoding": form.encoding,
        "separator": form.separator,
        "header": form.header,
        "rows": tallies[0].rows - missing - (strange if met.mode == faults.SKIP else 0),
        "target": target,
        "columns": [column.to_json() for column in columns],
        **met.to_json(),
    }


def _tallied(table: table_pieces.Table, met: Faults, watch: Watch) -> list[Tally]:
    """What the pieces of the file say of each column. Raises DataError where there are no rows."""
    tallies = {name: Tally(name) for name in table.names}

    def read(asked: tuple[table_pieces.Piece, list[str]]) -> tuple[table_rows.Rows, list[str]]:
        piece, likely = asked
        others = [name for name in table.names if name not in likely]
        return table_rows.read(piece, others, likely, MISSING), likely

    def asked() -> Iterator[tuple[table_pieces.Piece, list[str]]]:
        for piece in _of_a_table(table, table_pieces.pieces(table, watch)):
            yield piece, [t.name for t in tallies.values() if t.rows and not t.not_numbers]

    for rows, likely in table_rows.worked(asked(), read):
        met.meet_in_lines(table.path, rows.faults)
        for name in rows.texts:
            tallies[name].add_texts(rows.texts[name])
        if rows.numbers is not None:
            for name, column in zip(likely, rows.numbers.T, strict=True):
                tallies[name].add_numbers(column)
    if not next(iter(tallies.values())).rows:
        raise DataError(Message("{path} has no rows below its first line.", path=table.path))
    return list(tallies.values())


def _of_a_table(
    table: table_pieces.Table, pieces: Iterator[table_pieces.Piece]
) -> Iterator[table_pieces.Piece]:
    """The pieces. Raises DataError where their rows are too few for so many columns."""
    columns, rows, first = len(table.names), 0, []
    for piece in pieces:
        first.append(piece)
        rows += piece.most
        if columns <= max(WIDE, WIDER * rows):
            break
    else:
        if rows:
            raise DataError(
                Message(
                    "{path} has {columns} columns in {rows} rows. Is it parted by something else than "
                    "{separator}, or are its line ends lost?",
                    path=table.path,
                    columns=columns,
                    rows=rows,
                    separator=repr(table.form.separator),
                )
            )
    return chain(first, pieces)


def _values(table: table_pieces.Table, names: list[str], watch: Watch) -> dict[str, tuple[str, ...]]:
    """The values of columns that are categories, as they are written. Raises DataError."""
    found: dict[str, set[str]] = {name: set() for name in names}
    pieces = table_pieces.pieces(table, watch) if names else iter(())
    for rows in table_rows.worked(pieces, lambda piece: table_rows.read(piece, names)):
        for name, values in found.items():
            values.update(rows.texts[name].unique().tolist())
            if len(values) > COUNTED:
                raise DataError(
                    Message(
                        "{path}: the column {column} has more than {n} values, too many for a category. "
                        "Take it for numbers, or leave it out.",
                        path=table.path,
                        column=name,
                        n=COUNTED,
                    )
                )
    return {name: values_of(values - MISSING) for name, values in found.items()}


def _strange(path: Path, tallies: list[Tally], guessed: Mapping[str, str], met: Faults) -> int:
    """Notes each line with a text in a column of numbers once; gives how many there are."""
    lines: dict[int, Tally] = {}
    for tally in tallies:
        if guessed[tally.name] == NUMBER:
            lines |= {line: tally for line in tally.strange if line not in lines}
    for line in sorted(lines):
        tally = lines[line]
        reason = table_columns.no_value(Column(tally.name, NUMBER), tally.strange[line])
        met.meet(Fault(faults.line(path, line), reason))
    return len(lines)


def fields(path: Path, form: Form, met: Faults, watch: Watch = quiet) -> DataFrame:
    """Every field of the file as text, the lines as the index. Raises DataError at a fault, or gathers it."""
    import pandas

    table = table_pieces.opened(path, form)
    frames = []
    pieces = table_pieces.pieces(table, watch)
    for rows in table_rows.worked(pieces, lambda piece: table_rows.read(piece, table.names)):
        met.meet_in_lines(path, rows.faults)
        frames.append(rows.texts)
    if not any(map(len, frames)):
        raise DataError(Message("{path} has no rows below its first line.", path=path))
    return pandas.concat(frames)


def likely_target(names: Sequence[str], stem: str) -> str:
    """The column that is most likely to be predicted: the one whose name says so, else the last."""
    return named_target(names, stem) or names[-1]


def named_target(names: Sequence[str], stem: str) -> str | None:
    """The column whose name, or the file's, says that it is to be predicted."""
    lower = {name.lower(): name for name in reversed(names)}
    for name in TARGETS:
        if name in lower:
            return lower[name]
    for name in names:
        if name.lower() in stem.lower().replace("-", "_").split("_") or name.lower().endswith("_value"):
            return name
    return None


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Table:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    columns = tuple(_read_column(entry) for entry in mappings(reading.get("columns")))
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
    table = Table(
        str(encoding), separator, reading.get("header") is True, rows, target, columns, faults.mode(reading)
    )
    if not table.inputs:
        raise DataError(Message("Every column is left out: choose at least one for the network to see."))
    return table


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
        dates=tuple(column.name for column in table.inputs if column.type == DATE),
        split_columns=tuple(column.name for column in table.columns if column.name != table.target.name),
        needs_root=True,
    )


# -- reading it ----------------------------------------------------------------------------------


def load(place: Place, reading: Reading) -> Raw:
    """The table's rows that have a target. Raises DataError where the file is not what it was."""
    import torch

    table, path = read(reading), place.named(TITLE)
    opened = table_pieces.opened(path, table.form)
    lacking = [c.name for c in (*table.inputs, table.target) if c.name not in opened.names]
    if lacking:
        raise no_column(path, lacking[0])
    met = Faults(table.mode)
    rows = _Rows(table.rows, len(table.inputs))
    pieces = table_pieces.pieces(opened, place.watch)
    for found in table_rows.worked(
        pieces, lambda piece: table_columns.numbers(piece, table.inputs, table.target)
    ):
        met.meet_in_lines(path, found.faults)
        rows.add(found)
    if not rows.count:
        raise DataError(Message("{path} has no row without a fault.", path=path))
    y, lines = torch.from_numpy(rows.y[: rows.count]), rows.lines
    return Raw(
        torch.from_numpy(rows.x[: rows.count]),
        y.long() if table.target.type == CATEGORY else y.unsqueeze(1),
        column=lambda name: _split_column(opened, name, lines.all()),
        place=lambda sample: faults.line(path, lines.of(sample)),
        faults=met,
    )


class _Rows:
    """Rows as they come, in arrays that are as large as is expected, and grow where more come."""

    def __init__(self, expected: int, columns: int) -> None:
        import numpy as np

        self.x = np.empty((expected, columns), dtype=np.float32)
        self.y = np.empty(expected, dtype=np.float32)  # holds the places of all values of a category
        self.lines = table_rows.Lines()

    @property
    def count(self) -> int:
        return len(self.lines)

    def add(self, found: table_columns.Numbers) -> None:
        import numpy as np

        begin, end = self.count, self.count + len(found.lines)
        if end > len(self.y):
            size = max(end, len(self.y) * 5 // 4)
            self.x, self.y = (np.resize(kept, (size, *kept.shape[1:])) for kept in (self.x, self.y))
        self.x[begin:end] = found.values[:, :-1]
        self.y[begin:end] = found.values[:, -1]
        self.lines.add(found.lines)


def _split_column(table: table_pieces.Table, name: str, lines: NDArray[Any]) -> SplitColumn:
    """A column to split by: the file is read again for it. Raises DataError."""
    import numpy as np

    if name not in table.names:
        raise no_column(table.path, name)
    values: list[str] = []
    for rows in table_rows.worked(table_pieces.pieces(table), lambda piece: table_rows.read(piece, [name])):
        texts = rows.texts[name][np.isin(rows.lines, lines)]
        values += texts.mask(texts.isin(MISSING), "").tolist()
    return SplitColumn(name, values, lines.tolist())


def split_column(path: Path, frame: DataFrame, name: str) -> SplitColumn:
    """A column of a frame of fields to split by. Raises DataError."""
    if name not in frame.columns:
        raise no_column(path, name)
    texts = frame[name]
    return SplitColumn(name, texts.mask(texts.isin(MISSING), "").tolist(), texts.index.tolist())


KIND = FileKind(
    name="table",
    title=TITLE,
    description=Message("Rows of a file of your own: numbers and categories."),
    suffixes=(".csv", ".tsv", ".tab", ".data"),
    look=look,
    describe=describe,
    load=load,
)
