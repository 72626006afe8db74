"""Which samples train, which validate, which test: by chance, by class, in time, or as the files say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.data import split_columns
from studio.data.settings import SplitSettings
from studio.data.source import DataError, Raw, SourceInfo, SplitColumn
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor


def parts(raw: Raw, info: SourceInfo, split: SplitSettings) -> tuple[Tensor, Tensor, Tensor]:
    """Indices for training, validation and test of what was read, as `split` says or the data ask for.

    Raises DataError.
    """
    labels = raw.y if info.task == "classification" else None
    column = split_column(raw, info, split)
    match split.by or ("given" if column else "time" if info.ordered else "stratified"):
        case "group" if column is not None:
            return split_columns.by_group(column, split)
        case "given" if column is not None:
            return as_given(column, labels, split)
        case "time":
            return in_order(len(raw.x), split, column)
        case "random":
            return draw(None, len(raw.x), split)
    return draw(labels, len(raw.x), split)


def split_column(raw: Raw, info: SourceInfo, split: SplitSettings) -> SplitColumn | None:
    """What is split by, where it is a column: the one that is named, or else the one that parts the files."""
    name = split.column if split.by is not None else info.parted
    if name is None:
        return None
    assert raw.column is not None, f"{info.name} offers columns and gives none"
    return raw.column(name)


def draw(labels: Tensor | None, samples: int, split: SplitSettings) -> tuple[Tensor, Tensor, Tensor]:
    """Indices for training, validation and test: disjoint, together all of `samples`, each in random order.

    With `labels` (N,) every class is shared out alike. The same seed gives the same draw; with folds, each
    sample that is not for testing validates in exactly one of them. Raises DataError where a part that was
    asked for would be empty.
    """
    import torch

    generator = torch.Generator().manual_seed(split.seed)
    order = torch.randperm(samples, generator=generator)
    groups = [order] if labels is None else [order[labels[order] == c] for c in torch.unique(labels).tolist()]
    sizes = [len(group) for group in groups]
    if split.folds is not None:
        return _fold(groups, _shares(sizes, split.test), split, split.folds)
    validation = _shares(sizes, split.validation)
    # what one part took of a class is not there for the next
    test = _shares(sizes, split.test, [size - taken for size, taken in zip(sizes, validation, strict=True)])
    parts: tuple[list[Tensor], list[Tensor], list[Tensor]] = ([], [], [])
    for group, v, t in zip(groups, validation, test, strict=True):
        for part, piece in zip(parts, torch.split(group, [len(group) - v - t, v, t]), strict=True):
            part.append(piece)
    drawn = [torch.cat(part) for part in parts]
    _check(map(len, drawn), split, samples)
    train, valid, tested = (part[torch.randperm(len(part), generator=generator)] for part in drawn)
    return train, valid, tested


def in_order(
    samples: int, split: SplitSettings, column: SplitColumn | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """The same for samples in the order of time: first training, then validation, then test.

    The time stands in `column`, or the samples lie in its order. Those of one moment are not parted. With
    folds, each validates on what follows what it trains on, as in scikit-learn's TimeSeriesSplit. Raises
    DataError.
    """
    import numpy as np
    import torch

    moments = np.arange(samples) if column is None else split_columns.moments(column)
    order = np.argsort(moments, kind="stable")
    changes = np.flatnonzero(np.diff(moments[order])) + 1
    tested = round(samples * split.test)
    if split.folds is None:
        validated = round(samples * split.validation)
        begin, end = samples - validated - tested, samples - tested
    else:
        size = (samples - tested) // (split.folds + 1)
        begin = samples - tested - (split.folds - split.fold + 1) * size
        end = begin + size
    begin, end, test = (_between(changes, cut, samples) for cut in (begin, end, samples - tested))
    _check((begin, end - begin, samples - test), split, samples)
    cuts = torch.from_numpy(order)
    return cuts[:begin], cuts[begin:end], cuts[test:]


def _between(changes: Iterable[int], cut: int, samples: int) -> int:
    """The place nearest to `cut` where another moment begins."""
    import numpy as np

    if cut in (0, samples):
        return cut
    places = np.asarray(changes)
    return int(places[np.abs(places - cut).argmin()]) if len(places) else samples


def as_given(
    column: SplitColumn, labels: Tensor | None, split: SplitSettings
) -> tuple[Tensor, Tensor, Tensor]:
    """The parts that the files themselves tell; one that they do not tell is drawn from the training samples.

    With folds, all that is not for testing is dealt out. Raises DataError.
    """
    import torch

    said = split_columns.given_parts(column)
    validated, tested = said == split_columns.VALIDATION, said == split_columns.TEST
    if split.folds is not None:
        validated = torch.zeros_like(validated)
    rest = (~validated & ~tested).nonzero().flatten()
    shares = replace(
        split,
        validation=0.0 if validated.any() else split.validation,
        test=0.0 if tested.any() else split.test,
    )
    train, valid, test = (
        rest[part] for part in draw(None if labels is None else labels[rest], len(rest), shares)
    )
    if validated.any():
        valid = validated.nonzero().flatten()
    return train, valid, tested.nonzero().flatten() if tested.any() else test


def _fold(
    groups: list[Tensor], test: list[int], split: SplitSettings, folds: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The parts of one fold: what is left of the groups is dealt out to the folds in turn."""
    import torch

    tested = torch.cat([group[:t] for group, t in zip(groups, test, strict=True)])
    rest = torch.cat([group[t:] for group, t in zip(groups, test, strict=True)])
    if len(rest) < folds:
        raise DataError(
            Message(
                "{samples} samples cannot lie in {folds} folds. Take fewer folds.",
                samples=len(rest),
                folds=folds,
            )
        )
    mine = torch.arange(len(rest)) % folds == split.fold - 1
    shuffle = torch.Generator().manual_seed(split.seed)
    train, valid, tested = (
        part[torch.randperm(len(part), generator=shuffle)] for part in (rest[~mine], rest[mine], tested)
    )
    return train, valid, tested


def _shares(sizes: list[int], share: float, room: list[int] | None = None) -> list[int]:
    """How many of each group make up `share` of all: rounded by largest remainder, within `room`."""
    room = room or sizes
    exact = [size * share for size in sizes]
    taken = [min(int(value), limit) for value, limit in zip(exact, room, strict=True)]
    missing = min(round(sum(sizes) * share), sum(room)) - sum(taken)
    by_remainder = sorted(range(len(sizes)), key=lambda i: taken[i] - exact[i])
    while missing > 0:
        for i in by_remainder:
            if missing > 0 and taken[i] < room[i]:
                taken[i] += 1
                missing -= 1
    return taken


def _check(sizes: Iterable[int], split: SplitSettings, samples: int) -> None:
    valid = 1.0 if split.folds is not None else split.validation
    wanted = {"train": 1.0, "validation": valid, "test": split.test}
    empty = [
        name for (name, share), size in zip(wanted.items(), sizes, strict=True) if share > 0 and not size
    ]
    if empty:
        raise DataError(
            Message(
                "With {samples} samples the split leaves none for {part}. Change the shares in data.split.",
                samples=samples,
                part=", ".join(empty),
            )
        )
