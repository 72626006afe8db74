"""Steps of a script that change which columns or rows of a table there are, or compare rows, as text.

Each does what its step in `data.steps` does, with the same arithmetic in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from studio.compiler import layout
from studio.data.steps import Placed, dates, missing, selection

SOME = '''
def some(train: Tensor, most: int) -> Tensor:
    """All of them, or where there are more `most` of them, evenly spread."""
    if len(train) <= most:
        return train
    return train[torch.linspace(0, len(train) - 1, most, dtype=torch.float64).long()]
'''
NEIGHBOURED = '''
def neighboured(x: Tensor, known: Tensor, places: Sequence[int], count: int) -> Tensor:
    """Missing numbers as the mean of the nearest `count` rows, and of all as near."""
    distance, both = torch.zeros(2, len(x), len(known))
    for i in places:
        apart = x[:, i : i + 1] - known[:, i]
        there = ~apart.isnan()
        distance += torch.where(there, apart * apart, 0.0)
        both += there
    none = torch.tensor(float("inf"))
    distance = torch.where(both > 0, distance * len(places) / both.clamp(min=1.0), none)
    means = np.nanmean(known.numpy(), 0, dtype=np.float64)
    made = x.clone()
    for i in places:
        having = ~known[:, i].isnan()
        far, values = distance[:, having], known[having, i]
        last = far.topk(min(count, len(values)), 1, largest=False).values[:, -1:]
        weights = ((far <= last) & far.isfinite()).float()
        mean = (values * weights).sum(1) / weights.sum(1).clamp(min=1.0)
        mean = torch.where(weights.sum(1) > 0, mean, float(means[i]))
        made[:, i] = torch.where(x[:, i].isnan(), mean, x[:, i])
    return made
'''
DATED = '''
def dated(x: Tensor, places: Sequence[int]) -> Tensor:
    """The days since 2000 in those columns as parts of their dates."""
    columns = []
    for place, column in enumerate(x.T):
        if place not in places:
            columns.append(column)
            continue
{parts}
    return torch.stack(columns, 1)
'''
_DAY = """        days = column.floor().double().numpy()
        date = pandas.to_datetime(days, unit="D", origin="2000-01-01")
        for part in ({fields}):
            columns.append(torch.tensor(part.to_numpy(np.float32)))"""
_HOUR = "        columns.append((column - column.floor()) * 24)"
_DAYS = "        columns.append(column)"
_FIELDS = {name: name for name in ("year", "month", "day", "weekday", "day_of_year")}
"""parts of a date that are whole numbers, and what pandas calls them"""
GROUPED = '''
def grouped(x: Tensor, known: Tensor, sizes: dict[int, int], most: int) -> Tensor:
    """Of categories of so many values the `most` frequent stay, the others are one."""
    x = x.clone()
    for place, size in sizes.items():
        lacking, seen = x[:, place].isnan(), known[:, place]
        counts = torch.bincount(seen[~seen.isnan()].long(), minlength=size)
        kept = counts.argsort(descending=True, stable=True)[:most].sort().values
        table = torch.full((size,), float(most))
        table[kept] = torch.arange(most).float()
        x[~lacking, place] = table[x[~lacking, place].long()]
    return x
'''
BEST = '''
def best(x: Tensor, {given}train: Tensor, keep: int) -> Tensor:
    """The columns with the highest {said}, as they stand."""
{scores}
    first = np.argsort(-np.nan_to_num(scores, nan=-1.0), kind="stable")[:keep]
    return x[:, np.sort(first)]
'''
_SCORED = """    rows, targets = x[train].double().numpy(), y[train].numpy().ravel()
    scores = {function}(rows, targets{more}"""
_VARIANCE = "    scores = x[train].double().numpy().var(0)"
_SCORES = {
    selection.MUTUAL: ("mutual_info_classif", "mutual_info_regression", "mutual information"),
    selection.F_TEST: ("f_classif", "f_regression", "score of an F-test"),
}
TURNED = '''
def turned(x: Tensor, drawn: Sequence[Tensor], rows: Tensor, components: int) -> Tensor:
    """The main directions of `rows`; each part by itself, for equal rounding."""
    found = PCA(components, svd_solver="full").fit(rows.double().numpy())
{directions}
    mean = torch.from_numpy(found.mean_).float()
    directions = torch.from_numpy(axes.T.copy()).float()
    made = torch.zeros(len(x), components)
    for part in drawn:
        {made}
    return made
'''
_AXES = "    axes = found.components_"
_WHITE = """    deviations = np.sqrt(np.maximum(found.explained_variance_, 1e-12))
    axes = found.components_ / deviations[:, None]"""
_AT_ONCE = "made[part] = (x[part] - mean) @ directions"
_PIECES = """for piece in part.split(4096):
            made[piece] = (x[piece] - mean) @ directions"""
COMPLETE = '''
def complete(x: Tensor, drawn: Sequence[Tensor], places: Sequence[int]) -> list[Tensor]:
    """The parts without the rows in which one of those columns is missing."""
    lacking = x[:, places].isnan().any(1)
    return [part[~lacking[part]] for part in drawn]
'''
WITHIN = '''
def within(x: Tensor, drawn: Sequence[Tensor], edges: Tensor) -> list[Tensor]:
    """The parts, without those rows to train on that lie beyond an edge."""
    far = ((x < edges[0]) | (x > edges[1])).any(1)
    train, *others = drawn
    return [train[~far[train]], *others]
'''


def _values(placed: Placed) -> Mapping[str, Any]:
    assert placed.values is not None, "checked when the settings were read"
    return placed.values


def of(steps: tuple[Placed, ...], kind: str) -> list[Placed]:
    """Those of the steps that are of a kind."""
    return [placed for placed in steps if placed.kind is not None and placed.kind.type == kind]


def rows_seen(placed: Placed) -> int | None:
    """How many rows a step looks at, at most; None for all."""
    match placed.kind.type if placed.kind is not None else "":
        case "missing" if _values(placed)["by"] == missing.NEIGHBOURS:
            return missing.MOST
        case "best":
            return selection.MOST[_values(placed)["by"]]
        case "pca":
            return selection.MOST_PCA
    return None


def functions(steps: tuple[Placed, ...], classes: bool) -> Iterator[str]:
    """The functions that those of the steps call which change columns or compare rows."""
    if any(_values(placed)["by"] == missing.NEIGHBOURS for placed in of(steps, "missing")):
        yield NEIGHBOURED.strip("\n")
    for placed in of(steps, "dates")[:1]:
        yield _dated(placed)
    if of(steps, "rare"):
        yield GROUPED.strip("\n")
    for placed in of(steps, "best")[:1]:
        yield _best(placed, classes)
    for placed in of(steps, "pca")[:1]:
        held = any(_values(one)["by"] == missing.NEIGHBOURS for one in of(steps, "missing"))
        yield TURNED.format(
            directions=_WHITE if _values(placed)["whiten"] else _AXES,
            made=_PIECES if held else _AT_ONCE,
        ).strip("\n")


def _dated(placed: Placed) -> str:
    chosen = [part for part, _ in dates.PARTS if part in _values(placed)["parts"]]
    fields = [f"date.{_FIELDS[part]}" for part in chosen if part in _FIELDS]
    lines = [_DAY.format(fields=", ".join(fields) + ("," if len(fields) == 1 else ""))] if fields else []
    lines += [_HOUR] if "hour" in chosen else []
    lines += [_DAYS] if "days" in chosen else []
    return DATED.format(parts="\n".join(lines)).strip("\n")


def _best(placed: Placed, classes: bool) -> str:
    by = _values(placed)["by"]
    if by == selection.VARIANCE:
        return BEST.format(given="", said="variance", scores=_VARIANCE).strip("\n")
    function, said = _SCORES[by][0 if classes else 1], _SCORES[by][2]
    more = ", random_state=0)" if by == selection.MUTUAL else ")[0]"
    scores = _SCORED.format(function=function, more=more)
    return BEST.format(given="y: Tensor, ", said=said, scores=scores).strip("\n")


def needs(steps: tuple[Placed, ...], classes: bool) -> Iterator[str]:
    """The imports of those functions."""
    if any(_values(placed)["by"] == missing.NEIGHBOURS for placed in of(steps, "missing")):
        yield "import numpy as np"
    for placed in of(steps, "dates"):
        if set(_FIELDS) & set(_values(placed)["parts"]):
            yield "import numpy as np"
            yield "import pandas"
    for placed in of(steps, "best"):
        yield "import numpy as np"
        if (by := _values(placed)["by"]) in _SCORES:
            yield f"from sklearn.feature_selection import {_SCORES[by][0 if classes else 1]}"
    for placed in of(steps, "pca"):
        if _values(placed)["whiten"]:
            yield "import numpy as np"
        yield "from sklearn.decomposition import PCA"


def several(steps: tuple[Placed, ...]) -> Placed | None:
    """A step that comes a second time with another option than the one that its function is written for."""
    for kind, option in (("best", "by"), ("pca", "whiten")):
        found = of(steps, kind)
        for other in found[1:]:
            if _values(other)[option] != _values(found[0])[option]:
                return other
    return None


def lines(call: str, arguments: list[layout.Expression], head: str = "x = ") -> list[str]:
    """A call as lines of `prepared`."""
    return [line[4:] for line in layout.lines(layout.call(call, arguments), "    ", head)]
