"""Which samples train, which validate, which test: drawn by a seed, classes in equal shares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from studio.data.settings import SplitSettings
from studio.data.source import DataError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor


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


def in_order(samples: int, split: SplitSettings) -> tuple[Tensor, Tensor, Tensor]:
    """The same for samples that follow each other in time: first training, then validation, then test."""
    import torch

    if split.folds is not None:
        raise DataError(
            Message("Samples in the order of time cannot lie in folds: what comes later would train.")
        )
    tested = round(samples * split.test)
    validated = round(samples * split.validation)
    first = samples - validated - tested
    _check((first, validated, tested), split, samples)
    order = torch.arange(samples)
    return order[:first], order[first : first + validated], order[first + validated :]


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
    wanted = {"train": 1.0, "validation": split.validation, "test": split.test}
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
