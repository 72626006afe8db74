"""What becomes of values that lie far from the others: brought to the edge, or their rows are left out."""

from __future__ import annotations

from studio.data.layout import SERIES, TABLE, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError, named
from studio.data.steps.options import CHOICE, NUMBER, Option, Values, columns
from studio.words import Message

DEVIATIONS, QUANTILES, CLIP, DROP = "deviations", "quantiles", "clip", "drop"
MOST = 1_000_000
"""rows of which quantiles are taken"""


def after(layout: Layout, values: Values) -> Layout:
    if layout.kind not in (TABLE, SERIES):
        raise UnfitError(Message("it is for tables and series"))
    if values["then"] == DROP and layout.kind != TABLE:
        raise UnfitError(Message("rows of a series cannot be left out, as its windows would break"))
    if values["by"] == QUANTILES and not values["low"] < values["high"]:
        raise UnfitError(Message("the lower quantile must lie below the upper one"))
    named(layout, values["columns"])
    if not layout.places(values["columns"]):
        raise UnfitError(Message("none of the columns is a number"))
    return layout


def fit(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """Bounds of each column, in the units that reach the step."""
    import numpy as np

    chosen = layout.places(values["columns"])
    rows = samples.some(MOST).rows(layout.axis)[:, chosen]
    if values["by"] == DEVIATIONS:
        mean, spread = np.nanmean(rows, 0), values["deviations"] * np.nanstd(rows, 0)
        bounds = [mean - spread, mean + spread]
    else:
        bounds = list(np.nanquantile(rows, [values["low"], values["high"]], axis=0))
    low, high = ([float(np.float32(value)) for value in bound] for bound in bounds)
    along = {"axis": layout.axis} if layout.axis != 1 else {}
    limits = {
        "low": _beside(low, chosen, layout.width),
        "high": _beside(high, chosen, layout.width),
        **along,
    }
    if values["then"] == DROP:
        return Fitted(({"type": "drop", "training": True, **limits},), layout)
    return Fitted(({"type": "clip", **limits},), layout)


def _beside(bounds: list[float], chosen: tuple[int, ...], width: int) -> list[float | None]:
    """A bound a column; None for a column that has none."""
    known = dict(zip(chosen, bounds, strict=True))
    return [known.get(i) for i in range(width)]


def says(values: Values) -> Message:
    if values["by"] == DEVIATIONS:
        far = Message("farther than {n} deviations", n=f"{values['deviations']:g}")
    else:
        far = Message("outside the quantiles {low} … {high}", low=values["low"], high=values["high"])
    if values["then"] == DROP:
        return Message("Rows {far} do not train", far=far)
    return Message("Values {far} are clipped", far=far)


KINDS = (
    StepKind(
        "outliers",
        Message("Outliers"),
        Message(
            "Values far from the others are brought to the edge, or rows with one are left out of training. "
            "Rows that validate and test all stay."
        ),
        (
            Option(
                "by",
                Message("Far is"),
                CHOICE,
                DEVIATIONS,
                choices=((DEVIATIONS, Message("in deviations")), (QUANTILES, Message("by quantiles"))),
            ),
            Option("deviations", Message("Deviations"), NUMBER, 3.0, 0.1, 100, only=("by", (DEVIATIONS,))),
            Option("low", Message("Lower quantile"), NUMBER, 0.01, 0, 1, only=("by", (QUANTILES,))),
            Option("high", Message("Upper quantile"), NUMBER, 0.99, 0, 1, only=("by", (QUANTILES,))),
            Option(
                "then",
                Message("Such values"),
                CHOICE,
                CLIP,
                choices=((CLIP, Message("are clipped")), (DROP, Message("leave their row out"))),
            ),
            columns(),
        ),
        after,
        fit,
        says,
    ),
)
