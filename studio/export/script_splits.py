"""How a training script parts the data, as text: by chance, by class, in groups, in time, as a column says.

Each function does what its way in `data.splits` or `data.split_columns` does, in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator

from studio.compiler import layout
from studio.data.prepare import place_of
from studio.data.split_columns import NAMES, TEST, TRAIN, VALIDATION
from studio.data.table_columns import NUMBER, mappings
from studio.export.script_plan import Plan

DRAWN = '''
def {name}({arguments}) -> list[Tensor]:
    """Indices that train, validate and test, {drawn}."""
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    order = torch.randperm({count}, generator=generator)
    groups = {groups}
    sizes = [len(group) for group in groups]
    validation = shares(sizes, VALIDATION, sizes)
    room = [size - taken for size, taken in zip(sizes, validation, strict=True)]
    test = shares(sizes, TEST, room)
    parts = [[], [], []]
    for group, v, t in zip(groups, validation, test, strict=True):
        pieces = torch.split(group, [len(group) - v - t, v, t])
        for part, piece in zip(parts, pieces, strict=True):
            part.append(piece)
    drawn = [torch.cat(part) for part in parts]
    return [part[torch.randperm(len(part), generator=generator)] for part in drawn]
'''
FOLDED = '''
def {name}({arguments}) -> list[Tensor]:
    """Indices that train, validate (one fold) and test, {drawn}."""
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    order = torch.randperm({count}, generator=generator)
    groups = {groups}
    sizes = [len(group) for group in groups]
    pairs = list(zip(groups, shares(sizes, TEST, sizes), strict=True))
    rest = torch.cat([group[taken:] for group, taken in pairs])
    mine = torch.arange(len(rest)) % FOLDS == FOLD - 1
    tested = torch.cat([group[:taken] for group, taken in pairs])
    parts = [rest[~mine], rest[mine], tested]
    generator.manual_seed(SPLIT_SEED)
    return [part[torch.randperm(len(part), generator=generator)] for part in parts]
'''
SHARES = '''
def shares(sizes: list[int], share: float, room: list[int]) -> list[int]:
    """How many of each group make up `share` of all, rounded by largest remainder."""
    pairs = zip(sizes, room, strict=True)
    taken = [min(int(size * share), most) for size, most in pairs]
    missing = min(round(sum(sizes) * share), sum(room)) - sum(taken)
    by_remainder = sorted(range(len(sizes)), key=lambda i: taken[i] - sizes[i] * share)
    while missing > 0:
        for i in by_remainder:
            if missing > 0 and taken[i] < room[i]:
                taken[i] += 1
                missing -= 1
    return taken
'''
GROUPED = '''
def split(column: Sequence[str]) -> list[Tensor]:
    """Indices that train, validate and test: samples of one group stay together."""
    _, numbers, counts = np.unique(column, return_inverse=True, return_counts=True)
    generator, sizes = torch.Generator().manual_seed(SPLIT_SEED), counts.tolist()
    order = torch.randperm(len(sizes), generator=generator).tolist()
    part_of = torch.zeros(len(sizes), dtype=torch.int64)
{parts}
    of_sample = part_of[torch.from_numpy(numbers)]
    parts = [(of_sample == part).nonzero().flatten() for part in range(3)]
    return [part[torch.randperm(len(part), generator=generator)] for part in parts]
'''
_TESTED = "    part_of[taken(order, sizes, TEST, {keep})] = 2"
_VALIDATED = "    part_of[taken({order}, sizes, VALIDATION, 1)] = 1"
_REST = "    rest = [group for group in order if part_of[group] == 0]"
_DEALT = """    dealt = [[] for _ in range(FOLDS)]
    for group in sorted({order}, key=lambda group: -sizes[group]):
        least = min(dealt, key=lambda fold: sum(sizes[i] for i in fold))
        least.append(group)
    part_of[dealt[FOLD - 1]] = 1"""
TAKEN = '''
def taken(order: list[int], sizes: list[int], share: float, keep: int) -> list[int]:
    """The groups that come nearest to `share` of all samples; `keep` of them stay."""
    wanted, filled, found = round(sum({all}) * share), 0, []
    for group in order:
        nearer = abs(filled + sizes[group] - wanted) < abs(filled - wanted)
        if nearer and len(order) - len(found) > keep:
            found.append(group)
            filled += sizes[group]
    return found or [min(order, key=lambda group: sizes[group])]
'''
ORDERED = '''
def split(samples: int) -> list[Tensor]:
    """Indices that train, validate and test, in the order of time."""
{cuts}
    order = torch.arange(samples)
    return [order[:begin], order[begin:end], order[samples - tested :]]
'''
TIMED = '''
def split(column: pandas.Series) -> list[Tensor]:
    """Indices that train, validate and test, in the order of time."""
    moments, samples = {moments}, len(column)
    order = np.argsort(moments, kind="stable")
    changes = np.flatnonzero(np.diff(moments[order])) + 1
{cuts}
    cuts = (nearest(cut, changes, samples) for cut in (begin, end, samples - tested))
    begin, end, test = cuts
    order = torch.from_numpy(order)
    return [order[:begin], order[begin:end], order[test:]]


def nearest(cut: int, changes: np.ndarray, samples: int) -> int:
    """The nearest place where another moment begins: those of one are not parted."""
    if cut in (0, samples):
        return cut
    return int(changes[np.abs(changes - cut).argmin()])
'''
_CUTS = """    validated, tested = round(samples * VALIDATION), round(samples * TEST)
    begin, end = samples - validated - tested, samples - tested"""
_FOLD_CUTS = """    tested = round(samples * TEST)
    size = (samples - tested) // (FOLDS + 1)
    begin = samples - tested - (FOLDS - FOLD + 1) * size
    end = begin + size"""
TIMES = '''
def times(column: pandas.Series) -> np.ndarray:
    """Numbers or dates as numbers that grow with time."""
    numbers = pandas.to_numeric(column, errors="coerce")
    if numbers.notna().all():
        return numbers.to_numpy(float)
    for first in (False, True):
        dates = pandas.to_datetime(column, errors="coerce", dayfirst=first, utc=True)
        if dates.notna().all():
            return dates.astype("int64").to_numpy().astype(float)
    raise ValueError(f"{column.name} holds something that is no time")
'''
GIVEN = '''
def split(column: Sequence[str]{labels}) -> list[Tensor]:
    """Indices that train, validate and test, as the column says."""
    said = torch.tensor([PART_OF[word.strip().lower()] for word in column])
    rest = (said == 0).nonzero().flatten()
    train, validation, test = (rest[part] for part in parted({given}))
{told}
    return [train, validation, test]
'''


def labelled(plan: Plan) -> bool:
    """Whether every class of the data comes into each part in equal shares."""
    return plan.info.task == "classification" and plan.split_by in ("stratified", "given")


def told(plan: Plan) -> dict[str, int]:
    """What the column says that parts the data, in small letters, and the part that each word names.

    Raises DataError where that stands in the file alone and it cannot be read.
    """
    column = next((c for c in mappings(plan.reading.get("columns")) if c.get("name") == plan.column), {})
    if plan.data.source == "images":
        words = [*NAMES]
    elif values := column.get("values"):
        words = [str(value) for value in values]
    else:
        found = plan.info.load(place_of(plan.data, None)).column
        assert found is not None and plan.column is not None, "the data are split by a column"
        words = [*found(plan.column).values]
    known = {word.strip().lower() for word in words}
    parts = {word: part for word, part in NAMES.items() if word in known}
    folded = plan.data.split.folds is not None
    return {word: TRAIN if folded and part == VALIDATION else part for word, part in parts.items()}


def constants(plan: Plan) -> Iterator[str]:
    """The constants that say how the data are parted."""
    split, given = plan.data.split, told(plan) if plan.split_by == "given" else {}
    yield f"SPLIT_SEED = {split.seed}"
    if split.folds is not None:
        yield f"FOLDS, FOLD = {split.folds}, {split.fold}"
    else:
        yield f"VALIDATION = {0.0 if VALIDATION in given.values() else split.validation!r}"
    yield f"TEST = {0.0 if plan.info.test_samples or TEST in given.values() else split.test!r}"
    if plan.column is not None and plan.data.source != "images":
        yield f"SPLIT_BY = {layout.text(plan.column)}"
    if given:
        words = tuple(f"{layout.text(word)}: {part}" for word, part in given.items())
        yield from layout.lines(layout.Group("", words, "dict"), "", "PART_OF = ")


def call(plan: Plan) -> str:
    """What `main` calls to part the data."""
    match plan.split_by:
        case "given":
            return "split(column, y)" if labelled(plan) else "split(column)"
        case "group":
            return "split(column)"
        case "time":
            return "split(column)" if plan.column is not None else "split(len(y))"
    return f"split({'y' if labelled(plan) else 'len(y)'})"


def validates(plan: Plan) -> bool:
    """Whether samples validate."""
    split = plan.data.split
    given = split.by == "given" and VALIDATION in told(plan).values()
    return split.folds is not None or bool(split.validation) or given


def tests(plan: Plan) -> bool:
    """Whether samples test."""
    given = plan.split_by == "given" and TEST in told(plan).values()
    return bool(plan.info.test_samples or plan.data.split.test) or given


def needs(plan: Plan) -> list[str]:
    """The imports of those functions."""
    if plan.split_by == "group" or (plan.split_by == "time" and plan.column is not None):
        return ["import numpy as np"]
    return []


def functions(plan: Plan) -> Iterator[str]:
    """`split`, and what it calls."""
    match plan.split_by:
        case "group":
            yield from _by_group(plan)
        case "time":
            yield from _in_order(plan)
        case "given":
            yield from _as_given(plan)
        case _:
            yield from _drawn(plan, "split")


def _drawn(plan: Plan, name: str) -> Iterator[str]:
    template = DRAWN if plan.data.split.folds is None else FOLDED
    if labelled(plan):
        groups = "[order[y[order] == label] for label in torch.unique(y)]"
        said = {"arguments": "y: Tensor", "drawn": "classes in equal shares", "count": "len(y)"}
    else:
        groups = "[order]"
        said = {"arguments": "samples: int", "drawn": "drawn by a seed", "count": "samples"}
    yield template.format(name=name, groups=groups, **said).strip("\n")
    yield SHARES.strip("\n")


def _by_group(plan: Plan) -> Iterator[str]:
    split, lines, order = plan.data.split, [], "order"
    if split.test:
        lines.append(_TESTED.format(keep=1 if split.folds or not split.validation else 2))
    if split.test and (split.folds or split.validation):
        lines.append(_REST)
        order = "rest"
    if split.folds is not None:
        lines.append(_DEALT.format(order=order))
    elif split.validation:
        lines.append(_VALIDATED.format(order=order))
    yield GROUPED.format(parts="\n".join(lines)).strip("\n")
    if any("taken(" in line for line in lines):
        yield TAKEN.strip("\n").replace("{all}", "sizes")


def _in_order(plan: Plan) -> Iterator[str]:
    cuts = _CUTS if plan.data.split.folds is None else _FOLD_CUTS
    if plan.column is None:
        yield ORDERED.format(cuts=cuts).strip("\n")
        return
    column = next((c for c in mappings(plan.reading.get("columns")) if c.get("name") == plan.column), {})
    plain = column.get("type") == NUMBER
    moments = "pandas.to_numeric(column).to_numpy(float)" if plain else "times(column)"
    yield TIMED.format(moments=moments, cuts=cuts).strip("\n")
    if not plain:
        yield TIMES.strip("\n")


def _as_given(plan: Plan) -> Iterator[str]:
    parts, labels = told(plan).values(), labelled(plan)
    names = [name for name, part in (("validation", VALIDATION), ("test", TEST)) if part in parts]
    lines = [
        f"    {name} = (said == {1 if name == 'validation' else 2}).nonzero().flatten()" for name in names
    ]
    made = GIVEN.format(
        labels=", y: Tensor" if labels else "",
        given="y[rest]" if labels else "len(rest)",
        told="\n".join(lines),
    )
    yield made.replace("\n\n    return [train", "\n    return [train").strip("\n")
    yield from _drawn(plan, "parted")
