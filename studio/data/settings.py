"""The `data` section of a project, checked and typed. Light: no torch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from studio.data.source import DataError
from studio.data.sources import SOURCES
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

DEFAULT_SPLIT: Mapping[str, Json] = {"validation": 0.1, "test": 0.1, "seed": 0}
DEFAULTS: Mapping[str, Json] = {
    "source": None,
    "root": None,
    "download": False,
    "split": DEFAULT_SPLIT,
    "preprocessing": [{"type": "standardize"}],
}
PREPROCESSING = ("standardize",)
"""the steps known here, by their name in the project file"""


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """Shares of all samples, and the seed of the draw."""

    validation: float = 0.1
    test: float = 0.1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class DataSettings:
    source: str
    root: str | None
    download: bool
    split: SplitSettings
    preprocessing: tuple[str, ...]


def read(section: Mapping[str, Json]) -> DataSettings:
    """The section with its defaults filled in. Raises DataError naming the key, its value and the cure."""
    _known(section, DEFAULTS, "data")
    source = section.get("source")
    if source is None:
        raise DataError(Message("No data is chosen. Choose a source in the Data panel, or set data.source."))
    if not isinstance(source, str) or source not in SOURCES:
        raise DataError(
            Message(
                "data.source is {value}, which is no source known here. Known: {known}.",
                value=repr(source),
                known=", ".join(SOURCES),
            )
        )
    root = section.get("root")
    if root is not None and not isinstance(root, str):
        raise _wrong("root", root, Message("the path of a folder"))
    download = section.get("download", False)
    if not isinstance(download, bool):
        raise _wrong("download", download, Message("true or false"))
    return DataSettings(
        source, root, download, _split(section.get("split")), _steps(section.get("preprocessing"))
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
    return SplitSettings(float(values["validation"]), float(values["test"]), seed)


def _steps(section: Json) -> tuple[str, ...]:
    """No key means standardised; an empty list means as stored."""
    if section is None:
        return ("standardize",)
    if not isinstance(section, list | tuple):
        raise _wrong("preprocessing", section, Message("a list of steps"))
    steps = []
    for step in section:
        name = step.get("type") if isinstance(step, Mapping) else step
        if name not in PREPROCESSING or (isinstance(step, Mapping) and set(step) != {"type"}):
            raise _wrong(
                "preprocessing",
                step,
                Message("one of the steps {known}", known=", ".join(PREPROCESSING)),
            )
        if name not in steps:
            steps.append(str(name))
    return tuple(steps)


def _known(section: Mapping[str, Json], known: Iterable[str], place: str) -> None:
    if reason := sections.unknown_key(section, known, place):
        raise DataError(reason)


def _wrong(key: str, value: Json, expected: Message) -> DataError:
    return DataError(sections.wrong_value(f"data.{key}", value, expected))
