"""The `data` section of a project, checked and typed. Light: no torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio.data import augmentation, inputs
from studio.data.augmentation.kind import Step
from studio.data.repeats import DROP, KEEP
from studio.data.source import DataError, SourceInfo
from studio.data.sources import described
from studio.data.steps import Placed, placed
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

BY_COLUMN = ("group", "time", "given")
"""ways to split that need a column; `data.split` names it under the same name"""
SPLIT_BY = ("random", "stratified", *BY_COLUMN)
DEFAULT_SPLIT: Mapping[str, Json] = {
    "validation": 0.1,
    "test": 0.1,
    "seed": 0,
    "folds": None,
    "fold": None,
    "by": None,
    **dict.fromkeys(BY_COLUMN),
}
DEFAULTS: Mapping[str, Json] = {
    "source": None,
    "root": None,
    "reading": None,
    "inputs": None,
    "missing": "median",
    "duplicates": KEEP,
    "download": False,
    "split": DEFAULT_SPLIT,
    "preprocessing": [{"type": "standardize"}],
    "augmentation": None,
}
MISSING = ("median", "mean", "most_frequent")
"""what a missing number of a table becomes where the list of steps does not say it"""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """Shares of all samples, and the seed of the draw.

    With `folds`, what is not for testing lies in that many parts, and `fold` (from 1) is the one that
    validates: `validation` does not count then. `by` is one of SPLIT_BY, None for what the data ask for: in
    the order of time, as the files part them, by class, or else at random. `column` is what is split by.
    """

    validation: float = 0.1
    test: float = 0.1
    seed: int = 0
    folds: int | None = None
    fold: int = 1
    by: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class DataSettings:
    """`info` is the source that is named."""

    source: str
    info: SourceInfo
    root: str | None
    download: bool
    split: SplitSettings
    steps: tuple[Placed, ...]
    """what is done to the samples, in order; each of them fits"""
    duplicates: str = KEEP
    """whether samples with the inputs of an earlier one are kept"""
    augmentation: tuple[Step, ...] = ()
    """how batches of training samples are changed at random"""


def read(section: Mapping[str, Json]) -> DataSettings:
    """The section with its defaults filled in. Raises DataError naming the key, its value and the cure."""
    _known(section, DEFAULTS, "data")
    info = described(section)
    root = section.get("root")
    if root is not None and not isinstance(root, str):
        raise _wrong("root", root, Message("the path of a folder"))
    inputs.read(section, info)
    download = section.get("download", False)
    if not isinstance(download, bool):
        raise _wrong("download", download, Message("true or false"))
    missing = section.get("missing", "median")
    if missing not in MISSING:
        raise _wrong("missing", missing, Message("one of {known}", known=", ".join(MISSING)))
    return DataSettings(
        str(section["source"]),
        info,
        root,
        download,
        read_split(section.get("split"), info),
        _steps(section, info),
        _duplicates(section, info),
        augmentation.read(section, info),
    )


def _duplicates(section: Mapping[str, Json], info: SourceInfo) -> str:
    said = section.get("duplicates", KEEP)
    if said not in (KEEP, DROP):
        raise _wrong("duplicates", said, Message("one of {known}", known=f"{KEEP}, {DROP}"))
    if said == DROP and (info.ordered or info.environment):
        raise DataError(
            Message(
                "data.duplicates is drop, but samples of {title} follow each other: none can be left out. "
                "Set it to keep.",
                title=info.title,
            )
        )
    return str(said)


def read_split(section: Json, info: SourceInfo) -> SplitSettings:
    """`data.split` with its defaults. Raises DataError naming the key, its value and the cure."""
    if section is None:
        section = {}
    if not isinstance(section, Mapping):
        raise _wrong("split", section, Message("a mapping such as {example}", example=dict(DEFAULT_SPLIT)))
    _known(section, DEFAULT_SPLIT, "data.split")
    values = {**DEFAULT_SPLIT, **section}
    for name in ("validation", "test"):
        share = values[name]
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share < 1:
            raise _wrong(f"split.{name}", share, Message("a share from 0 to below 1"))
    total = values["validation"] + values["test"]
    if not math.isfinite(total) or total >= 1:
        raise DataError(
            Message(
                "data.split leaves nothing to train on: validation {validation} and test {test} make "
                "{total}. Let their sum be below 1.",
                validation=values["validation"],
                test=values["test"],
                total=total,
            )
        )
    seed = values["seed"]
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise _wrong("split.seed", seed, Message("a whole number from 0"))
    drawn = (float(values["validation"]), float(values["test"]), seed)
    return SplitSettings(*drawn, *_folds(values), *_split_by(values, info))


def _split_by(values: Mapping[str, Json], info: SourceInfo) -> tuple[str | None, str | None]:
    """How samples are parted, and the column that says it. Raises DataError where the data have none."""
    by = values["by"]
    if by is None:
        return None, None
    if by not in SPLIT_BY:
        raise _wrong("split.by", by, Message("one of {known}", known=", ".join(SPLIT_BY)))
    if by == "stratified" and info.task != "classification":
        raise DataError(
            Message(
                "data.split.by is stratified, but the data have no classes to share out. Set it to random."
            )
        )
    if by not in BY_COLUMN or (by == "time" and info.ordered):
        return str(by), None
    return str(by), _split_column(str(by), values[str(by)], info)


def _split_column(by: str, name: Json, info: SourceInfo) -> str:
    known = info.split_columns
    if not known:
        raise DataError(
            Message(
                "data.split.by is {by}, which needs a column of the file, and the data {title} have none. "
                "Set it to random.",
                by=by,
                title=info.title,
            )
        )
    if name not in known:
        raise _wrong(f"split.{by}", name, Message("a column: one of {known}", known=", ".join(known)))
    return str(name)


def _folds(values: Mapping[str, Json]) -> tuple[int | None, int]:
    folds, fold = values["folds"], 1 if values["fold"] is None else values["fold"]
    if folds is not None and (
        isinstance(folds, bool) or not isinstance(folds, int) or not 2 <= folds <= 1000
    ):
        raise _wrong("split.folds", folds, Message("a whole number from 2 to 1000"))
    if isinstance(fold, bool) or not isinstance(fold, int) or not 1 <= fold <= (folds or 1):
        raise _wrong("split.fold", fold, Message("a whole number from 1 to data.split.folds"))
    return folds, fold


def _steps(section: Mapping[str, Json], info: SourceInfo) -> tuple[Placed, ...]:
    """The steps of preprocessing. Raises the first problem of one that cannot be done."""
    found = placed(section, info)
    problem = next((step.problem for step in found if step.problem is not None), None)
    if problem is not None:
        raise problem
    return found


def _known(section: Mapping[str, Json], known: Iterable[str], place: str) -> None:
    if reason := sections.unknown_key(section, known, place):
        raise DataError(reason)


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.{key}", value, expected))
