"""Sequences to be told apart, in a table: a row a step with the number of its sequence, or a row a sequence.

What is stored of a sequence is (length, columns). A longer one is cut at its beginning, a shorter one begins
with its first step repeated: the end of each is the end of what came.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data import faults, text_files
from studio.data.faults import Fault, Faults
from studio.data.kinds import FileKind, Reading
from studio.data.source import DataError, Place, Raw, SourceInfo
from studio.data.sources import table
from studio.data.table_columns import MISSING, Tally, no_column
from studio.data.text_files import Form
from studio.data.watching import Watch, quiet
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

TITLE = Message("Sequences and their classes (CSV)")
SENTENCE = Message("Sequences of your own: the steps of each, and the class of the whole.")
KEYS = (
    *("encoding", "separator", "header", "sequence", "columns", "target", "classes", "length", "samples"),
    *faults.KEYS,
)
_NUMBERED = re.compile(r"(.*[^a-z])?(id|sequence|series|case|trial|recording|session|episode)(_?id)?", re.I)
FEWEST, SHORTEST = 4, 3
"""sequences of so many steps, in the mean, by which a table of steps is known"""
USUAL = 0.95
"""the share of sequences that the proposed length holds whole"""
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Sequences:
    """`data.reading` of sequences, checked. `sequence` is empty where a row is one: its columns are steps."""

    form: Form
    sequence: str
    columns: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    length: int
    samples: int
    mode: str


def holds_sequences(path: Path) -> bool:
    """Whether rows of a table are steps of sequences, by the beginning: a number of each, and one class."""
    try:
        form = text_files.form_of(path, {})
        rows = text_files.records(text_files.head_of(path, form.encoding), form.separator)
    except DataError:
        return False
    if not form.header or len(rows) < 2:
        return False
    names, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    for place, name in enumerate(names):
        runs = _runs([row[place] for row in body])
        if _NUMBERED.fullmatch(name.strip()) and len(runs) >= FEWEST and len(body) >= SHORTEST * len(runs):
            others = [i for i in range(len(names)) if i != place]
            return any(_one_each([row[i] for row in body], runs) for i in others)
    return False


def _runs(values: Sequence[str]) -> list[tuple[int, int]]:
    """Where equal values follow each other, if each comes in one run only; else none."""
    starts = [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]
    if not starts or len({values[i] for i in starts}) < len(starts):
        return []
    return list(zip(starts, [*starts[1:], len(values)], strict=True))


def _one_each(values: Sequence[str], runs: Sequence[tuple[int, int]]) -> bool:
    """Whether a column has one value in each run, not the same in all, and fewer than there are runs."""
    each = [set(values[start:end]) for start, end in runs]
    return all(len(found) == 1 for found in each) and 1 < len(set.union(*each)) <= len(runs) // 2


# -- looking -------------------------------------------------------------------------------------


def look(path: Path, told: Reading, watch: Watch = quiet) -> dict[str, Json]:
    """Which column numbers the sequences, which is their class; a length that most have. Raises DataError."""
    form, met = text_files.form_of(path, told), Faults(faults.SKIP)
    frame = table.fields(path, form, met, watch)
    names = [str(name) for name in frame.columns]
    sequence = str(told["sequence"]) if told.get("sequence") in (*names, "") else _likely_sequence(frame)
    target = str(told["target"]) if told.get("target") in names else _likely_class(frame, sequence)
    known = told.get("columns")
    rest = [name for name in names if name not in (sequence, target)]
    columns = [n for n in rest if n in known] if isinstance(known, list | tuple) else []
    columns = columns or [name for name in rest if _of_numbers(frame[name])]
    classes = sorted(set(frame[target].unique().tolist()) - MISSING)
    if not columns or len(classes) < 2:
        raise DataError(
            Message(
                "{path} needs columns of numbers, the steps, and one of at least two classes; it has "
                "{columns}.",
                path=path,
                columns=", ".join(names),
            )
        )
    said = Sequences(form, sequence, tuple(columns), target, tuple(classes), 1, 1, faults.SKIP)
    found = _cut(path, frame, said, met)
    if not found:
        raise DataError(Message("{path} has no row without a fault.", path=path))
    lengths = sorted(len(steps) for steps, _, _ in found)
    usual = min(LONGEST, lengths[int(USUAL * (len(lengths) - 1))])
    met.mode = faults.mode(told)
    return {
        "encoding": form.encoding,
        "separator": form.separator,
        "header": form.header,
        "sequence": sequence,
        "columns": list(columns),
        "target": target,
        "classes": list(classes),
        "length": told.get("length") or usual,
        "samples": len(found),
        **met.to_json(),
    }


def _likely_sequence(frame: DataFrame) -> str:
    """The column that numbers the sequences; "" where a row is one."""
    for name in map(str, frame.columns):
        if _NUMBERED.fullmatch(name.strip()) and len(frame) >= SHORTEST * frame[name].nunique():
            return name
    return ""


def _likely_class(frame: DataFrame, sequence: str) -> str:
    names = [str(name) for name in frame.columns if name != sequence]
    likely = table.likely_target(names, "")
    if sequence and likely in names:
        single = [
            n for n in names if (frame.groupby(sequence)[n].nunique() == 1).all() and frame[n].nunique() > 1
        ]
        return likely if likely in single or not single else single[-1]
    return likely


def _of_numbers(texts: Series[str]) -> bool:
    tally = Tally(str(texts.name))
    tally.add_texts(texts)
    return tally.mostly_numbers and tally.missing < len(texts)


def _cut(path: Path, frame: DataFrame, said: Sequences, met: Faults) -> list[tuple[NDArray[Any], int, int]]:
    """The steps of each sequence (steps, columns) float32, its class, and its line. Faulty rows are met."""
    import numpy as np
    import pandas

    places = {name: place for place, name in enumerate(said.classes)}
    labels = frame[said.target].map(places)
    values = np.stack([pandas.to_numeric(frame[n], errors="coerce").to_numpy(float) for n in said.columns], 1)
    lines = frame.index.to_numpy()
    good = _sound(path, frame, said, met, values, labels.notna().to_numpy())
    values, labels, lines = values[good].astype(np.float32), labels[good].to_numpy(int), lines[good]
    if not said.sequence:
        return [(row[:, None], int(y), int(line)) for row, y, line in zip(values, labels, lines, strict=True)]
    order, _ = pandas.factorize(frame[said.sequence][good])
    by_sequence = np.argsort(order, kind="stable")
    ends = np.flatnonzero(np.diff(order[by_sequence])) + 1
    found = []
    for rows in np.split(by_sequence, ends) if len(by_sequence) else ():
        if len(set(labels[rows].tolist())) > 1:
            other = next(row for row in rows if labels[row] != labels[rows[0]])
            reason = Message("the sequence that it belongs to had another class before.")
            met.meet(Fault(faults.line(path, int(lines[other])), reason))
            continue
        found.append((values[rows], int(labels[rows[0]]), int(lines[rows[0]])))
    return found


def _sound(
    path: Path, frame: DataFrame, said: Sequences, met: Faults, values: NDArray[Any], classed: NDArray[Any]
) -> NDArray[Any]:
    """Which rows have a number in every column and a class that is known."""
    import numpy as np

    with np.errstate(over="ignore"):
        whole = np.isfinite(values.astype(np.float32))
    good: NDArray[Any] = whole.all(1) & classed
    for row in np.flatnonzero(~good).tolist():
        name = said.target if whole[row].all() else said.columns[int(whole[row].argmin())]
        reason = Message(
            "{value} in the column {column} is no {expected}.",
            value=repr(str(frame[name].iloc[row])[:40]),
            column=name,
            expected=Message("value that it had before") if whole[row].all() else Message("number"),
        )
        met.meet(Fault(faults.line(path, int(frame.index[row])), reason))
    return good


# -- what the project says of it -----------------------------------------------------------------


def read(reading: Reading) -> Sequences:
    """`data.reading`, checked. Raises DataError naming the key, its value and the cure."""
    if reason := sections.unknown_key(reading, KEYS, "data.reading"):
        raise DataError(reason)
    numbers = {}
    for key in ("length", "samples"):
        value = reading.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _wrong(key, value, Message("a whole number from {least}", least=1))
        numbers[key] = value
    columns, classes = _listed(reading.get("columns")), _listed(reading.get("classes"))
    sequence, target = reading.get("sequence", ""), reading.get("target")
    if not columns:
        raise _wrong("columns", reading.get("columns"), Message("a list of texts"))
    if len(classes) < 2:
        raise _wrong("classes", reading.get("classes"), Message("a list of at least two names"))
    if not isinstance(target, str) or target in (*columns, sequence):
        raise _wrong("target", target, Message("another column than those of the steps"))
    encoding, separator = reading.get("encoding"), reading.get("separator")
    if encoding not in text_files.KNOWN:
        raise _wrong("encoding", encoding, Message("one of {known}", known=", ".join(text_files.ENCODINGS)))
    if not isinstance(separator, str) or len(separator) != 1:
        raise _wrong("separator", separator, Message("a single character"))
    form = Form(str(encoding), separator, reading.get("header") is True)
    counts = numbers["length"], numbers["samples"]
    return Sequences(form, str(sequence), columns, target, classes, *counts, faults.mode(reading))


def _listed(value: Json) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.reading.{key}", value, expected))


def describe(reading: Reading) -> SourceInfo:
    """The source that sequences are. Raises DataError."""
    found = read(reading)
    return SourceInfo(
        name="sequences",
        title=TITLE,
        description=SENTENCE,
        task="classification",
        shape=(found.length, len(found.columns) if found.sequence else 1),
        samples=found.samples,
        outputs=len(found.classes),
        load=lambda place: load(place, reading),
        class_names=found.classes,
        needs_root=True,
        channel=2,
    )


def load(place: Place, reading: Reading) -> Raw:
    """x (N, length, columns) float32, y (N,) int64. Raises DataError, or gathers faults."""
    import numpy as np
    import torch

    said, path = read(reading), place.named(TITLE)
    met = Faults(said.mode)
    frame = table.fields(path, said.form, met, place.watch)
    for name in filter(None, (said.sequence, said.target, *said.columns)):
        if name not in frame.columns:
            raise no_column(path, name)
    found = _cut(path, frame, said, met)
    if not found:
        raise DataError(Message("{path} has no row without a fault.", path=path))
    x = np.stack([_of_length(steps, said.length) for steps, _, _ in found])
    return Raw(
        torch.from_numpy(x),
        torch.tensor([label for _, label, _ in found]),
        place=lambda sample: faults.line(path, found[sample][2]),
        faults=met,
    )


def _of_length(steps: NDArray[Any], length: int) -> NDArray[Any]:
    import numpy as np

    lacking = length - len(steps)
    return (
        np.concatenate([np.repeat(steps[:1], lacking, 0), steps])
        if lacking > 0
        else steps[-lacking or None :]
    )


KIND = FileKind("sequences", TITLE, SENTENCE, (".csv", ".tsv"), look, describe, load)
