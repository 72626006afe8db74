"""Steps that make numbers of categories."""

from __future__ import annotations

from dataclasses import replace

from studio.data.layout import Column, Layout
from studio.data.steps import options
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError, named
from studio.data.steps.options import WHOLE, Option, Values
from studio.words import Message

OTHERS = "…"
"""the value that stands for all the rare ones"""


def _has_categories(layout: Layout) -> None:
    if not any(column.values for column in layout.columns):
        raise UnfitError(Message("none of the columns is a category"))


def spread(layout: Layout, values: Values) -> Layout:
    """A column for each value of each category."""
    _has_categories(layout)
    return layout.of_columns(
        found
        for column in layout.columns
        for found in ([_value(column, value) for value in column.values] or [column])
    )


def _value(column: Column, value: str) -> Column:
    return Column(f"{column.name}={value}", input=column.input)


def fit_one_hot(samples: Samples, layout: Layout, values: Values) -> Fitted:
    categories = [list(column.values) for column in layout.columns]
    return Fitted(({"type": "one_hot", "categories": categories},), spread(layout, values))


def as_places(layout: Layout, values: Values) -> Layout:
    """A category becomes the place of its value among all: 0, 1, 2, ..."""
    _has_categories(layout)
    _named(layout, values)
    return layout.of_columns(replace(c, values=()) if _meant(c, values) else c for c in layout.columns)


def fit_ordinal(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """Places are what is stored: nothing is left to be done."""
    return Fitted((), as_places(layout, values))


def group(layout: Layout, values: Values) -> Layout:
    """Which values stay is not known before the data are read."""
    _has_categories(layout)
    _named(layout, values)
    most = values["most"]
    return layout.of_columns(
        replace(c, values=(*(f"value {i + 1}" for i in range(most)), OTHERS))
        if _meant(c, values) and len(c.values) > most
        else c
        for c in layout.columns
    )


def fit_rare(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """The most frequent values stay, in the order in which they stand; of equals the first."""
    import numpy as np

    tables: list[list[float]] = []
    columns = []
    for i, column in enumerate(layout.columns):
        if not _meant(column, values) or len(column.values) <= values["most"]:
            tables.append([])
            columns.append(column)
            continue
        places = samples.column(i).ravel()
        counts = np.bincount(places[~np.isnan(places)].astype(int), minlength=len(column.values))
        kept = sorted(np.argsort(-counts, kind="stable")[: values["most"]].tolist())
        tables.append([float(kept.index(n) if n in kept else len(kept)) for n in range(len(counts))])
        columns.append(replace(column, values=(*(column.values[n] for n in kept), OTHERS)))
    return Fitted(({"type": "recode", "tables": tables},), layout.of_columns(columns))


def _meant(column: Column, values: Values) -> bool:
    return bool(column.values) and (not values["columns"] or column.name in values["columns"])


def _named(layout: Layout, values: Values) -> None:
    named(layout, values["columns"])
    if not any(_meant(column, values) for column in layout.columns):
        raise UnfitError(Message("none of the columns is a category"))


KINDS = (
    StepKind(
        "rare",
        Message("Rare categories"),
        Message("The most frequent values of a category stay; all others become one."),
        (Option("most", Message("Values that stay"), WHOLE, 10, 1, 10**6), options.columns()),
        group,
        fit_rare,
        lambda values: Message(
            "All but the {n} most frequent values of a category become one", n=values["most"]
        ),
    ),
    StepKind(
        "ordinal",
        Message("Categories as numbers"),
        Message("A category becomes the place of its value: 0, 1, 2 … This fits values that have an order."),
        (options.columns(),),
        as_places,
        fit_ordinal,
        lambda values: Message("Categories become the places of their values"),
    ),
    StepKind(
        "one_hot",
        Message("One-hot categories"),
        Message("Each value of a category becomes a column of its own, 1 where it is there and 0 elsewhere."),
        (),
        spread,
        fit_one_hot,
        lambda values: Message("Categories become columns of 0 and 1"),
    ),
)
