"""Texts and their classes: a column of a table, or files of lines, one a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from studio.data import faults, text_files, texts
from studio.data.faults import Faults
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import table
from studio.data.table_columns import MISSING, MOST_VALUES, no_column
from studio.data.text_files import Form
from studio.data.texts import Tokens
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from pandas import DataFrame

TITLE = Message("Texts (CSV, TSV, a file a class)")
SENTENCE = Message("Texts of your own and their classes: words or characters become numbers.")
KEYS = (
    *("encoding", "separator", "header", "rows", "text", "target", "classes", "characters"),
    *("by", "vocabulary", "length", "lower"),
    *faults.KEYS,
    "others",
)
LONGEST = 2000
"""characters of a text that are kept"""
LONG = 4.0
"""words from which on, in the mean, a column is taken for texts"""
NO_CLASS = (".", "readme", "license", "licence")
"""how files begin that say something of the others"""
VOCABULARY, MOST_TOKENS = 10_000, 200


@dataclass(frozen=True, slots=True)
class Texts:
    """`data.reading` of texts, checked. `separator` is empty for a folder with a file of lines a class."""

    encoding: str
    separator: str
    header: bool
    rows: int
    text: str
    target: str
    classes: tuple[str, ...]
    characters: int
    tokens: Tokens
    mode: str
    others: tuple[str, ...] = ()
    """columns beside those two, by which texts may be split"""


def holds_texts(path: Path) -> bool:
    """Whether a table has a column of texts beside one of classes. Reads its beginning only."""
    try:
        encoding = text_files.encoding_of(path)
        frame = _beginning(path, encoding)
    except DataError:
        return False
    return frame is not None and len(frame.columns) <= 3 and _text_column(frame) is not None


def _beginning(path: Path, encoding: str) -> DataFrame | None:
    import pandas

    head = text_files.head_of(path, encoding)
    rows = text_files.records(head, text_files.separator_of(head))[:500]
    whole = [row for row in rows if len(row) == len(rows[0])]
    return pandas.DataFrame(whole[int(text_files.names_columns(rows)) :]) if len(whole) > 1 else None


def _text_column(frame: DataFrame) -> object | None:
    """The name of the column with the longest entries, if they are long enough to be texts."""
    cut = Tokens(texts.WORDS, 1, 1).cut
    lengths = {name: frame[name].map(lambda text: len(cut(text))).mean() for name in frame.columns}
    name = max(lengths, key=lengths.__getitem__)
    distinct = frame[name].nunique() > 0.5 * len(frame)
    numbers = frame[name].map(text_files.is_number).all()
    return name if lengths[name] >= LONG and distinct and not numbers else None


# -- looking -------------------------------------------------------------------------------------


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """What the file or folder holds; how texts are cut is proposed where it is not told. Raises DataError."""
    found = _look_at_files(path, told) if path.is_dir() else _look_at_table(path, told, watch)
    return {**found.reading, **cut_of(found.samples, told)}


def cut_of(samples: Sequence[str], told: Reading) -> dict[str, Json]:
    """How texts are cut, proposed where it is not told: by what, how many, how long."""
    by = str(told.get("by") or (texts.CHARACTERS if _chinese(samples) else texts.WORDS))
    cut = Tokens(by, 1, 1)
    lengths = sorted(len(cut.cut(text)) for text in samples)
    usual = lengths[int(0.95 * (len(lengths) - 1))]
    return {
        "characters": min(LONGEST, max(map(len, samples))),
        "by": by,
        "vocabulary": told.get("vocabulary") or VOCABULARY,
        "length": told.get("length") or max(1, min(MOST_TOKENS, usual)),
        "lower": told.get("lower", True),
    }


@dataclass(frozen=True, slots=True)
class _Found:
    reading: dict[str, Json]
    samples: Sequence[str]


def _look_at_table(path: Path, told: Reading, watch: Watch) -> _Found:
    form = text_files.form_of(path, told)
    encoding, separator, header = form.encoding, form.separator, form.header
    met = Faults(faults.SKIP)
    frame = table.fields(path, form, met, watch)
    text = str(told.get("text") or _text_column(frame) or frame.columns[-1])
    others = [str(name) for name in frame.columns if str(name) != text]
    target = str(told.get("target") or table.likely_target(others, path.stem)) if others else ""
    if text not in frame.columns or target not in others:
        raise DataError(
            Message(
                "{path} needs a column of texts and one of their classes; it has {columns}.",
                path=path,
                columns=", ".join(map(str, frame.columns)),
            )
        )
    frame = frame[~frame[target].isin(MISSING)]
    classes = sorted(frame[target].unique().tolist())
    _check_classes(path, classes, len(frame))
    reading: dict[str, Json] = {
        "encoding": encoding,
        "separator": separator,
        "header": header,
        "rows": len(frame),
        "text": text,
        "target": target,
        "classes": classes,
    }
    if rest := [name for name in others if name != target]:
        reading["others"] = rest
    met.mode = faults.mode(told)
    return _Found(reading | met.to_json(), frame[text].tolist())


def _look_at_files(path: Path, told: Reading) -> _Found:
    files = class_files(path)
    encoding = str(told.get("encoding") or _encoding_of_all(list(files.values())))
    samples = {name: lines(file, encoding) for name, file in files.items()}
    rows = sum(map(len, samples.values()))
    _check_classes(path, list(files), rows)
    reading: dict[str, Json] = {
        "encoding": encoding,
        "separator": "",
        "header": False,
        "rows": rows,
        "text": "",
        "target": "",
        "classes": list(files),
    }
    return _Found(reading, [text for found in samples.values() for text in found])


def _check_classes(path: Path, classes: Sequence[str], rows: int) -> None:
    if len(classes) < 2 or len(classes) > max(MOST_VALUES, rows // 10):
        raise DataError(
            Message(
                "{path} has {n} classes in {rows} rows; at least two, each of several texts, are needed. "
                "Choose another column to predict.",
                path=path,
                n=len(classes),
                rows=rows,
            )
        )


def class_files(path: Path) -> dict[str, Path]:
    """The files of a folder by what their names do not have in common: `rt-polarity.neg` is "neg"."""
    files = sorted(f for f in path.iterdir() if f.is_file() and not f.name.lower().startswith(NO_CLASS))
    names = [file.name for file in files]
    if len(files) < 2:
        raise DataError(
            Message(
                "{path} holds {n} files of texts; one for each class is needed, a text a line, at least two.",
                path=path,
                n=len(files),
            )
        )
    start = _common(names)
    end = _common([name[start:][::-1] for name in names])
    short = [name[start : len(name) - end].strip("-_. ") or name for name in names]
    return dict(sorted(zip(short, files, strict=True)))


def _common(names: Sequence[str]) -> int:
    """How many signs all names begin with."""
    together = zip(*names, strict=False)
    return next((i for i, signs in enumerate(together) if len(set(signs)) > 1), min(map(len, names)))


def _encoding_of_all(files: Sequence[Path]) -> str:
    found = {text_files.encoding_of(file) for file in files}
    return next((name for name in reversed(text_files.ENCODINGS) if name in found), found.pop())


def lines(file: Path, encoding: str) -> list[str]:
    """The lines of a file that say something. Raises DataError."""
    with text_files.opened(file) as opened:
        try:
            text = opened.read().decode(encoding)
        except UnicodeError as error:
            raise DataError(
                Message(
                    "{path} is not written in {encoding}: {reason}",
                    path=file,
                    encoding=encoding,
                    reason=error,
                )
            ) from None
    return [line.strip() for line in text.split("\n") if line.strip()]


def _chinese(samples: Sequence[str]) -> bool:
    some = "".join(samples[:200])
    return sum("㐀" <= sign <= "鿿" for sign in some) > 0.3 * max(len(some), 1)


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Texts:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    numbers = {}
    for key, least, most in (
        ("rows", 2, 10**9),
        ("characters", 1, 10**6),
        ("vocabulary", 3, 10**6),
        ("length", 1, 10**5),
    ):
        value = reading.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _wrong(key, value, Message("a whole number from {least}", least=least))
        numbers[key] = value
    classes, by = reading.get("classes"), reading.get("by")
    if not isinstance(classes, list | tuple) or len(classes) < 2:
        raise _wrong("classes", classes, Message("a list of at least two names"))
    if by not in (texts.WORDS, texts.CHARACTERS):
        raise _wrong("by", by, Message("one of {known}", known=f"{texts.WORDS}, {texts.CHARACTERS}"))
    encoding = reading.get("encoding")
    if encoding not in text_files.KNOWN:
        raise _wrong("encoding", encoding, Message("one of {known}", known=", ".join(text_files.ENCODINGS)))
    return Texts(
        str(encoding),
        str(reading.get("separator") or ""),
        reading.get("header") is True,
        numbers["rows"],
        str(reading.get("text") or ""),
        str(reading.get("target") or ""),
        tuple(map(str, classes)),
        numbers["characters"],
        Tokens(str(by), numbers["length"], numbers["vocabulary"], reading.get("lower") is not False),
        faults.mode(reading),
        tuple(map(str, others)) if isinstance(others := reading.get("others"), list | tuple) else (),
    )


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that texts are. Raises DataError."""
    found = read(reading)
    return SourceInfo(
        name="text",
        title=TITLE,
        description=SENTENCE,
        task="classification",
        shape=(found.characters,),
        samples=found.rows,
        outputs=len(found.classes),
        load=lambda place: load(place, reading),
        class_names=found.classes,
        needs_root=True,
        dtype="int64",
        tokens=found.tokens,
        split_columns=found.others,
    )


# -- reading -------------------------------------------------------------------------------------


def load(place: Place, reading: Reading) -> Raw:
    """x (N, characters) int32, the code points of each text; y (N,) int64. Raises DataError."""
    import torch

    found, path = read(reading), place.named(TITLE)
    column, where, met = None, None, Faults(found.mode)
    if found.separator:
        frame = _rows(path, found, met, place.watch)
        samples, labels = _from_table(frame, found)
        column = partial(table.split_column, path, frame)
        lines = frame.index.tolist()
        where = lambda sample: faults.line(path, lines[sample])  # noqa: E731
    else:
        samples, labels = _from_files(path, found)
    if len(samples) != found.rows:
        raise DataError(
            Message(
                "{path} holds {n} texts by now; it held {rows} when it was looked at. Choose it again in the "
                "Data panel.",
                path=path,
                n=len(samples),
                rows=found.rows,
            )
        )
    return Raw(
        texts.stored(samples, found.characters), torch.tensor(labels), column=column, place=where, faults=met
    )


def _rows(path: Path, found: Texts, met: Faults, watch: Watch) -> DataFrame:
    """The rows of a table that have a class. Raises DataError."""
    form = Form(found.encoding, found.separator, found.header)
    frame = table.fields(path, form, met, watch)
    for name in (found.text, found.target):
        if name not in frame.columns:
            raise no_column(path, name)
    frame = frame[~frame[found.target].isin(MISSING)]
    strange = frame.index[~frame[found.target].isin(found.classes)]
    if len(strange):
        raise DataError(
            Message(
                "{path}, line {line}: {value} is a class that was not there before. Look at the file again "
                "in the Data panel.",
                path=path,
                line=int(strange[0]),
                value=repr(frame[found.target].loc[strange[0]]),
            )
        )
    return frame


def _from_table(frame: DataFrame, found: Texts) -> tuple[list[str], list[int]]:
    numbers = {name: place for place, name in enumerate(found.classes)}
    return frame[found.text].tolist(), [numbers[name] for name in frame[found.target]]


def _from_files(path: Path, found: Texts) -> tuple[list[str], list[int]]:
    files = class_files(path) if path.is_dir() else {}
    if tuple(files) != found.classes:
        raise DataError(
            Message(
                "{path} should hold a file for each of {classes}; it holds {found}. Choose it again in the "
                "Data panel.",
                path=path,
                classes=", ".join(found.classes),
                found=", ".join(files) or "0",
            )
        )
    samples: list[str] = []
    labels: list[int] = []
    for label, file in enumerate(files.values()):
        read_lines = lines(file, found.encoding)
        samples += read_lines
        labels += [label] * len(read_lines)
    return samples, labels


KIND = FileKind("text", TITLE, SENTENCE, (".csv", ".tsv"), look, describe, load)
