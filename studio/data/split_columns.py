"""Parts by a column of the files: groups that stay together, earlier before later, or as the files say."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from studio.data.settings import SplitSettings
from studio.data.source import DataError, SplitColumn
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    Parts = tuple[Tensor, Tensor, Tensor]
    """indices that train, validate and test"""

TRAIN, VALIDATION, TEST = range(3)
NAMES = {
    **dict.fromkeys(("train", "training"), TRAIN),
    **dict.fromkeys(("validation", "valid", "val", "dev"), VALIDATION),
    **dict.fromkeys(("test", "testing"), TEST),
}
"""what a column or a folder says of a sample that is given to a part"""


def by_group(column: SplitColumn, split: SplitSettings) -> Parts:
    """Samples of one value are in one part: groups are drawn, as near to the shares as whole groups come.

    With folds, groups are dealt out as scikit-learn's GroupKFold does it, equals in a drawn order. Raises
    DataError where there are too few groups, or a sample has none.
    """
    import numpy as np
    import torch

    _complete(column)
    _, numbers, counts = np.unique(np.asarray(column.values), return_inverse=True, return_counts=True)
    sizes, of_sample = counts.tolist(), torch.from_numpy(numbers.reshape(-1))
    generator = torch.Generator().manual_seed(split.seed)
    order = torch.randperm(len(sizes), generator=generator).tolist()
    _enough_groups(column, len(order), split)
    tested = _taken(order, sizes, split.test, 1 if split.folds or not split.validation else 2)
    rest = [group for group in order if group not in tested]
    if split.folds is None:
        validated = _taken(rest, sizes, split.validation, 1)
    else:
        validated = _dealt(rest, sizes, split.folds)[split.fold - 1]
    part_of = torch.zeros(len(sizes), dtype=torch.int64)
    part_of[list(validated)] = VALIDATION
    part_of[list(tested)] = TEST
    return _shuffled(part_of[of_sample], generator)


def _taken(order: Sequence[int], sizes: Sequence[int], share: float, keep: int) -> set[int]:
    """The groups of `order` that together come nearest to `share` of all samples; `keep` groups stay."""
    if not share:
        return set()
    wanted, filled, taken = round(sum(sizes) * share), 0, set[int]()
    for group in order:
        nearer = abs(filled + sizes[group] - wanted) < abs(filled - wanted)
        if nearer and len(order) - len(taken) > keep:
            taken.add(group)
            filled += sizes[group]
    return taken or {min(order, key=lambda group: sizes[group])}


def _dealt(order: Sequence[int], sizes: Sequence[int], folds: int) -> list[set[int]]:
    """The groups of each fold: the largest first, each to the fold that has the fewest samples so far."""
    dealt: list[set[int]] = [set() for _ in range(folds)]
    filled = [0] * folds
    for group in sorted(order, key=lambda group: -sizes[group]):
        fold = filled.index(min(filled))
        dealt[fold].add(group)
        filled[fold] += sizes[group]
    return dealt


def _enough_groups(column: SplitColumn, groups: int, split: SplitSettings) -> None:
    needed = (split.folds or 1 + (split.validation > 0)) + (split.test > 0)
    if groups < needed:
        raise DataError(
            Message(
                "The column {column} has {groups} groups; {needed} are needed for the parts of data.split. "
                "Choose another column, or fewer parts.",
                column=column.name,
                groups=groups,
                needed=needed,
            )
        )


def moments(column: SplitColumn) -> Any:
    """The column as numbers (N,) float64 that grow with time: numbers, or dates as pandas reads them.

    Raises DataError naming the first place where neither stands.
    """
    import numpy as np
    import pandas

    _complete(column)
    texts = pandas.Series(list(column.values), dtype=str)
    numbers = pandas.to_numeric(texts, errors="coerce")
    if not numbers.isna().any():
        return numbers.to_numpy(float)
    missing = numbers.isna()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of days before months; what cannot be read is told below
        for day_first in (False, True):
            dates = pandas.to_datetime(texts, errors="coerce", dayfirst=day_first, utc=True)
            if not dates.isna().any():
                return dates.astype("int64").to_numpy().astype(np.float64)
            missing = dates.isna() if dates.isna().sum() < missing.sum() else missing
    at = int(missing.to_numpy().argmax())
    raise DataError(
        Message(
            "{value} in the column {column} ({place}) is no time that can be told, neither a number nor a "
            "date. Mend it, or split by another column.",
            value=repr(column.values[at]),
            column=column.name,
            place=column.place(at),
        )
    )


def given_parts(column: SplitColumn) -> Tensor:
    """For each sample TRAIN, VALIDATION or TEST (N,). Raises DataError naming the place of any other word."""
    import torch

    known = {text: NAMES.get(text.strip().lower()) for text in set(column.values)}
    if None in known.values():
        at = next(i for i, text in enumerate(column.values) if known[text] is None)
        raise DataError(
            Message(
                "{value} in the column {column} ({place}) is no part of the data. Known: {known}. Mend it, "
                "or split by something else.",
                value=repr(column.values[at]),
                column=column.name,
                place=column.place(at),
                known=", ".join(NAMES),
            )
        )
    return torch.tensor([known[text] for text in column.values])


def _shuffled(part_of: Tensor, generator: Any) -> Parts:
    """The samples of each part in a drawn order."""
    import torch

    parts = [(part_of == part).nonzero().flatten() for part in (TRAIN, VALIDATION, TEST)]
    train, valid, tested = (part[torch.randperm(len(part), generator=generator)] for part in parts)
    return train, valid, tested


def _complete(column: SplitColumn) -> None:
    for at, text in enumerate(column.values):
        if not text.strip():
            raise DataError(
                Message(
                    "Nothing stands in the column {column} ({place}), and the data are split by it. Fill it "
                    "in, or split by another column.",
                    column=column.name,
                    place=column.place(at),
                )
            )
