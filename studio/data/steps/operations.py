"""What fitted steps do to a tensor: float32 arithmetic of PyTorch alone, the same in training and in exports.

This file stands by itself: it goes into exported folders as it is. An operation is a mapping with its `type`
and plain numbers; columns lie along dimension 1 of (N, C, ...), or along `axis`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

Step = Mapping[str, Any]


def apply(steps: Iterable[Step], x: Tensor) -> Tensor:
    """(N, ...) as stored, to float32 as the network takes it. Raises ValueError for an unknown operation."""
    x = x.to(torch.float32)
    for step in steps:
        if step["type"] not in OPERATIONS:
            raise ValueError(f"no preprocessing step {step['type']!r}")
        x = OPERATIONS[step["type"]](step, x)
    return x


def _numbers(values: Sequence[float | None], x: Tensor) -> Tensor:
    """A list as a tensor beside `x`; None is a number that is missing."""
    known = [float("nan") if value is None else value for value in values]
    return torch.tensor(known, dtype=torch.float32, device=x.device)


def _along(step: Step, name: str, x: Tensor) -> Tensor:
    """A list with a number a column, shaped to lie along the columns of `x`."""
    shape = [1] * x.dim()
    shape[step.get("axis", 1)] = -1
    return _numbers(step[name], x).view(shape)


def scale(step: Step, x: Tensor) -> Tensor:
    factor: float = step["factor"]
    return x * factor


def standardize(step: Step, x: Tensor) -> Tensor:
    return (x - _along(step, "mean", x)) / _along(step, "std", x)


def impute(step: Step, x: Tensor) -> Tensor:
    return torch.where(torch.isnan(x), _along(step, "values", x), x)


def one_hot(step: Step, x: Tensor) -> Tensor:
    """A column of numbers stays; one of places among categories becomes a column of 0 and 1 each."""
    return torch.cat([_spread(x[:, i : i + 1], len(names)) for i, names in enumerate(step["categories"])], 1)


def _spread(column: Tensor, categories: int) -> Tensor:
    if not categories:
        return column
    return (column == torch.arange(categories, dtype=column.dtype, device=column.device)).to(column.dtype)


def recode(step: Step, x: Tensor) -> Tensor:
    """A category's places become others, by a table a column; a column without one stays."""
    columns = [x[:, i : i + 1] for i in range(len(step["tables"]))]
    return torch.cat([_recoded(c, t) for c, t in zip(columns, step["tables"], strict=True)], 1)


def _recoded(column: Tensor, table: Sequence[float | None]) -> Tensor:
    if not table:
        return column
    lacking = torch.isnan(column)
    places = torch.where(lacking, 0.0, column).long().clamp(0, len(table) - 1)
    return torch.where(lacking, column, _numbers(table, column)[places])


def neighbours(step: Step, x: Tensor) -> Tensor:
    """A missing number becomes the mean of it in the rows that are nearest by what is there in both.

    The rows are those of training: `rows` (M, columns), None for what is missing; `count` of them count.
    """
    places = list(step["places"])
    if torch.compiler.is_compiling() or torch.jit.is_tracing():  # type: ignore[attr-defined,no-untyped-call]
        return _like(step, x, places)
    lacking = torch.isnan(x)  # the other rows and columns stay as they are
    wanted = [place for place in places if lacking[:, place].any()]
    rows = lacking[:, places].any(1)
    if wanted:
        x = x.clone()
        x[rows] = _like(step, x[rows], wanted)
    return x


def _like(step: Step, x: Tensor, wanted: Sequence[int]) -> Tensor:
    """Every row held against every one of training, for the columns that are `wanted`."""
    places = list(step["places"])
    known = torch.stack([_numbers(row, x) for row in step["rows"]])
    part = x[:, places]
    distance = _distance(part, known)
    columns = [x[:, i] for i in range(x.shape[1])]
    for place in wanted:
        i = places.index(place)
        having = [n for n, row in enumerate(step["rows"]) if row[i] is not None]
        if not having:
            columns[place] = columns[place].nan_to_num(step["means"][i])
            continue
        far, values = distance, known[:, i]
        if len(having) < len(step["rows"]):
            far, values = far[:, having], values[having]
        # rows that are equally near all count: which of them an engine would pick is chance
        last = far.topk(min(step["count"], len(having)), 1, largest=False).values.amax(1, keepdim=True)
        weights = ((far <= last) & torch.isfinite(far)).to(x.dtype)
        count = weights.sum(1)
        mean = (values * weights).sum(1) / count.clamp(min=1.0)
        mean = torch.where(count > 0, mean, step["means"][i])
        columns[place] = torch.where(torch.isnan(columns[place]), mean, columns[place])
    return torch.stack(columns, 1)


def _distance(x: Tensor, known: Tensor) -> Tensor:
    """(N, M): the squared distance over what both rows have, as if they had all; else infinite."""
    distance = both = torch.zeros((), dtype=x.dtype, device=x.device)
    for i in range(known.shape[1]):
        apart = x[:, i : i + 1] - known[:, i]
        there = ~torch.isnan(apart)
        distance = distance + torch.where(there, apart * apart, 0.0)
        both = both + there.to(x.dtype)
    return torch.where(both > 0, distance * known.shape[1] / both.clamp(min=1.0), float("inf"))


def dates(step: Step, x: Tensor) -> Tensor:
    """A column of days since 2000 becomes the parts of its date; one that is missing stays so."""
    axis = step.get("axis", 1)
    columns = []
    for column, date in zip(x.unbind(axis), step["dates"], strict=True):
        columns += [_part(column, part) for part in step["parts"]] if date else [column]
    return torch.stack(columns, axis)


def _part(days: Tensor, part: str) -> Tensor:
    lacking = torch.isnan(days)
    known = torch.where(lacking, 0.0, days)
    whole = known.floor()
    if part == "hour":
        found = (known - whole) * 24
    elif part == "days":
        found = known
    else:
        found = _calendar(whole.long(), part).to(days.dtype)
    return torch.where(lacking, days, found)


def _calendar(days: Tensor, part: str) -> Tensor:
    """Whole numbers of the Gregorian calendar, by years that begin in March: there leap days are last."""
    if part == "weekday":
        return (days + 5) % 7
    since = days + 730425  # from the first of March of the year 0
    era = since // 146097
    rest = since - era * 146097
    year = (rest - rest // 1460 + rest // 36524 - rest // 146096) // 365
    day = rest - (365 * year + year // 4 - year // 100)
    month = (5 * day + 2) // 153
    late = (month >= 10).long()  # January and February belong to the next year
    whole_year = year + era * 400 + late
    match part:
        case "year":
            return whole_year
        case "month":
            return month + 3 - 12 * late
        case "day":
            return day - (153 * month + 2) // 5 + 1
    leap = ((whole_year % 4 == 0) & ((whole_year % 100 != 0) | (whole_year % 400 == 0))).long()
    return torch.where(late == 1, day - 305, day + 60 + leap)


def clip(step: Step, x: Tensor) -> Tensor:
    """Values beyond the bounds of their column become the bound; None is no bound."""
    low, high = _along(step, "low", x), _along(step, "high", x)
    x = torch.where(x < low, low, x)
    return torch.where(x > high, high, x)


def drop(step: Step, x: Tensor) -> Tensor:
    """Which rows are left out is decided where the data are prepared."""
    return x


def select(step: Step, x: Tensor) -> Tensor:
    return x[:, list(step["places"])]


def project(step: Step, x: Tensor) -> Tensor:
    directions = torch.stack([_numbers(row, x) for row in step["directions"]], 1)
    return (x - _numbers(step["mean"], x)) @ directions


def grey(step: Step, x: Tensor) -> Tensor:
    return (x * _numbers([0.299, 0.587, 0.114], x).view(1, 3, 1, 1)).sum(1, keepdim=True)


def resize(step: Step, x: Tensor) -> Tensor:
    """Bilinear with the filter widened where images shrink, as Pillow and torchvision do."""
    down, across = (
        torch.tensor(_resampling(old, new), dtype=torch.float32, device=x.device)
        for old, new in ((x.shape[2], step["height"]), (x.shape[3], step["width"]))
    )
    return down @ x @ across.transpose(0, 1)


@cache
def _resampling(old: int, new: int) -> list[list[float]]:
    """(new, old): how much each old pixel gives to each new one."""
    ratio = old / new
    reach = max(ratio, 1.0)
    rows = []
    for i in range(new):
        centre = (i + 0.5) * ratio
        row = [max(0.0, 1.0 - abs((j + 0.5 - centre) / reach)) for j in range(old)]
        rows.append([value / sum(row) for value in row])
    return rows


def crop(step: Step, x: Tensor) -> Tensor:
    top, left = step["top"], step["left"]
    return x[:, :, top : top + step["height"], left : left + step["width"]]


def hog(step: Step, x: Tensor) -> Tensor:
    """Histograms of oriented gradients (Dalal and Triggs 2005), (N, numbers): as scikit-image has them.

    Of several channels each pixel takes the one with the steepest gradient.
    """
    down = functional.pad(x[:, :, 2:] - x[:, :, :-2], (0, 0, 1, 1))
    across = functional.pad(x[:, :, :, 2:] - x[:, :, :, :-2], (1, 1))
    size = (down * down + across * across).sqrt()
    best = size.argmax(1, keepdim=True)
    down, across, size = (value.gather(1, best) for value in (down, across, size))
    # a direction and its opposite are one: all are turned to the upper half
    turned = torch.where((down < 0) | ((down == 0) & (across < 0)), -1.0, 1.0)
    down, across = down * turned, across * turned
    count, cell, block = step["orientations"], step["cell"], step["block"]
    angles = [math.pi * i / count for i in range(count)]
    beyond = [down * math.cos(a) - across * math.sin(a) >= 0 for a in angles]
    beyond.append(torch.zeros_like(beyond[0]))
    bins = [size * (beyond[i] & ~beyond[i + 1]).to(size.dtype) for i in range(count)]
    cells = functional.avg_pool2d(torch.cat(bins, 1), cell)
    rows, columns = cells.shape[2] - block + 1, cells.shape[3] - block + 1
    parts = [cells[:, :, i : i + rows, j : j + columns] for i in range(block) for j in range(block)]
    blocks = torch.stack(parts, 1).permute(0, 3, 4, 1, 2).flatten(3)  # (N, rows, columns, cells * bins)
    for limit in (0.2, 1.0):
        norm = (blocks.square().sum(3, keepdim=True) + 1e-10).sqrt()
        blocks = (blocks / norm).clamp(max=limit)
    return blocks.flatten(1)


def difference(step: Step, x: Tensor) -> Tensor:
    for _ in range(step["order"]):
        length = x.shape[step["along"]]
        x = x.narrow(step["along"], 1, length - 1) - x.narrow(step["along"], 0, length - 1)
    return x


def scale_each(step: Step, x: Tensor) -> Tensor:
    """Each column of each window by its own mean and deviation; a constant one becomes 0."""
    mean = x.mean(step["along"], keepdim=True)
    std = (x - mean).square().mean(step["along"], keepdim=True).sqrt()
    return (x - mean) / torch.where(std <= 1e-6 * mean.abs(), 1.0, std)


OPERATIONS: dict[str, Callable[[Step, Tensor], Tensor]] = {
    "scale": scale,
    "standardize": standardize,
    "impute": impute,
    "one_hot": one_hot,
    "dates": dates,
    "recode": recode,
    "impute_neighbours": neighbours,
    "clip": clip,
    "drop": drop,
    "select": select,
    "project": project,
    "grey": grey,
    "resize": resize,
    "crop": crop,
    "hog": hog,
    "difference": difference,
    "scale_each": scale_each,
}
