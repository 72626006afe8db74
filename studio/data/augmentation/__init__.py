"""Training samples changed at random, a batch at a time: an ordered list of steps in `data.augmentation`.

`placed` reads the list and says of each step whether it fits; `pipeline` applies them. Light: torch comes in
when a batch is changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.data.augmentation import (
    colours,
    crops,
    erasing,
    flips,
    noise,
    rand_augment,
    warps,
)
from studio.data.augmentation.kind import Kind, Step
from studio.data.layout import GAME, IMAGE, OTHER, SERIES, TABLE, TEXT
from studio.data.source import DataError, SourceInfo
from studio.data.steps import options
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

KINDS: Mapping[str, Kind] = {
    kind.type: kind
    for module in (flips, crops, warps, colours, erasing, rand_augment, noise)
    for kind in module.KINDS
}
"""every step, by its name in the project file, in the order a person sees them"""
_DATA = {
    IMAGE: Message("images"),
    TABLE: Message("tables"),
    SERIES: Message("time series"),
    TEXT: Message("texts"),
    GAME: Message("games"),
    OTHER: Message("other numbers"),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """A step of the list as it is `written`: what it is, or what is wrong with it."""

    written: Mapping[str, Json]
    step: Step | None = None
    problem: DataError | None = None


def offered(info: SourceInfo) -> tuple[Kind, ...]:
    """The kinds of steps that are for this data."""
    if info.task == "language":
        return ()
    moved = info.task == "segmentation"
    kind = info.stored.kind
    return tuple(
        k
        for k in KINDS.values()
        if kind in k.for_ and not (moved and k.type == "rand_augment")
    )


def placed(section: Mapping[str, Json], info: SourceInfo) -> tuple[Placed, ...]:
    """The steps of a `data` section, in order. Raises DataError where it has no list there."""
    written = section.get("augmentation")
    if written is None:
        return ()
    if not isinstance(written, list | tuple):
        raise DataError(
            sections.wrong_value(
                "data.augmentation", written, Message("a list of steps")
            )
        )
    return tuple(_place(step, number, info) for number, step in enumerate(written))


def read(section: Mapping[str, Json], info: SourceInfo) -> tuple[Step, ...]:
    """The same; raises the first problem."""
    found = placed(section, info)
    problem = next((one.problem for one in found if one.problem is not None), None)
    if problem is not None:
        raise problem
    return tuple(one.step for one in found if one.step is not None)


def _place(written: Json, number: int, info: SourceInfo) -> Placed:
    step = written if isinstance(written, Mapping) else {"type": written}
    place = f"data.augmentation[{number}]"
    kind = KINDS.get(str(step.get("type")))
    if kind is None:
        expected = Message("one of the steps {known}", known=", ".join(KINDS))
        return Placed(
            step, None, DataError(sections.wrong_value(place, dict(step), expected))
        )
    try:
        values = options.read(step, kind.options, place)
        _check(kind, place, info)
    except DataError as error:
        return Placed(step, Step(kind, step), error)
    return Placed(step, Step(kind, values))


def _check(kind: Kind, place: str, info: SourceInfo) -> None:
    data = info.stored.kind
    if data not in kind.for_:
        raise DataError(
            Message(
                "{place}: {step} is for {fitting}, and the data are {data}. Take it out of the list.",
                place=place,
                step=kind.title,
                fitting=", ".join(str(_DATA[name]) for name in kind.for_),
                data=_DATA[data],
            )
        )
    if kind not in offered(info):
        raise DataError(
            Message(
                "{place}: {step} cannot be used here, because what is to be learned would not change with "
                "the samples. Take it out of the list.",
                place=place,
                step=kind.title,
            )
        )
