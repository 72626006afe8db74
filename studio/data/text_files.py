"""Files of lines as people have them: which encoding, which separator, whether line 1 names columns."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import mimetypes
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from studio.data.source import DataError
from studio.graph.values import Json
from studio.words import Message

ENCODINGS = ("utf-8", "gb18030", "latin-1")
"""tried in this order; every file is some latin-1"""
SEPARATORS = (",", "\t", ";", "|")
TABLES = (".csv", ".tsv", ".tab", ".data")
"""how the names of tables end"""
HEAD = 2**18
"""bytes that are looked at to tell encoding and separator"""
KNOWN = (*ENCODINGS, "utf-8-sig", "utf-16")
"""every encoding that a project may name: those, and what files with a mark are written in"""
LONGEST_FIELD = 2**26
"""signs"""
csv.field_size_limit(LONGEST_FIELD)
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def opened(path: Path) -> io.BufferedReader:
    """The file to be read. Raises DataError that says why it cannot be."""
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(Message("{path} is no file that can be read to its end.", path=path))
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise DataError(
            Message("{path} is not there. Choose the file again (data.root).", path=path)
        ) from None
    except IsADirectoryError:
        raise DataError(Message("{path} is a folder; a file is needed.", path=path)) from None
    except OSError as error:
        raise DataError(
            Message("{path} cannot be read: {reason}.", path=path, reason=error.strerror)
        ) from None


def encoding_of(path: Path) -> str:
    """The first of ENCODINGS that the whole file is written in, by its mark where it has one.

    Raises DataError for a file that is no text.
    """
    with opened(path) as file:
        head = file.read(HEAD)
        for mark, name in _MARKS:
            if head.startswith(mark):
                return name
        if b"\0" in head:
            raise DataError(
                Message("{path} is no text: it holds zero bytes. A CSV or TSV file is needed.", path=path)
            )
        return next(name for name in ENCODINGS if _decodes(file, name))


def may_be_text(name: str) -> bool:
    """Whether a name does not say that the file is something else, a sound or a film."""
    kind, packing = mimetypes.guess_type(name)
    return packing is None and (kind is None or kind.startswith("text/"))


def is_text(path: Path) -> bool:
    """Whether a file is readable text in UTF-8, by its name and its beginning. Raises DataError."""
    if not may_be_text(path.name):
        return False
    with opened(path) as file:
        head = file.read(HEAD)
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return bool(text.strip()) and not any(sign < " " and not sign.isspace() for sign in text)


def _decodes(file: io.BufferedReader, name: str) -> bool:
    decoder = codecs.getincrementaldecoder(name)()
    file.seek(0)
    try:
        while piece := file.read(2**20):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def head_of(path: Path, encoding: str) -> str:
    """The beginning of the file, whole lines that end in a line feed. Raises DataError where it is empty."""
    with opened(path) as file:
        data = file.read(HEAD)
        whole = not file.read(1)
    text = data.decode(encoding, errors="ignore").replace("\r\n", "\n").replace("\r", "\n")
    if not whole and "\n" in text:
        text = text[: text.rindex("\n") + 1]
    if not text.strip():
        raise DataError(Message("{path} is empty.", path=path))
    return text


def records(head: str, separator: str) -> list[list[str]]:
    """The rows of the beginning of a table, up to one that cannot be told apart."""
    found = []
    with contextlib.suppress(csv.Error):
        for row in csv.reader(io.StringIO(head), delimiter=separator):
            found.append(row)
    return found


def separator_of(head: str) -> str:
    """What parts the fields: the sign that gives most lines the same number of them, more than one."""

    def agreement(separator: str) -> tuple[float, int]:
        widths = Counter(len(row) for row in records(head, separator) if row)
        width, lines = widths.most_common(1)[0] if widths else (1, 0)
        return (lines / max(widths.total(), 1), width) if width > 1 else (0.0, 1)

    return max(SEPARATORS, key=agreement)


def quoting_of(path: Path, encoding: str, separator: str) -> Literal[0, 3]:
    """How quotes are meant, for `csv` and pandas: around fields, or as signs like any other.

    They are signs where fields are parted by tabs, every line has as many fields as the first, and a field
    begins with a quote that does not end in it: to take them as marks would join lines.
    """
    if separator != "\t":
        return csv.QUOTE_MINIMAL
    width, stray = -1, False
    with opened(path) as file, io.TextIOWrapper(file, encoding, errors="replace") as text:
        for line in text:
            fields = line.rstrip("\r\n").split("\t")
            width = len(fields) if width < 0 else width
            if len(fields) != width and line.strip():
                return csv.QUOTE_MINIMAL
            stray = stray or any(field.startswith('"') and field.count('"') % 2 for field in fields)
    return csv.QUOTE_NONE if stray else csv.QUOTE_MINIMAL


def names_columns(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of `rows` names the columns.

    Then it has no number, no gap and no name twice, and none of its fields comes again below it.
    """
    if not rows:
        return False
    first = [field.strip() for field in rows[0]]
    if not all(first) or len(set(first)) < len(first) or any(map(is_number, first)):
        return False
    return not any(name == field.strip() for row in rows[1:] for name, field in zip(first, row, strict=False))


@dataclass(frozen=True, slots=True)
class Form:
    """How a table is written: its encoding, what parts the fields, whether line 1 names the columns."""

    encoding: str
    separator: str
    header: bool


def form_of(path: Path, told: Mapping[str, Json]) -> Form:
    """How the table in a file is written; what is told is kept. Raises DataError."""
    encoding = str(told.get("encoding") or encoding_of(path))
    head = head_of(path, encoding)
    separator = str(told.get("separator") or separator_of(head))
    rows = records(head, separator)
    return Form(encoding, separator, bool(told["header"]) if "header" in told else names_columns(rows))


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
