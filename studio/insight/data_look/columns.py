"""Columns of numbers and categories: what they hold, and how much each says of the target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.insight.data_look.facts import CATEGORY, NUMBER, Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 24
"""intervals of a histogram"""
TOP = 3
"""values of a category that are named"""
SOME = 3000
"""samples that tell how much a column says of the target"""
MOST = 200
"""columns beyond these are described, but not compared with the target"""
QUANTILES = 10
FOLDS = 3


def described(name: str, values: NDArray[Any], categories: Sequence[str], target: bool = False) -> Column:
    """A column of `values` (N,) float64, NaN where one is missing; of a category, places among its values."""
    import numpy as np
    import pandas

    series = pandas.Series(values)
    present = series.dropna().to_numpy()
    counts: dict[str, Any] = {"samples": len(series), "missing": len(series) - len(present), "target": target}
    if categories:
        found = pandas.Series(present.astype(int)).value_counts()
        top = tuple((str(categories[int(place)]), int(n)) for place, n in found.items())
        bins = tuple(n for _, n in top[:BINS])
        return Column(name, CATEGORY, distinct=len(found), top=top[:TOP], bins=bins, **counts)
    finite = present[np.isfinite(present)]
    if not len(finite):
        return Column(name, NUMBER, **counts)
    low, middle, high = (float(np.quantile(finite, q)) for q in (0.0, 0.5, 1.0))
    distinct = int(series.nunique())
    intervals = min(BINS, distinct) if distinct > 1 else 1
    bins = tuple(int(n) for n in np.histogram(finite, bins=intervals)[0])
    return Column(name, NUMBER, distinct=distinct, low=low, middle=middle, high=high, bins=bins, **counts)


def relation(
    values: NDArray[Any], category: bool, target: NDArray[Any], classes: bool
) -> tuple[float | None, bool]:
    """How much a column says of the target, and whether that is a correlation. Both (N,), NaN where missing.

    Two columns of numbers: Pearson's correlation by pandas. Else scikit-learn's adjusted mutual information
    of the values, numbers in ten quantiles: 0 for what chance says, 1 where one tells the other.
    """
    import numpy as np
    import pandas
    from sklearn.metrics import adjusted_mutual_info_score

    known = ~np.isnan(values) & ~np.isnan(target)
    values, target = values[known], target[known]
    if len(values) < QUANTILES or len(np.unique(values)) < 2 or len(np.unique(target)) < 2:
        return None, False
    if not category and not classes:
        found = float(pandas.Series(values).corr(pandas.Series(target)))
        return (found if np.isfinite(found) else None), True
    told = adjusted_mutual_info_score(_binned(target, classes), _binned(values, category))
    return max(0.0, float(told)), False


def _binned(values: NDArray[Any], category: bool) -> NDArray[Any]:
    import numpy as np
    import pandas

    if category:
        codes: NDArray[Any] = values.astype(int)
    else:
        codes = np.asarray(pandas.qcut(values, QUANTILES, labels=False, duplicates="drop"))
    return codes


def tells_alone(values: NDArray[Any], target: NDArray[Any], classes: bool) -> float:
    """How well a small decision tree of scikit-learn tells the target by this column alone, cross-validated.

    Balanced accuracy for classes, R² for numbers, of samples that the tree has not seen; 0 where there are
    too few samples to say.
    """
    import numpy as np
    from sklearn.model_selection import cross_val_score
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    known = ~np.isnan(target)
    x = np.nan_to_num(values[known], nan=np.nanmin(values) - 1 if (~np.isnan(values)).any() else 0)[:, None]
    y = target[known]
    rarest = int(np.unique(y, return_counts=True)[1].min()) if classes and len(y) else FOLDS
    if len(y) < 10 * FOLDS or rarest < FOLDS or len(np.unique(y)) < 2:
        return 0.0
    leaf = max(2, len(y) // 200)
    if classes:
        tree, score = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0), "balanced_accuracy"
        y = y.astype(int)
    else:
        tree, score = DecisionTreeRegressor(min_samples_leaf=leaf, random_state=0), "r2"
    order = np.random.default_rng(0).permutation(len(y))
    return float(cross_val_score(tree, x[order], y[order], cv=FOLDS, scoring=score).mean())


def some(samples: int) -> slice:
    """Evenly spaced samples, at most about SOME."""
    return slice(None, None, max(1, samples // SOME))


def all_described(
    x: NDArray[Any],
    names: Sequence[str],
    categories: Sequence[Sequence[str]],
    target: NDArray[Any] | None,
    classes: bool,
    watch: Callable[[float], None],
) -> list[tuple[Column, float]]:
    """Each column of `x` (N, columns), and how well it tells the `target` (N,) alone: 0 if badly."""

    told: list[tuple[Column, float]] = []
    part = some(len(x))
    for i, name in enumerate(names):
        watch(i / len(names))
        column = described(name, x[:, i], categories[i])
        alone = 0.0
        if target is not None and i < MOST:
            found, correlated = relation(x[part, i], bool(categories[i]), target[part], classes)
            column = replace(column, relation=found, correlated=correlated)
            strong = found is not None and abs(found) > (0.5 if correlated else 0.3)
            alone = tells_alone(x[part, i], target[part], classes) if strong else 0.0
        told.append((column, alone))
    return told
