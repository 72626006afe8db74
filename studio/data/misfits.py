"""What of a project's data settings cannot hold for its data, said before anything is read, with the cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from studio.compiler.analysis import Refusal
from studio.data import augmentation, settings, steps
from studio.data.source import DataError, SourceInfo
from studio.data.sources import known
from studio.data.steps.options import COLUMNS, WHOLE
from studio.graph.values import Json
from studio.words import Message

Written = Mapping[str, Json]
"""a step as the project says it"""
_List = list[Written]
PATH = ("data", "preprocessing")


def refusal(section: Mapping[str, Json]) -> Refusal | None:
    """Why preprocessing, split, augmentation or another setting of a `data` section does not fit its data.

    None where they do, and where nothing is known of the data.
    """
    info = known(section)
    if info is None:
        return None
    found = _of_steps(section, info) or _of_split(section, info) or _of_augmentation(section, info)
    return found or _of_the_rest(section)


def _of_the_rest(section: Mapping[str, Json]) -> Refusal | None:
    """A setting that reading the section refuses, with what is usual as its cure where that helps."""
    try:
        settings.read(section)
    except DataError as error:
        cures = tuple(
            (Message("Set data.{key} to {value}", key=key, value=repr(usual)), ("data", key), usual)
            for key, usual in settings.DEFAULTS.items()
            if key in section and key not in ("source", "root", "reading") and _reads({**section, key: usual})
        )
        return Refusal(error.message, cures)
    return None


def _reads(section: Mapping[str, Json]) -> bool:
    try:
        settings.read(section)
    except DataError:
        return False
    return True


# -- steps of preprocessing ----------------------------------------------------------------------


def _of_steps(section: Mapping[str, Json], info: SourceInfo) -> Refusal | None:
    """The first step that does not fit, with what makes it fit, the least change first."""
    try:
        written = steps.listed(section.get("preprocessing"))
    except DataError as error:
        label = Message("Preprocess the data as usual")
        return Refusal(error.message, ((label, PATH, [dict(steps.STANDARDIZE)]),))
    placed = steps.placed(section, info)
    faulty = next((step for step in placed if step.problem is not None), None)
    if faulty is None or faulty.problem is None:
        return None
    same = [i for i, step in enumerate(written) if step == faulty.written]
    at = next((i for i in same if written[i] is faulty.written), same[0] if same else None)
    if at is None:
        return Refusal(faulty.problem.message)
    before = _faults(section, info, written)
    cures = [
        (label, PATH, list(map(dict, tried)))
        for label, tried in _tries(faulty, written, at)
        if _faults(section, info, tried) < before
    ]
    return Refusal(faulty.problem.message, tuple(cures))


def _faults(section: Mapping[str, Json], info: SourceInfo, written: Sequence[Written]) -> int:
    """How many steps do not fit where the list is this."""
    tried = {**section, "preprocessing": list(map(dict, written))}
    return sum(step.problem is not None for step in steps.placed(tried, info))


def _tries(faulty: steps.Placed, written: _List, at: int) -> Iterator[tuple[Message, _List]]:
    """Other lists of steps, each with what it does in words; whether they help is seen later."""
    title = faulty.kind.title if faulty.kind is not None else str(faulty.written.get("type"))
    for label, step in _changed(faulty):
        yield label, [*written[:at], step, *written[at + 1 :]]
    if any(column.values for column in faulty.before.columns):
        label = Message("Make numbers of the categories before {step}", step=title)
        yield label, [*written[:at], {"type": "one_hot"}, *written[at:]]
    for after in range(at + 1, len(written)):
        label = Message("Do {step} after {other}", step=title, other=_title(written[after]))
        moved = [*written[:at], *written[at + 1 : after + 1], written[at], *written[after + 1 :]]
        yield label, moved
    label = Message("Take {step} out of the preprocessing", step=title)
    yield label, [*written[:at], *written[at + 1 :]]


def _title(step: Written) -> Message | str:
    kind = steps.KINDS.get(str(step.get("type")))
    return kind.title if kind is not None else str(step.get("type"))


def _changed(faulty: steps.Placed) -> Iterator[tuple[Message, Written]]:
    """The step with another option: columns that are there, a smaller number, the usual value."""
    if faulty.kind is None:
        return
    title, known_names = faulty.kind.title, faulty.before.names
    options = {option.name: option for option in faulty.kind.options}
    strange = {key: value for key, value in faulty.written.items() if key != "type" and key not in options}
    for key in strange:
        label = Message("Leave {key} of {step} out", key=key, step=title)
        yield label, {k: v for k, v in faulty.written.items() if k != key}
    if (small := _small_enough(faulty)) is not None:
        yield Message("Fit {step} to the size of the images", step=title), small
    for option in options.values():
        said = faulty.written.get(option.name)
        if option.kind == COLUMNS and isinstance(said, list | tuple):
            there = [name for name in said if name in known_names]
            if there and len(there) < len(said):
                gone = ", ".join(str(name) for name in said if name not in known_names)
                label = Message("Leave {columns} out of {step}", columns=gone, step=title)
                yield label, {**faulty.written, option.name: there}
            label = Message("Do {step} to every column that it fits", step=title)
            yield label, {k: v for k, v in faulty.written.items() if k != option.name}
        elif option.kind == WHOLE and isinstance(said, int) and not isinstance(said, bool):
            for most in (*reversed(faulty.before.shape), faulty.before.width):
                if option.least <= most < said:
                    label = Message(
                        "Set {option} of {step} to {value}", option=option.label, step=title, value=most
                    )
                    yield label, {**faulty.written, option.name: most}
        if said is not None and option.complaint(said) is not None:
            usual = option.default
            label = Message("Set {option} of {step} to {value}", option=option.label, step=title, value=usual)
            yield label, {**faulty.written, option.name: usual}


def _small_enough(faulty: steps.Placed) -> Written | None:
    """A step whose height and width are no more than those of the images that reach it."""
    if len(faulty.before.shape) != 3 or not {"height", "width"} <= faulty.written.keys():
        return None
    sides = dict(zip(("height", "width"), faulty.before.shape[1:], strict=True))
    said = {side: faulty.written[side] for side in sides}
    if not all(isinstance(value, int) for value in said.values()):
        return None
    return {**faulty.written, **{side: min(int(str(said[side])), most) for side, most in sides.items()}}


# -- split and augmentation ----------------------------------------------------------------------


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
