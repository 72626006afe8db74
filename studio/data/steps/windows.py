"""Steps for windows of a time series (L, columns): differences, and each window in its own scale."""

from __future__ import annotations

from dataclasses import replace

from studio.data.layout import OTHER, SERIES, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError
from studio.data.steps.options import WHOLE, Option, Values
from studio.words import Message


def _series(layout: Layout) -> None:
    if layout.kind not in (SERIES, OTHER) or len(layout.shape) != 2:
        raise UnfitError(Message("it is for time series"))


def differences(layout: Layout, values: Values) -> Layout:
    """A step less for each time it is done."""
    _series(layout)
    along = 2 - layout.axis  # of (L, columns) or (columns, L), the other one
    shape = list(layout.shape)
    shape[along] -= values["order"]
    if shape[along] < 1:
        raise UnfitError(Message("a window has {n} rows only", n=layout.shape[along]))
    return replace(layout, shape=tuple(shape))


def fit_differences(samples: Samples, layout: Layout, values: Values) -> Fitted:
    operation = {"type": "difference", "order": values["order"], "along": 3 - layout.axis}
    return Fitted((operation,), differences(layout, values))


def each(layout: Layout, values: Values) -> Layout:
    _series(layout)
    return layout


def fit_each(samples: Samples, layout: Layout, values: Values) -> Fitted:
    return Fitted(({"type": "scale_each", "along": 3 - layout.axis},), layout)


KINDS = (
    StepKind(
        "difference",
        Message("Differences"),
        Message(
            "Each row becomes what it differs from the one before: a trend goes away, a row less is left."
        ),
        (Option("order", Message("Times"), WHOLE, 1, 1, 2),),
        differences,
        fit_differences,
        lambda values: (
            Message("Differences from row to row")
            if values["order"] == 1
            else Message("Differences of the differences from row to row")
        ),
    ),
    StepKind(
        "scale_each",
        Message("Each window in its own scale"),
        Message(
            "Each column of each window gets the mean 0 and the deviation 1 by itself. What is predicted "
            "stays in its own units: this tells windows apart, and does not forecast their level."
        ),
        (),
        each,
        fit_each,
        lambda values: Message("Each window in its own scale"),
    ),
)
