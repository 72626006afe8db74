"""Batches of training data that outlast their source: where it has gone, the run waits and tries again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from studio.data.batches import batches
from studio.data.prepare import DataError, Split


def feed(
    split: Split, batch_size: int, seed: int, first: int, wait: Callable[[Exception], bool]
) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches of an epoch from `first` on, in the order that `seed` draws.

    Where one cannot be read, `wait(reason)` is called; True tries the same batch again, False ends.
    """
    done = first
    while True:
        order = torch.Generator().manual_seed(seed)
        try:
            for batch in batches(split, batch_size, order, done):
                yield batch
                done += 1
        except (OSError, DataError) as error:
            if not wait(error):
                return
        else:
            return
