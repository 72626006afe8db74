"""Steps that make numbers of categories."""

from __future__ import annotations

from studio.data.layout import Column, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError
from studio.data.steps.options import Values
from studio.words import Message


def _has_categories(layout: Layout) -> None:
    if not any(column.values for column in layout.columns):
        raise UnfitError(Message("none of the columns is a category"))


def spread(layout: Layout, values: Values) -> Layout:
    """A column for each value of each category."""
    _has_categories(layout)
    return layout.of_columns(
        found
        for column in layout.columns
        for found in ([Column(f"{column.name}={value}") for value in column.values] or [column])
    )


def fit_one_hot(samples: Samples, layout: Layout, values: Values) -> Fitted:
    categories = [list(column.values) for column in layout.columns]
    return Fitted(({"type": "one_hot", "categories": categories},), spread(layout, values))


KINDS = (
    StepKind(
        "one_hot",
        Message("One-hot categories"),
        Message("Each value of a category becomes a column of its own, 1 where it is there and 0 elsewhere."),
        (),
        spread,
        fit_one_hot,
        lambda values: Message("A column of 0 and 1 for each value of a category"),
    ),
)
