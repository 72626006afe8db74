"""The `data` section of a project, checked and typed. Light: no torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio.data.source import DataError, SourceInfo
from studio.data.sources import described
from studio.data.steps import Placed, placed
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

DEFAULT_SPLIT: Mapping[str, Json] = {"validation": 0.1, "test": 0.1, "seed": 0, "folds": None, "fold": None}
DEFAULTS: Mapping[str, Json] = {
    "source": None,
    "root": None,
    "reading": None,
    "missing": "median",
    "download": False,
    "split": DEFAULT_SPLIT,
    "preprocessing": [{"type": "standardize"}],
}
MISSING = ("median", "mean", "most_frequent")
"""what a missing number of a table becomes where the list of steps does not say it"""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """Shares of all samples, and the seed of the draw.

    With `folds`, what is not for testing lies in that many parts, and `fold` (from 1) is the one that
    validates: `validation` does not count then.
    """

    validation: float = 0.1
    test: float = 0.1
    seed: int = 0
    folds: int | None = None
    fold: int = 1


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


def read(section: Mapping[str, Json]) -> DataSettings:
    """The section with its defaults filled in. Raises DataError naming the key, its value and the cure."""
    _known(section, DEFAULTS, "data")
    info = described(section)
    root = section.get("root")
    if root is not None and not isinstance(root, str):
        raise _wrong("root", root, Message("the path of a folder"))
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
        _split(section.get("split")),
        _steps(section, info),
    )


def _split(section: Json) -> SplitSettings:
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
    return SplitSettings(float(values["validation"]), float(values["test"]), seed, *_folds(values))


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
