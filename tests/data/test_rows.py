"""Samples by index: the same as PyTorch's own indexing, lying in memory as all of them do."""

from __future__ import annotations

import pytest
import torch

from studio.data.rows import rows

INDEX = torch.tensor([3, 0, 3, 6])


@pytest.mark.parametrize("shape", [(7,), (7, 2), (7, 3, 5, 4), (7, 1, 5, 4), (7, 3, 1, 1), (7, 2, 3, 4, 5)])
@pytest.mark.parametrize("kind", [torch.float32, torch.uint8, torch.int64])
def test_as_indexing_gives_them(shape: tuple[int, ...], kind: torch.dtype) -> None:
    x = torch.arange(torch.Size(shape).numel()).reshape(shape).to(kind)
    assert torch.equal(rows(x, INDEX), x[INDEX])
    assert torch.equal(rows(x, slice(2, 5)), x[2:5])


def test_images_with_channels_last_stay_so() -> None:
    x = torch.randn(7, 3, 5, 4).contiguous(memory_format=torch.channels_last)
    for taken in (rows(x, INDEX), rows(x, slice(1, 4))):
        assert taken.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(rows(x, INDEX), x[INDEX])
