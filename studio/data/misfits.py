"""What of a project's data settings cannot hold for its data, said before anything is read, with the cure."""

from __future__ import annotations

from collections.abc import Mapping

from studio.compiler.analysis import Refusal
from studio.data import augmentation, settings
from studio.data.source import DataError, SourceInfo
from studio.data.sources import known
from studio.graph.values import Json
from studio.words import Message


def refusal(section: Mapping[str, Json]) -> Refusal | None:
    """Why the split or the augmentation of a `data` section does not fit its data; None where they do."""
    info = known(section)
    if info is None:
        return None
    return _of_split(section, info) or _of_augmentation(section, info)


def _of_split(section: Mapping[str, Json], info: SourceInfo) -> Refusal | None:
    split = section.get("split")
    try:
        settings.read_split(split, info)
    except DataError as error:
        if not isinstance(split, Mapping) or split.get("by") is None:
            return Refusal(error.message)
        plain = {key: value for key, value in split.items() if key not in ("by", *settings.BY_COLUMN)}
        return Refusal(error.message, ((Message("Split the data automatically"), ("data", "split"), plain),))
    return None


def _of_augmentation(section: Mapping[str, Json], info: SourceInfo) -> Refusal | None:
    try:
        placed = augmentation.placed(section, info)
    except DataError as error:
        return Refusal(error.message)
    for number, one in enumerate(placed):
        if one.problem is not None:
            kept = [other.written for other in (*placed[:number], *placed[number + 1 :])]
            name = one.step.kind.title if one.step is not None else str(one.written.get("type"))
            label = Message("Take {step} out of the augmentation", step=name)
            return Refusal(one.problem.message, ((label, ("data", "augmentation"), kept),))
    return None
