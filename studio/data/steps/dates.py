"""A date becomes numbers that say something: its year, month, day, weekday, the time of day."""

from __future__ import annotations

from collections.abc import Sequence

from studio.data.layout import Column, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError
from studio.data.steps.options import SEVERAL, Option, Values
from studio.words import Message

PARTS = (
    ("year", Message("year")),
    ("month", Message("month")),
    ("day", Message("day of the month")),
    ("weekday", Message("day of the week")),
    ("day_of_year", Message("day of the year")),
    ("hour", Message("hour of the day")),
    ("days", Message("days since 2000")),
)
USUAL = ["year", "month", "day", "weekday"]


def after(layout: Layout, values: Values) -> Layout:
    if not any(column.date for column in layout.columns):
        raise UnfitError(Message("none of the columns is a date"))
    return layout.of_columns(
        found for column in layout.columns for found in (_parts(column, values) if column.date else [column])
    )


def _parts(column: Column, values: Values) -> Sequence[Column]:
    return [Column(f"{column.name}: {part}", input=column.input) for part in _chosen(values)]


def _chosen(values: Values) -> list[str]:
    """The parts in their order, whatever the order in which they were chosen."""
    return [part for part, _ in PARTS if part in values["parts"]]


def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
    operation = {
        "type": "dates",
        "dates": [column.date for column in layout.columns],
        "parts": _chosen(values),
        **({"axis": layout.axis} if layout.axis != 1 else {}),
    }
    return Fitted((operation,), after(layout, values))


def says(values: Values) -> Message:
    return Message(
        "Dates become {parts}", parts=", ".join(str(dict(PARTS)[part]) for part in _chosen(values))
    )


KINDS = (
    StepKind(
        "dates",
        Message("Dates to parts"),
        Message("A date becomes numbers: Monday is 0, half past one in the afternoon 13.5."),
        (Option("parts", Message("Parts"), SEVERAL, USUAL, choices=PARTS),),
        after,
        fit,
        says,
    ),
)
