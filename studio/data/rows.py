"""Samples out of all of them, which lie in a tensor, or where a tensor of the chosen ones would not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, device, dtype


@dataclass(frozen=True, slots=True)
class Stored:
    """The samples of `all` (M, ...) at the places `order` (N,), gathered only when a batch is taken.

    `all` may be a file that is mapped into memory. Batches come to the device `to`, in `channels_last`.
    `digest` stands for the values of `all` where it is known.
    Looks like a tensor (N, ...) to those who take batches.
    """

    all: Tensor
    order: Tensor
    to_device: str = "cpu"
    channels_last: bool = False
    digest: str = ""

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, index: Tensor | slice) -> Stored:
        """Some of the samples, still where they are."""
        return replace(self, order=self.order[index if isinstance(index, slice) else index.cpu()])

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.order), *self.all.shape[1:])

    @property
    def dtype(self) -> dtype:
        return self.all.dtype

    @property
    def device(self) -> device:
        import torch

        return torch.device(self.to_device)

    @property
    def is_cuda(self) -> bool:
        return self.device.type == "cuda"

    def dim(self) -> int:
        return self.all.dim()

    def numel(self) -> int:
        return len(self.order) * self.all[0].numel()

    def to(self, device: str) -> Stored:
        """The same, with batches on `device`; what is stored stays where it is."""
        return replace(self, to_device=device)

    def take(self, index: Tensor | slice) -> Tensor:
        """The samples at `index` as a tensor."""
        import torch

        chosen = rows(self.all, self[index].order).to(self.to_device)
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        return chosen.contiguous(memory_format=layout)


def rows(x: Tensor | Stored, index: Tensor | slice) -> Tensor:
    """The samples of `x` (N, ...) at `index`, lying in memory as `x` does.

    `index_select` copies whole samples where `x[index]` looks up every number, which takes three times as
    long; images that lie pixel by pixel are seen as what they are for it.
    """
    import torch

    if isinstance(x, Stored):
        return x.take(index)
    if isinstance(index, slice):
        return x[index]
    if x.dim() == 4 and not x.is_contiguous() and x.is_contiguous(memory_format=torch.channels_last):
        return x.permute(0, 2, 3, 1).index_select(0, index).permute(0, 3, 1, 2)
    return x.index_select(0, index)


def parts(x: Tensor | Stored, size: int) -> Iterator[Tensor]:
    """All samples in their order, `size` at a time."""
    for start in range(0, len(x), size):
        yield rows(x, slice(start, start + size))
