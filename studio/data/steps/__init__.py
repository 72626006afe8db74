"""What is done to stored values before the network sees them: an ordered list, fitted on training samples.

`placed` reads the list in the project file and says what each step makes of a sample, without reading data;
`fit` fits it. Light: other libraries come in when something is fitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from studio.data import inputs
from studio.data.layout import GAME, PIECES, TABLE, TEXT, Layout
from studio.data.source import DataError, SourceInfo
from studio.data.steps import (
    categories,
    dates,
    missing,
    options,
    outliers,
    pictures,
    scaling,
    selection,
    tokens,
    windows,
)
from studio.data.steps.dropping import kept
from studio.data.steps.kind import Operation, Samples, StepKind, UnfitError
from studio.graph.values import Json
from studio.project import sections
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.rows import Stored

KINDS: Mapping[str, StepKind] = {
    kind.type: kind
    for module in (tokens, dates, missing, categories, scaling, outliers, selection, pictures, windows)
    for kind in module.KINDS
}
"""every step, by its name in the project file, in the order a person sees them"""
STANDARDIZE: Mapping[str, Json] = {"type": "standardize"}


@dataclass(frozen=True, slots=True)
class Placed:
    """A step in its place. `written` is what the project says; one with a `problem` is switched off.

    `needed`: it stands there by itself, because the network can do nothing without it.
    """

    written: Mapping[str, Json]
    before: Layout
    after: Layout
    kind: StepKind | None = None
    values: Mapping[str, Any] | None = None
    problem: DataError | None = None
    needed: bool = False

    @property
    def says(self) -> Message:
        """The step in one line of words."""
        if self.kind is None or self.values is None:
            return Message("{name}", name=str(self.written.get("type")))
        return self.kind.says(self.values)


def placed(section: Mapping[str, Json], info: SourceInfo) -> tuple[Placed, ...]:
    """The steps of a `data` section for a source, in order, with those that it needs. Reads no data."""
    layout = info.stored
    found: list[Placed] = []
    for step, index in _completed(section, info):
        one = _place(step, layout, index)
        found.append(one)
        layout = one.after
    if any(column.values for column in layout.columns):
        found.append(_place({"type": "one_hot"}, layout, None))
    return tuple(found)


def _place(step: Mapping[str, Json], layout: Layout, index: int | None) -> Placed:
    """`index` is the step's own in the list of the project, None for one that stands there by itself."""
    place = f"data.preprocessing[{index}]"
    plain = Placed(step, layout, layout, needed=index is None)
    kind = KINDS.get(str(step.get("type")))
    if kind is None:
        expected = Message("one of the steps {known}", known=", ".join(KINDS))
        reason = sections.wrong_value("data.preprocessing", dict(step), expected)
        return replace(plain, problem=DataError(reason))
    plain = replace(plain, kind=kind)
    try:
        values = options.read(step, kind.options, place)
        after = kind.after(layout, values)
        _keeps_inputs(layout, after)
        return replace(plain, values=values, after=after)
    except UnfitError as error:
        reason = Message(
            "{place}: {step} does not fit here: {reason}. Change it, or take it out of the list.",
            place=place,
            step=kind.title,
            reason=error.message,
        )
        return replace(plain, problem=DataError(reason))
    except DataError as error:
        return replace(plain, problem=error)


def _keeps_inputs(before: Layout, after: Layout) -> None:
    """Raises UnfitError where columns went to several inputs, and now nobody knows where."""
    if any(column.input for column in before.columns) and not all(c.input for c in after.columns):
        raise UnfitError(
            Message("behind it nobody knows which column goes to which input; give them all to one")
        )


def _completed(section: Mapping[str, Json], info: SourceInfo) -> list[tuple[Mapping[str, Json], int | None]]:
    """The steps that the section lists, each with its index, behind what the data needs, without one."""
    steps: list[tuple[Mapping[str, Json], int | None]] = [
        (step, index) for index, step in enumerate(listed(section.get("preprocessing")))
    ]
    kind = info.stored.kind
    usual = section.get("preprocessing") is None and not _measured(info.stored)
    if usual or kind in (TEXT, PIECES, GAME):  # what every project says that says nothing else
        steps = [(step, index) for step, index in steps if step != STANDARDIZE]
    if info.tokens is not None and all(step.get("type") != "tokens" for step, _ in steps):
        steps.insert(0, (tokens.written(info.tokens), None))
    if info.categories and kind == TABLE and all(step.get("type") != "missing" for step, _ in steps):
        steps.insert(0, ({"type": "missing", "by": section.get("missing") or missing.MEDIAN}, None))
    if info.dates and all(step.get("type") != "dates" for step, _ in steps):
        steps.insert(0, ({"type": "dates"}, None))
    return steps


def _measured(layout: Layout) -> bool:
    """Whether anything can be standardised: not where all columns are categories."""
    return not layout.columns or any(not column.values for column in layout.columns)


def listed(written: Json) -> list[Mapping[str, Json]]:
    """`data.preprocessing`: no key means standardised, an empty list means as stored. Raises DataError."""
    if written is None:
        return [STANDARDIZE]
    if not isinstance(written, list | tuple):
        reason = sections.wrong_value("data.preprocessing", written, Message("a list of steps"))
        raise DataError(reason)
    return [step if isinstance(step, Mapping) else {"type": step} for step in written]


def prepared(section: Mapping[str, Json], info: SourceInfo) -> SourceInfo:
    """The source with what the network gets of it; a step that cannot be done changes nothing."""
    try:
        steps = placed(section, info)
    except DataError:
        return replace(info, after=inputs.arranged(info.stored, tuple(info.inputs)))
    after = steps[-1].after if steps else info.stored
    info = replace(info, after=inputs.arranged(after, tuple(info.inputs)))
    cut = next((step for step in steps if step.kind is KINDS["tokens"] and step.problem is None), None)
    if cut is None or cut.values is None:
        return info
    known = tokens.of(cut.values)
    # of a long text, what is predicted is its own next token
    return replace(info, tokens=known, outputs=known.size if info.task == "language" else info.outputs)


def fit(
    steps: Sequence[Placed], info: SourceInfo, x: Tensor | Stored, y: Tensor
) -> tuple[tuple[Operation, ...], Layout]:
    """The steps as operations, fitted on training samples; the layout with the true names of columns."""
    done: tuple[Operation, ...] = ()
    if info.scale != 1.0:
        done = ({"type": "scale", "factor": info.scale},)
    layout = info.stored
    for step in steps:
        assert step.kind is not None and step.values is not None, "checked when the settings were read"
        fitted = step.kind.fit(Samples(x, y, done, info.task), layout, step.values)
        done, layout = (*done, *fitted.operations), fitted.layout
        if fitted.operations and fitted.operations[-1]["type"] == "drop":
            x, y = _without_dropped(step, done, x, y)
    return _arranged(done, layout, tuple(info.inputs))


def _arranged(
    done: tuple[Operation, ...], layout: Layout, names: tuple[str, ...]
) -> tuple[tuple[Operation, ...], Layout]:
    """The same, the columns of each input side by side."""
    places = inputs.order(layout, names) if names else []
    if places != sorted(places):
        done = (*done, {"type": "select", "places": places})
    return done, inputs.arranged(layout, names)


def _without_dropped(
    step: Placed, done: tuple[Operation, ...], x: Tensor | Stored, y: Tensor
) -> tuple[Tensor | Stored, Tensor]:
    """The training samples that the steps after this one are fitted on."""
    stays = kept(done, x, training=True)
    assert stays is not None, "the last of these operations drops samples"
    if not stays.any():
        raise DataError(
            Message("No training sample is left after the step “{step}”. Change it.", step=step.says)
        )
    return x[stays.nonzero().flatten()], y[stays]
