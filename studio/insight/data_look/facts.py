"""What a look at data found, as plain numbers and words. Nothing here reads or computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from studio.graph.values import Json
from studio.words import Message

Severity = Literal["warning", "hint"]
NUMBER, CATEGORY, LEFT_OUT = "number", "category", "left out"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, or of a series, as the training and validation samples have it.

    Of numbers: `low`, `middle` and `high` are the least value, the median and the greatest, `bins` how many
    lie in each of equal intervals between them. Of categories: `top` are the most frequent values, `bins`
    how often the most frequent ones are there. `relation` is how much it says of the target: for two columns
    of numbers their correlation (-1 to 1), else adjusted mutual information (0 to 1); None is not known.
    """

    name: str
    type: str
    target: bool = False
    samples: int = 0
    missing: int = 0
    distinct: int = 0
    low: float | None = None
    middle: float | None = None
    high: float | None = None
    top: tuple[tuple[str, int], ...] = ()
    bins: tuple[int, ...] = ()
    relation: float | None = None
    correlated: bool = False
    """whether `relation` is a correlation"""

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"name": self.name, "type": self.type, "missing": self.missing}
        if self.type == NUMBER and self.middle is not None:
            numbers = (self.low, self.middle, self.high)
            told |= {k: float(f"{n:.6g}") for k, n in zip(("min", "median", "max"), numbers, strict=True)}
        if self.type == CATEGORY:
            told["top"] = dict(self.top)
        if self.relation is not None:
            told["correlation" if self.correlated else "mutual_information"] = round(self.relation, 4)
        return told


@dataclass(frozen=True, slots=True)
class Class:
    """A class and how many samples of it train and validate."""

    name: str
    train: int
    validation: int


@dataclass(frozen=True, slots=True)
class Cure:
    """One edit of the project that takes the cause away.

    `settings` are written as they stand, by their paths; `told` is what the file is looked at again with.
    """

    label: Message
    settings: tuple[tuple[tuple[str, ...], Json], ...] = ()
    told: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is odd about the data, and why it matters. `place` is a column, a class or a part; may be empty.

    `code` is a stable name: "constant", "identifier", "leak", "codes", "twin", "gaps", "outliers",
    "duplicates", "shared", "contradictions", "few", "unbalanced", "broken", "blank", "cut", "faulty".
    """

    code: str
    severity: Severity
    place: str
    text: Message
    cures: tuple[Cure, ...] = ()
    detail: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "severity": self.severity, "place": self.place, "text": str(self.text)}


@dataclass(frozen=True, slots=True)
class Picture:
    """One sample as pixels: grey, or red, green, blue; one byte each, row by row."""

    width: int
    height: int
    color: bool
    pixels: bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """One training sample with its label: a picture, a text, or a row of fields."""

    label: str
    picture: Picture | None = None
    text: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """A column of a series in the order of time: the least and the greatest value of each of some spans."""

    name: str
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """All that is shown of data. `counts` are the samples that train, validate and test.

    `looked` samples of `of` that train or validate were looked at. Nothing here is of the test split but the
    number of its samples that are in the others too.
    """

    counts: tuple[int, int, int]
    looked: int
    of: int
    shape: tuple[int, ...]
    task: str
    target: str = ""
    columns: tuple[Column, ...] = ()
    classes: tuple[Class, ...] = ()
    findings: tuple[Finding, ...] = ()
    heads: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    curves: tuple[Curve, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "samples": dict(zip(("train", "validation", "test"), self.counts, strict=True)),
            "looked": self.looked,
            "shape": list(self.shape),
            "task": self.task,
            "columns": [column.to_json() for column in self.columns],
            "classes": {c.name: {"train": c.train, "validation": c.validation} for c in self.classes},
            "findings": [finding.to_json() for finding in self.findings],
        }
