"""Fewer columns: the best of them by a score, or the main directions of all (PCA)."""

from __future__ import annotations

from typing import Any

from studio.data.layout import Column, Layout
from studio.data.steps.kind import Fitted, Samples, StepKind, UnfitError, numbers_only
from studio.data.steps.options import CHOICE, FLAG, WHOLE, Option, Values
from studio.words import Message

VARIANCE, MUTUAL, F_TEST = "variance", "mutual_information", "f_test"
SCORES = (
    (MUTUAL, Message("mutual information with the target")),
    (F_TEST, Message("an F-test against the target")),
    (VARIANCE, Message("variance")),
)
MOST = {VARIANCE: 1_000_000, MUTUAL: 20_000, F_TEST: 1_000_000}
"""rows that are scored; mutual information takes long"""
MOST_PCA = 200_000


def _fewer(layout: Layout, wanted: int) -> None:
    numbers_only(layout)
    if wanted > layout.width:
        raise UnfitError(
            Message("{wanted} columns are to remain, and there are {n}", wanted=wanted, n=layout.width)
        )


def best(layout: Layout, values: Values) -> Layout:
    """Which columns remain is not known before the data are read."""
    _fewer(layout, values["keep"])
    return layout.of_columns(Column(f"best {i + 1}") for i in range(values["keep"]))


def fit_best(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """The columns with the highest scores, in the order in which they stand."""
    import numpy as np

    scores = _scores(samples.some(MOST[values["by"]]), values["by"])
    first = np.argsort(-np.nan_to_num(scores, nan=-1.0), kind="stable")[: values["keep"]]
    places = sorted(int(place) for place in first)
    return Fitted(
        ({"type": "select", "places": places},), layout.of_columns(layout.columns[i] for i in places)
    )


def _scores(samples: Samples, by: str) -> Any:
    """A score a column, by scikit-learn; of several targets the mean."""
    import numpy as np
    from sklearn import feature_selection as of

    x = samples.rows()
    if by == VARIANCE:
        return x.var(0)
    classes = samples.task == "classification"
    y = samples.y.numpy()
    targets = [y] if y.ndim == 1 else list(y.reshape(len(y), -1).T)
    found = []
    for target in targets:
        if by == MUTUAL:
            score = of.mutual_info_classif if classes else of.mutual_info_regression
            found.append(score(x, target, random_state=0))
        else:
            with np.errstate(all="ignore"):
                found.append((of.f_classif if classes else of.f_regression)(x, target)[0])
    return np.mean(found, axis=0)


def directions(layout: Layout, values: Values) -> Layout:
    _fewer(layout, values["components"])
    return layout.of_columns(Column(f"direction {i + 1}") for i in range(values["components"]))


def fit_pca(samples: Samples, layout: Layout, values: Values) -> Fitted:
    """scikit-learn's PCA."""
    import numpy as np
    from sklearn.decomposition import PCA

    rows = samples.some(MOST_PCA).rows()
    if len(rows) < values["components"]:
        raise UnfitError(
            Message(
                "PCA finds as many directions as there are training samples at most: {n}. Take fewer "
                "(components).",
                n=len(rows),
            )
        )
    found = PCA(values["components"], svd_solver="full").fit(rows)
    turned = found.components_
    if values["whiten"]:
        turned = turned / np.sqrt(np.maximum(found.explained_variance_, 1e-12))[:, None]
    operation = {"type": "project", "mean": found.mean_.tolist(), "directions": turned.tolist()}
    return Fitted((operation,), directions(layout, values))


KINDS = (
    StepKind(
        "best",
        Message("The best columns"),
        Message("Columns are scored on the training samples, and only those with the highest scores stay."),
        (
            Option("keep", Message("Columns that stay"), WHOLE, 10, 1, 10**6),
            Option("by", Message("Scored by"), CHOICE, MUTUAL, choices=SCORES),
        ),
        best,
        fit_best,
        lambda values: Message(
            "The {n} best columns by {score}", n=values["keep"], score=dict(SCORES)[values["by"]]
        ),
        lambda layout: {"keep": max(1, min(10, layout.width))},
    ),
    StepKind(
        "pca",
        Message("Main directions (PCA)"),
        Message("The columns are turned so that few of them hold most of what differs. Scale them before."),
        (
            Option("components", Message("Directions"), WHOLE, 2, 1, 10**6),
            Option("whiten", Message("Each with deviation 1"), FLAG, False),
        ),
        directions,
        fit_pca,
        lambda values: Message("{n} main directions of all columns (PCA)", n=values["components"]),
        lambda layout: {"components": max(1, min(2, layout.width))},
    ),
)
