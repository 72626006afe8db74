"""The steps of preprocessing that a training script does to tables, as text: fitted on what trains, in order.

Each function does what its step in `data.steps` does, with the same arithmetic in the same order.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from studio.compiler import layout
from studio.data.source import SourceInfo
from studio.data.steps import Placed, missing, outliers, selection
from studio.export import script_columns as columns
from studio.export.script_plan import Plan

FILLED = '''
def filled(x: Tensor, known: Tensor, ways: dict[int, str | float]) -> Tensor:
    """Missing values of those columns, by what `known` says or the number itself."""
    values = torch.full((x.shape[1],), float("nan"))
    for place, way in ways.items():
        value = way
        if isinstance(way, str):
            imputer = SimpleImputer(strategy=way, keep_empty_features=True)
            value = imputer.fit(known[:, place : place + 1].numpy()).statistics_[0]
        values[place] = float(value)
    return torch.where(torch.isnan(x), values, x)
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
EDGES = '''
def edges(known: Tensor, places: Sequence[int], deviations: float) -> Tensor:
    """The bounds of what is not far off in those columns, NaN for the others."""
    rows = known.double().numpy()[:, places]
    mean, far = np.nanmean(rows, 0), deviations * np.nanstd(rows, 0)
    found = torch.full((2, known.shape[1]), float("nan"))
    found[:, places] = torch.from_numpy(np.stack([mean - far, mean + far])).float()
    return found
'''
QUANTILES = '''
def quantiles(known: Tensor, places: Sequence[int], low: float, high: float) -> Tensor:
    """Two quantiles of each of those columns, NaN for the others."""
    rows = known.double().numpy()[:, places]
    found = torch.full((2, known.shape[1]), float("nan"))
    bounds = np.nanquantile(rows, [low, high], axis=0)
    found[:, places] = torch.from_numpy(bounds).float()
    return found
'''
CLIPPED = '''
def clipped(x: Tensor, edges: Tensor) -> Tensor:
    """Values beyond an edge of their column become the edge."""
    x = torch.where(x < edges[0], edges[0], x)
    return torch.where(x > edges[1], edges[1], x)
'''
ONE_HOT = '''
def one_hot(x: Tensor, sizes: Sequence[int]) -> Tensor:
    """A category of so many values as columns of 0 and 1; a number stays."""
    columns = []
    for column, size in zip(x.split(1, 1), sizes, strict=True):
        columns.append((column == torch.arange(size)).float() if size else column)
    return torch.cat(columns, 1)
'''
_SCALERS = {"standardize": "standardized", "min_max": "min_max", "robust": "robust"}


TOO_LARGE = 2**26
"""numbers of a table beyond which a run prepares a batch at a time, so that directions round otherwise"""


def cannot(steps: tuple[Placed, ...], info: SourceInfo) -> Placed | None:
    """A step for tables that no script does yet, where there is one."""
    large = info.samples * math.prod(info.shape) > TOO_LARGE
    turned = columns.of(steps, "pca") if large else []
    return turned[0] if turned else columns.several(steps)


def dropping(steps: tuple[Placed, ...]) -> bool:
    """Whether rows are left out by one of the steps."""
    return any(
        placed.values
        and (placed.values.get("by") == missing.DROP or placed.values.get("then") == outliers.DROP)
        for placed in steps
    )


def functions(plan: Plan) -> Iterator[str]:
    """`prepared`, which does the steps, and what it calls."""
    given = _given(plan)
    calls = [line for placed in plan.data.steps for line in _call(placed, plan)]
    dropped = dropping(plan.data.steps)
    made = "tuple[Tensor, list[Tensor]]" if dropped else "Tensor"
    names = {"x": "Tensor", "y": "Tensor", "drawn": "list[Tensor]", "train": "Tensor"}
    said = {
        "drawn": "`drawn` are the three parts",
        "train": "`train` are those that it learns from",
    }
    about = f"The rows as the network takes them; {said[given[-1]]}."
    if dropped:
        about = "The rows as the network takes them, and those that are left of each part."
    yield "\n".join(
        [
            f"def prepared({', '.join(f'{name}: {names[name]}' for name in given)}) -> {made}:",
            f'    """{about}"""',
            *(f"    {line}" for line in calls),
            "    return x, drawn" if dropped else "    return x",
        ]
    )
    yield from _called(plan, "\n".join(calls))


def _called(plan: Plan, calls: str) -> Iterator[str]:
    """The functions that the calls need."""
    for call, written in (
        ("filled(", FILLED),
        ("standardized(", STANDARDIZED),
        ("min_max(", MIN_MAX),
        ("robust(", ROBUST),
    ):
        if call in calls:
            yield written.strip("\n")
    if any(f"{name}(" in calls for name in _SCALERS.values()):
        yield MOVED.strip("\n")
    for call, written in (
        ("edges(", EDGES),
        ("quantiles(", QUANTILES),
        ("clipped(", CLIPPED),
        ("one_hot(", ONE_HOT),
        ("complete(", columns.COMPLETE),
        ("within(", columns.WITHIN),
    ):
        if call in calls:
            yield written.strip("\n")
    yield from columns.functions(plan.data.steps, plan.info.task == "classification")
    if "some(" in calls:
        yield columns.SOME.strip("\n")


def _given(plan: Plan) -> list[str]:
    """What `prepared` is given, by its name in `main`, where `train` is `drawn[0]`."""
    steps = plan.data.steps
    scored = [p for p in columns.of(steps, "best") if p.values and p.values["by"] != selection.VARIANCE]
    whole = dropping(steps) or columns.of(steps, "pca")
    return ["x", *(["y"] if scored else []), "drawn" if whole else "train"]


def prepare(plan: Plan) -> str:
    """The line of `main` that does the steps."""
    given = ", ".join("drawn[0]" if name == "train" else name for name in _given(plan))
    return f"{'x, drawn' if dropping(plan.data.steps) else 'x'} = prepared({given})"


def _call(placed: Placed, plan: Plan) -> Iterator[str]:
    """The lines of `prepared` that do a step."""
    assert placed.kind is not None and placed.values is not None, "checked when the settings were read"
    before, values = placed.before, placed.values
    train = _given(plan)[-1].replace("drawn", "drawn[0]")
    seen = outliers.MOST if placed.kind.type == "outliers" else columns.rows_seen(placed)
    if seen is not None and plan.info.samples > seen:
        train = f"some({train}, {seen})"
    known = f"x[{train}]"
    places = list(before.places(values.get("columns")))
    match placed.kind.type:
        case "missing":
            yield from _filling(placed, known, f"x[{_given(plan)[-1].replace('drawn', 'drawn[0]')}]")
        case "one_hot":
            sizes = layout.Group("", tuple(str(len(c.values)) for c in before.columns), "list")
            yield from columns.lines("one_hot", ["x", sizes])
        case "outliers":
            by = values["by"] == outliers.DEVIATIONS
            far = [repr(values["deviations"])] if by else [repr(values["low"]), repr(values["high"])]
            yield from columns.lines("edges" if by else "quantiles", [known, _list(places), *far], "far = ")
            yield (
                "drawn = within(x, drawn, far)" if values["then"] == outliers.DROP else "x = clipped(x, far)"
            )
        case "ordinal":
            yield "# categories stay the places of their values"
        case "dates":
            found = [i for i, column in enumerate(before.columns) if column.date]
            yield from columns.lines("dated", ["x", _list(found)])
        case "rare":
            yield from columns.lines("grouped", ["x", known, _large(placed), repr(values["most"])])
        case "best" if values["by"] == selection.VARIANCE:
            yield from columns.lines("best", ["x", train, repr(values["keep"])])
        case "best":
            yield from columns.lines("best", ["x", "y", train, repr(values["keep"])])
        case "pca":
            yield from columns.lines("turned", ["x", "drawn", known, repr(values["components"])])
        case kind:
            yield from columns.lines(_SCALERS[kind], ["x", known, _list(places)])


def _list(places: list[int]) -> layout.Group:
    return layout.Group("", tuple(map(str, places)), "list")


def _large(placed: Placed) -> layout.Group:
    """The categories of which rare values become one: how many they have, by their place."""
    assert placed.values is not None, "checked when the settings were read"
    meant, most = placed.values["columns"], placed.values["most"]
    return layout.Group(
        "",
        tuple(
            f"{i}: {len(column.values)}"
            for i, column in enumerate(placed.before.columns)
            if len(column.values) > most and (not meant or column.name in meant)
        ),
        "dict",
    )


def _filling(placed: Placed, known: str, whole: str) -> Iterator[str]:
    """The lines that fill in what is missing, or leave its rows out; `known` are rows that it looks at."""
    assert placed.values is not None, "checked when the settings were read"
    before, values = placed.before, placed.values
    places = list(before.places(values["columns"]))
    if values["by"] == missing.DROP:
        lacking = places if values["columns"] else list(range(before.width))
        yield from columns.lines("complete", ["x", "drawn", _list(lacking)], "drawn = ")
        return
    near = values["by"] == missing.NEIGHBOURS
    number = float(values["value"]) if values["by"] == "constant" else values["by"]
    ways = {}
    for i, column in enumerate(before.columns):
        if column.values or (not near and (i in places or column.date)):
            ways[i] = repr("most_frequent" if column.values else number).replace("'", '"')
    said: layout.Expression = layout.Group("", tuple(f"{i}: {way}" for i, way in ways.items()), "dict")
    if len(set(ways.values())) == 1 < len(ways) == before.width:
        said = f"dict.fromkeys(range({before.width}), {ways[0]})"
    if ways:
        yield from columns.lines("filled", ["x", whole, said])
    if near:
        yield f"known = {known}"
        found = layout.call("neighboured", ["rows", "known", _list(places), repr(values["neighbours"])])
        pieces = layout.Group("", (found, "for rows in x.split(4096)"), "comprehension")
        yield from columns.lines("torch.cat", [pieces])


def needs(plan: Plan) -> list[str]:
    """The imports of those functions."""
    used = {placed.kind.type for placed in plan.data.steps if placed.kind is not None}
    calls = "\n".join(line for placed in plan.data.steps for line in _call(placed, plan))
    found = ["import numpy as np"] if "outliers" in used else []
    if "filled(" in calls:
        found.append("from sklearn.impute import SimpleImputer")
    scalers = [
        name for kind, name in (("min_max", "MinMaxScaler"), ("robust", "RobustScaler")) if kind in used
    ]
    if scalers:
        found.append(f"from sklearn.preprocessing import {', '.join(scalers)}")
    return [*found, *columns.needs(plan.data.steps, plan.info.task == "classification")]
