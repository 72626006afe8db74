"""Pictures that a table names: a column of paths, one of classes or numbers to predict."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.data import decoded, faults, pictures, text_files
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.pictures import ENDINGS
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import table
from studio.data.table_columns import (
    CATEGORY,
    MISSING,
    NUMBER,
    Column,
    Tally,
    as_numbers,
    no_column,
    no_value,
    values_of,
)
from studio.data.text_files import Form
from studio.data.watching import Watch, quiet, within
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from pandas import DataFrame, Series
    from torch import Tensor

TITLE = Message("Images named by a table (CSV)")
SENTENCE = Message("Pictures of your own: a table has their paths and what is predicted of each.")
KEYS = (
    *("encoding", "separator", "header", "path", "target", "classes", "samples", "size", "channels"),
    *("within", *faults.KEYS),
)
LOOKED_AT = 20
"""rows by which a column of paths is known"""


@dataclass(frozen=True, slots=True)
class Labelled:
    """`data.reading` of pictures in a table, checked. `classes` are empty where numbers are predicted.

    `within` is the folder below that of the table from which the paths begin.
    """

    form: Form
    path: str
    target: str
    classes: tuple[str, ...]
    samples: int
    size: tuple[int, int]
    channels: int
    within: str
    mode: str


def names_images(path: Path) -> bool:
    """Whether a table has a column of paths of pictures, the first of which are there."""
    try:
        form = text_files.form_of(path, {})
        rows = text_files.records(text_files.head_of(path, form.encoding), form.separator)[int(form.header) :]
    except DataError:
        return False
    rows = [row for row in rows if row][:LOOKED_AT]
    width = min(map(len, rows), default=0)
    return width > 1 and any(_folder_of(path, [row[i] for row in rows]) is not None for i in range(width))


def _folder_of(path: Path, values: Sequence[str]) -> str | None:
    """The folder from which paths begin: that of the table, or one in it. None where they are no paths."""
    values = [value.strip() for value in values]
    named = [value for value in values if os.path.splitext(value)[1].lower() in ENDINGS]  # noqa: PTH122
    if not named or len(named) < 0.9 * len(values):
        return None
    inside = sorted(f.name for f in path.parent.iterdir() if f.is_dir() and not f.name.startswith("."))
    for folder in ("", *inside):
        if any((path.parent / folder / value).is_file() for value in named):
            return folder
    return None


# -- looking -------------------------------------------------------------------------------------


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """Which column names the pictures, which is predicted; opens every picture. Raises DataError."""
    form, met = text_files.form_of(path, told), Faults(faults.SKIP)
    frame = table.fields(path, form, met)
    folders = {str(name): _folder_of(path, frame[name].head(LOOKED_AT).tolist()) for name in frame.columns}
    known = [name for name, folder in folders.items() if folder is not None]
    column = str(told["path"]) if told.get("path") in frame.columns else next(iter(known), None)
    others = [str(name) for name in frame.columns if str(name) != column]
    if column is None or not others:
        raise DataError(
            Message(
                "{path} needs a column of paths of images that are there, from the folder of the table on, "
                "and one to predict; it has {columns}.",
                path=path,
                columns=", ".join(map(str, frame.columns)),
            )
        )
    target = str(told["target"]) if told.get("target") in others else table.likely_target(others, path.stem)
    below = folders[column] or ""
    frame = frame[~frame[target].isin(MISSING)]
    classes = _classes(frame[target])
    named = [str(path.parent / below / value.strip()) for value in frame[column]]
    here = [at for at, file in enumerate(named) if os.path.isfile(file)]  # noqa: PTH113
    if not here:
        raise DataError(Message("{path}: none of the images is there.", path=path))
    seen = pictures.survey(path.parent, [named[at] for at in here], told, watch)
    bad = {here[at]: reason for at, reason in seen.broken.items()}
    for at, line in enumerate(frame.index.tolist()):
        if (fault := _fault(path, line, named[at], bad.get(at), os.path.isfile(named[at]))) is not None:  # noqa: PTH113
            met.meet(fault)
    met.mode = faults.mode(told)
    return {
        "encoding": form.encoding,
        "separator": form.separator,
        "header": form.header,
        "path": column,
        "target": target,
        "classes": list(classes),
        "samples": len(here) - len(bad) if met.mode == faults.SKIP else len(frame),
        "size": list(seen.size),
        "channels": seen.channels,
        "within": below,
        **met.to_json(),
    }


def _classes(texts: Series[str]) -> tuple[str, ...]:
    """The classes, none where the column is of numbers. Raises DataError where there is one only."""
    tally = Tally(str(texts.name))
    tally.add_texts(texts)
    if tally.type(None, target=True) == NUMBER and not tally.not_numbers:
        return ()
    return values_of(set(texts.unique().tolist()))


def _fault(path: Path, line: int, file: str, broken: str | None, there: bool) -> Fault | None:
    """What is wrong with a picture, if anything."""
    if broken is None and there:
        return None
    if broken is None:
        reason = Message("there is no image {file}.", file=file)
    else:
        reason = Message("the image {file} does not open: {reason}.", file=file, reason=broken)
    return Fault(faults.line(path, line), reason)


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Labelled:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    size, samples, channels = reading.get("size"), reading.get("samples"), reading.get("channels")
    if not isinstance(size, list | tuple) or len(size) != 2 or not all(map(_whole, size)):
        raise _wrong("size", size, Message("a height and a width in pixels"))
    if not _whole(samples):
        raise _wrong("samples", samples, Message("a whole number from {least}", least=1))
    if channels not in (1, 3):
        raise _wrong("channels", channels, Message("1 (grey) or 3 (colour)"))
    path, target, classes = reading.get("path"), reading.get("target"), reading.get("classes", ())
    if not isinstance(path, str) or not isinstance(target, str) or path == target:
        raise _wrong("target", target, Message("another column than that of the paths"))
    if not isinstance(classes, list | tuple) or len(classes) == 1:
        raise _wrong("classes", classes, Message("a list of at least two names"))
    encoding, separator, below = reading.get("encoding"), reading.get("separator"), reading.get("within", "")
    if encoding not in text_files.KNOWN:
        raise _wrong("encoding", encoding, Message("one of {known}", known=", ".join(text_files.ENCODINGS)))
    if not isinstance(separator, str) or len(separator) != 1:
        raise _wrong("separator", separator, Message("a single character"))
    form = Form(str(encoding), separator, reading.get("header") is True)
    names, (height, width) = tuple(map(str, classes)), (int(str(n)) for n in size)
    counts = int(str(samples)), (height, width), int(str(channels))
    return Labelled(form, path, target, names, *counts, str(below), faults.mode(reading))


def _whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that pictures in a table are. Raises DataError."""
    found = read(reading)
    return SourceInfo(
        name="labelled_images",
        title=TITLE,
        description=SENTENCE,
        task="classification" if found.classes else "regression",
        shape=(found.channels, *found.size),
        samples=found.samples,
        outputs=len(found.classes) or 1,
        load=lambda place: load(place, reading),
        class_names=found.classes,
        scale=1 / 255,
        needs_root=True,
    )


# -- reading -------------------------------------------------------------------------------------


def load(place: Place, reading: Reading) -> Raw:
    """x (N, channels, height, width) uint8 in the order of the table. Raises DataError, or gathers faults."""
    found, path = read(reading), place.named(TITLE)
    met = Faults(found.mode)
    frame = table.fields(path, found.form, met, within(place.watch, 0.0, 0.1))
    for name in (found.path, found.target):
        if name not in frame.columns:
            raise no_column(path, name)
    frame = frame[~frame[found.target].isin(MISSING)]
    lines = frame.index.tolist()
    named = [str(path.parent / found.within / value.strip()) for value in frame[found.path]]
    targets, strange = _targets(frame, found)
    here = [at for at, file in enumerate(named) if os.path.isfile(file)]  # noqa: PTH113
    shape = (found.channels, *found.size)
    known = decoded.pictures([named[at] for at in here], shape, within(place.watch, 0.1, 1.0))
    at_place = {at: i for i, at in enumerate(here)}
    kept = []
    for at, line in enumerate(lines):
        broken = known.broken.get(at_place[at]) if at in at_place else None
        fault = _fault(path, line, named[at], broken, at in at_place)
        if at in strange:
            fault = Fault(faults.line(path, line), strange[at])
        if fault is not None:
            met.meet(fault)
        else:
            kept.append(at)
    if not kept:
        raise DataError(Message("{path} has no row without a fault.", path=path))
    return Raw(
        pictures.samples(known, [at_place[at] for at in kept]),
        targets[kept],
        place=lambda sample: faults.line(path, lines[kept[sample]]),
        faults=met,
    )


def _targets(frame: DataFrame, found: Labelled) -> tuple[Tensor, dict[int, Message]]:
    """What is predicted of each row, and what is said of rows where it cannot be."""
    import torch

    column = Column(found.target, CATEGORY if found.classes else NUMBER, found.classes)
    texts = frame[found.target]
    numbers, strange = as_numbers(texts, column)
    said = {int(at): no_value(column, str(texts.iloc[at])) for at in strange.nonzero()[0]}
    values = torch.from_numpy(numbers)
    return (values.nan_to_num(0).long() if found.classes else values.float().unsqueeze(1)), said


KIND = FileKind("labelled_images", TITLE, SENTENCE, (".csv", ".tsv"), look, describe, load)
