"""What becomes of missing values: filled in by scikit-learn's imputers."""

from __future__ import annotations

from studio.data.layout import SERIES, TABLE, Layout
from studio.data.steps.kind import Fitted, Operation, Samples, StepKind, UnfitError, named
from studio.data.steps.options import CHOICE, NUMBER, WHOLE, Option, Values, columns
from studio.words import Message

MEDIAN, NEIGHBOURS, DROP = "median", "neighbours", "drop"
STRATEGIES = (
    (MEDIAN, Message("the median")),
    ("mean", Message("the mean")),
    ("most_frequent", Message("the most frequent")),
    ("constant", Message("a number")),
    (NEIGHBOURS, Message("the mean of rows like it")),
    (DROP, Message("a reason to leave the row out")),
)
MOST = 1000
"""rows of the training samples among which the nearest are sought"""


def after(layout: Layout, values: Values) -> Layout:
    if layout.kind not in (TABLE, SERIES):
        raise UnfitError(Message("only tables have missing values"))
    if layout.kind == SERIES and values["by"] in (NEIGHBOURS, DROP):
        raise UnfitError(Message("windows of a series can only be filled in, a column at a time"))
    named(layout, values["columns"])
    return layout


def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """A missing category becomes the most frequent one, whatever becomes of numbers."""
    chosen = layout.places(values["columns"])
    if values["by"] == DROP:
        places = chosen if values["columns"] else tuple(range(layout.width))
        return Fitted(({"type": "drop", "missing": list(places)},), layout)
    if values["by"] == NEIGHBOURS:
        by_column = _categories(samples, layout)
        return Fitted((*by_column, _like(samples, chosen, values["neighbours"])), layout)
    filled: list[float | None] = []
    for i in range(layout.width):
        category = bool(layout.columns) and bool(layout.columns[i].values)
        date = bool(layout.columns) and layout.columns[i].date
        if i in chosen or category or date:
            # as they are stored: the mean keeps its bits
            column = samples.column(i, layout.axis).astype("float32")
            filled.append(_filling(column, "most_frequent" if category else values["by"], values))
        else:
            filled.append(None)
    along = {"axis": layout.axis} if layout.axis != 1 else {}
    return Fitted(({"type": "impute", "values": filled, **along},), layout)


def _categories(samples: Samples, layout: Layout) -> tuple[Operation, ...]:
    """What fills in the categories alone."""
    filled = [
        _filling(samples.column(i), "most_frequent", {}) if column.values else None
        for i, column in enumerate(layout.columns)
    ]
    return ({"type": "impute", "values": filled},) if any(value is not None for value in filled) else ()


def _like(samples: Samples, chosen: tuple[int, ...], count: int) -> Operation:
    """What scikit-learn's KNNImputer remembers: the rows themselves."""
    import numpy as np

    rows = samples.some(MOST).rows()[:, chosen].astype(np.float32)
    lacking = np.isnan(rows)
    present = (~lacking).sum(0)
    means = np.where(lacking, 0.0, rows).sum(0, dtype=np.float64) / np.maximum(present, 1)
    kept = [[None if np.isnan(value) else float(value) for value in row] for row in rows]
    return {
        "type": "impute_neighbours",
        "places": list(chosen),
        "count": count,
        "means": means.tolist(),
        "rows": kept,
    }


def _filling(column: object, strategy: str, values: Values) -> float:
    """What a missing value of a column (N, 1) becomes; 0 where the column has no value at all."""
    from sklearn.impute import SimpleImputer

    constant = {"fill_value": float(values["value"])} if strategy == "constant" else {}
    imputer = SimpleImputer(strategy=strategy, keep_empty_features=True, **constant)
    return float(imputer.fit(column).statistics_[0])


def says(values: Values) -> Message:
    if values["by"] == "constant":
        return Message("Missing numbers become {number}", number=f"{values['value']:g}")
    if values["by"] == DROP:
        return Message("Rows with a missing value are left out")
    if values["by"] == NEIGHBOURS:
        return Message(
            "Missing numbers become the mean of the {n} rows most like theirs", n=values["neighbours"]
        )
    return Message("Missing numbers become {what}", what=dict(STRATEGIES)[values["by"]])


KINDS = (
    StepKind(
        "missing",
        Message("Missing values"),
        Message(
            "A missing number is filled in, or its row is left out. A missing category becomes the most "
            "frequent one. Scale the columns before rows like it are sought: those are told by distance."
        ),
        (
            Option("by", Message("Numbers become"), CHOICE, MEDIAN, choices=STRATEGIES),
            Option("value", Message("Number"), NUMBER, 0.0, -1e30, 1e30, only=("by", ("constant",))),
            Option("neighbours", Message("Rows like it"), WHOLE, 5, 1, 100, only=("by", (NEIGHBOURS,))),
            columns(),
        ),
        after,
        fit,
        says,
    ),
)
