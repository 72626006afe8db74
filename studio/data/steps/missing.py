"""What becomes of missing values: filled in by scikit-learn's imputers."""

from __future__ import annotations

from studio.data.layout import SERIES, TABLE, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError, named
from studio.data.steps.options import CHOICE, NUMBER, Option, Values, columns
from studio.words import Message

MEDIAN = "median"
STRATEGIES = (
    (MEDIAN, Message("the median")),
    ("mean", Message("the mean")),
    ("most_frequent", Message("the most frequent")),
    ("constant", Message("a number")),
)


def after(layout: Layout, values: Values) -> Layout:
    if layout.kind not in (TABLE, SERIES):
        raise UnfitError(Message("only tables have missing values"))
    named(layout, values["columns"])
    return layout


def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """A missing category becomes the most frequent one, whatever becomes of numbers."""
    chosen = layout.places(values["columns"])
    filled: list[float | None] = []
    for i in range(layout.width):
        category = bool(layout.columns) and bool(layout.columns[i].values)
        if i in chosen or category:
            # as they are stored: the mean keeps its bits
            column = samples.column(i, layout.axis).astype("float32")
            filled.append(_filling(column, "most_frequent" if category else values["by"], values))
        else:
            filled.append(None)
    along = {"axis": layout.axis} if layout.axis != 1 else {}
    return Fitted(({"type": "impute", "values": filled, **along},), layout)


def _filling(column: object, strategy: str, values: Values) -> float:
    """What a missing value of a column (N, 1) becomes; 0 where the column has no value at all."""
    from sklearn.impute import SimpleImputer

    constant = {"fill_value": float(values["value"])} if strategy == "constant" else {}
    imputer = SimpleImputer(strategy=strategy, keep_empty_features=True, **constant)
    return float(imputer.fit(column).statistics_[0])


def says(values: Values) -> Message:
    if values["by"] == "constant":
        return Message("Missing numbers become {number}", number=f"{values['value']:g}")
    return Message("Missing numbers become {what}", what=dict(STRATEGIES)[values["by"]])


KINDS = (
    StepKind(
        "missing",
        Message("Missing values"),
        Message("A missing number is filled in; a missing category becomes the most frequent one."),
        (
            Option("by", Message("Numbers become"), CHOICE, MEDIAN, choices=STRATEGIES),
            Option("value", Message("Number"), NUMBER, 0.0, -1e30, 1e30, only=("by", ("constant",))),
            columns(),
        ),
        after,
        fit,
        says,
    ),
)
