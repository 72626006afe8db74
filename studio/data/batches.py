"""Batches by index from one tensor: no loader, no workers, no copies but the batch itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from studio.data.prepare import Split
from studio.data.rows import rows

if TYPE_CHECKING:
    from torch import Generator, Tensor


def steps(samples: int, batch_size: int) -> int:
    """How many batches an epoch has."""
    whole, rest = divmod(samples, batch_size)
    return whole + (rest > 1 or (rest == 1 and (whole == 0 or batch_size == 1)))


def batches(
    split: Split, batch_size: int, generator: Generator | None = None, first: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Every sample once, as (x, y) batches: in an order drawn from `generator`, or as they lie without one.

    Where the samples have chances of their own, as many are drawn as there are, some of them several times.

    In a drawn order, samples are changed as their augmentation says; what it draws follows from the
    generator's seed and the number of the batch.

    A single left-over sample joins the batch before it: batch normalisation has no variance of one sample.
    The order is drawn whole and begun at its batch `first`.
    """
    samples = len(split)
    order = None
    if generator is not None:
        order = _drawn(split, generator).to(split.x.device)
    count = steps(samples, batch_size)
    for step in range(first, count):
        start = step * batch_size
        end = samples if step == count - 1 else start + batch_size
        if order is None or generator is None:
            index = slice(start, end)
            yield split.inputs(index), rows(split.y, index)
        else:
            yield split.drawn(order[start:end], _seed(generator.initial_seed(), step))


def _seed(epoch: int, batch: int) -> int:
    """The seed of what is drawn for a batch, from the epoch's."""
    return (epoch * 1_000_003 + batch) % 2**63


def _drawn(split: Split, generator: Generator) -> Tensor:
    import torch

    if split.chances is None:
        return torch.randperm(len(split), generator=generator)
    return torch.multinomial(split.chances, len(split), replacement=True, generator=generator)
