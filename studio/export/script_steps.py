"""The steps of preprocessing that a training script does to tables, as text: fitted on what trains, in order.

Each function does what its step in `data.steps` does, with the same arithmetic in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

from studio.compiler import layout
from studio.data.layout import TABLE
from studio.data.steps import Placed, missing, outliers
from studio.export.script_plan import Plan

SIMPLE = ("missing", "standardize", "min_max", "robust", "outliers", "one_hot", "ordinal")
"""the steps for tables that a script can do, some of them in one of their ways only"""

FILLED = '''
def filled(x: Tensor, known: Tensor, ways: Sequence[str | float]) -> Tensor:
    """Missing values of each column, by what `known` says or the number itself."""
    values = []
    for column, way in zip(known.T.contiguous(), ways, strict=True):
        value = way
        if isinstance(way, str):
            imputer = SimpleImputer(strategy=way, keep_empty_features=True)
            value = float(imputer.fit(column.unsqueeze(1).numpy()).statistics_[0])
        values.append(value)
    return torch.where(torch.isnan(x), torch.tensor(values), x)
'''
STANDARDIZED = '''
def standardized(x: Tensor, known: Tensor, places: Sequence[int]) -> Tensor:
    """Those columns with the mean 0 and the deviation 1 over `known`."""
    total, count, squares = 0, 0, 0
    for part in known.double().split(4096):
        total = total + torch.where(torch.isnan(part), 0.0, part).sum(0)
        count = count + (~torch.isnan(part)).sum(0)
    mean = total / count
    for part in known.double().split(4096):
        apart = (part - mean).square_()
        squares = squares + torch.where(torch.isnan(apart), 0.0, apart).sum(0)
    std = (squares / count).sqrt()
    std[(std <= 1e-12 * mean.abs()) | torch.isnan(std)] = 1.0
    return moved(x, places, mean.nan_to_num(nan=0.0), std)
'''
MOVED = '''
def moved(x: Tensor, places: Sequence[int], offset: Tensor, divisor: Tensor) -> Tensor:
    """(x - offset) / divisor of those columns; the others stay."""
    chosen = torch.zeros(x.shape[1], dtype=torch.bool)
    chosen[places] = True
    offset, divisor = offset.float(), divisor.float()
    return (x - torch.where(chosen, offset, 0.0)) / torch.where(chosen, divisor, 1.0)
'''
MIN_MAX = '''
def min_max(x: Tensor, known: Tensor, places: Sequence[int]) -> Tensor:
    """Those columns from 0, the least value of `known`, to 1, the greatest."""
    scaler = MinMaxScaler().fit(known.double().numpy())
    least, size = scaler.data_min_, 1.0 / scaler.scale_
    return moved(x, places, torch.from_numpy(least), torch.from_numpy(size))
'''
ROBUST = '''
def robust(x: Tensor, known: Tensor, places: Sequence[int]) -> Tensor:
    """Those columns less the median of `known`, by the distance of its quartiles."""
    scaler = RobustScaler().fit(known.double().numpy())
    middle, size = torch.from_numpy(scaler.center_), torch.from_numpy(scaler.scale_)
    return moved(x, places, middle, size)
'''
CLIPPED = '''
def clipped(
    x: Tensor, known: Tensor, places: Sequence[int], {given}
) -> Tensor:
    """Those columns with values far from `known` brought to the edge."""
    rows = known.double().numpy()[:, places]
{bounds}
    edges = torch.full((2, x.shape[1]), float("nan"))
    edges[:, places] = torch.from_numpy(np.stack([low, high])).float()
    x = torch.where(x < edges[0], edges[0], x)
    return torch.where(x > edges[1], edges[1], x)
'''
_BY_DEVIATIONS = """    mean, far = np.nanmean(rows, 0), deviations * np.nanstd(rows, 0)
    low, high = mean - far, mean + far"""
_BY_QUANTILES = "    low, high = np.nanquantile(rows, quantiles, axis=0)"
ONE_HOT = '''
def one_hot(x: Tensor, sizes: Sequence[int]) -> Tensor:
    """A category of so many values as columns of 0 and 1; a number stays."""
    columns = []
    for column, size in zip(x.split(1, 1), sizes, strict=True):
        columns.append((column == torch.arange(size)).float() if size else column)
    return torch.cat(columns, 1)
'''
_SCALERS = {"standardize": "standardized", "min_max": "min_max", "robust": "robust"}


def cannot(placed: Placed, samples: int) -> bool:
    """Whether no script does a step yet, for so many rows."""
    assert placed.kind is not None and placed.values is not None, "checked when the settings were read"
    kind, values = placed.kind.type, placed.values
    if placed.before.kind != TABLE or kind not in SIMPLE:
        return True
    if kind == "missing":
        return values["by"] in (missing.NEIGHBOURS, missing.DROP)
    return kind == "outliers" and (values["then"] == outliers.DROP or samples > outliers.MOST)


def functions(plan: Plan) -> Iterator[str]:
    """`prepared`, which does the steps, and what it calls."""
    calls = [line for placed in plan.data.steps for line in _call(placed)]
    yield "\n".join(
        [
            "def prepared(x: Tensor, train: Tensor) -> Tensor:",
            '    """The rows as the network takes them; `train` are those that it learns from."""',
            *(f"    {line}" for line in calls),
            "    return x",
        ]
    )
    used = {placed.kind.type for placed in plan.data.steps if placed.kind is not None}
    if "missing" in used:
        yield FILLED.strip("\n")
    for name, written in (("standardize", STANDARDIZED), ("min_max", MIN_MAX), ("robust", ROBUST)):
        if name in used:
            yield written.strip("\n")
    if used & set(_SCALERS):
        yield MOVED.strip("\n")
    yield from _clipping(plan)
    if "one_hot" in used:
        yield ONE_HOT.strip("\n")


def _clipping(plan: Plan) -> Iterator[str]:
    ways = {p.values["by"] for p in plan.data.steps if p.kind and p.values and p.kind.type == "outliers"}
    if ways == {outliers.DEVIATIONS}:
        found = CLIPPED.format(given="deviations: float", bounds=_BY_DEVIATIONS)
    elif ways == {outliers.QUANTILES}:
        found = CLIPPED.format(given="quantiles: Sequence[float]", bounds=_BY_QUANTILES)
    else:
        return
    yield found.strip("\n")


def _call(placed: Placed) -> Iterator[str]:
    """The line of `prepared` that does a step."""
    assert placed.kind is not None and placed.values is not None, "checked when the settings were read"
    before, values = placed.before, placed.values
    places = list(before.places(values.get("columns")))
    match placed.kind.type:
        case "missing":
            number = "median" if values["by"] == "constant" else values["by"]
            given = float(values["value"]) if values["by"] == "constant" else number
            ways = []
            for i, column in enumerate(before.columns):
                way: str | float = "most_frequent" if column.values else given
                ways.append(repr(way) if i in places or column.values else 'float("nan")')
            said = tuple(way.replace("'", '"') for way in ways)
            alike = len(set(said)) == 1 < len(said)
            listed = f"[{said[0]}] * {len(said)}" if alike else layout.Group("", said, "list")
            filled = layout.call("filled", ["x", "x[train]", listed])
            yield from (line[4:] for line in layout.lines(filled, "    ", "x = "))
        case "one_hot":
            sizes = layout.Group("", tuple(str(len(c.values)) for c in before.columns), "list")
            yield from (
                line[4:] for line in layout.lines(layout.call("one_hot", ["x", sizes]), "    ", "x = ")
            )
        case "outliers":
            by = values["by"] == outliers.DEVIATIONS
            far = repr(values["deviations"]) if by else f"[{values['low']!r}, {values['high']!r}]"
            yield from _columns("clipped", places, far)
        case "ordinal":
            yield "# categories stay the places of their values"
        case kind:
            yield from _columns(_SCALERS[kind], places)


def _columns(function: str, places: list[int], *more: str) -> Iterator[str]:
    chosen = layout.Group("", tuple(map(str, places)), "list")
    said = layout.call(function, ["x", "x[train]", chosen, *more])
    return (line[4:] for line in layout.lines(said, "    ", "x = "))


def needs(plan: Plan) -> list[str]:
    """The imports of those functions."""
    used = {placed.kind.type for placed in plan.data.steps if placed.kind is not None}
    found = ["import numpy as np"] if "outliers" in used else []
    if "missing" in used:
        found.append("from sklearn.impute import SimpleImputer")
    scalers = [
        name for kind, name in (("min_max", "MinMaxScaler"), ("robust", "RobustScaler")) if kind in used
    ]
    if scalers:
        found.append(f"from sklearn.preprocessing import {', '.join(scalers)}")
    return found
