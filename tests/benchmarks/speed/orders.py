"""The order in which every side in PyTorch takes the samples: that of `netloom train` with the same seed."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Sampler


def order(samples: int, seed: int, epoch: int) -> Tensor:
    """(samples,) int64: the samples of an epoch (from 1), each once."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**63)
    return torch.randperm(samples, generator=generator)


class Order(Sampler[int]):
    """The same for a DataLoader, an epoch each time: what its own `shuffle=True` does, with this seed."""

    def __init__(self, samples: int, seed: int) -> None:
        self._samples, self._seed, self._epoch = samples, seed, 0

    def __iter__(self) -> Iterator[int]:
        self._epoch += 1
        yield from order(self._samples, self._seed, self._epoch).tolist()

    def __len__(self) -> int:
        return self._samples
