"""Batches by index."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.data.batches import batches, steps
from studio.data.prepare import Split
from studio.data.preprocessing import Preprocessing


def numbered(samples: int) -> Split:
    return Split(torch.arange(samples).float().unsqueeze(1), torch.arange(samples))


@given(samples=st.integers(1, 200), size=st.integers(1, 210), seed=st.integers(0, 10))
def test_an_epoch_has_every_sample_once_with_its_target(samples: int, size: int, seed: int) -> None:
    made = list(batches(numbered(samples), size, torch.Generator().manual_seed(seed)))

    assert sorted(torch.cat([y for _, y in made]).tolist()) == list(range(samples))
    assert all(torch.equal(x.squeeze(1), y.float()) for x, y in made)
    assert len(made) == steps(samples, size)


@given(samples=st.integers(2, 200), size=st.integers(2, 64))
def test_no_batch_has_a_single_sample(samples: int, size: int) -> None:
    assert all(2 <= len(y) <= size + 1 for _, y in batches(numbered(samples), size))


def test_without_a_generator_samples_come_as_they_lie() -> None:
    assert [y.tolist() for _, y in batches(numbered(5), 2)] == [[0, 1], [2, 3, 4]]


def test_the_same_generator_seed_gives_the_same_order() -> None:
    first, again, other = (
        torch.cat([y for _, y in batches(numbered(50), 7, torch.Generator().manual_seed(s))])
        for s in (1, 1, 2)
    )

    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_stored_images_are_preprocessed_a_batch() -> None:
    split = Split(
        torch.full((4, 1, 2, 2), 255, dtype=torch.uint8),
        torch.zeros(4),
        Preprocessing(({"type": "scale", "factor": 1 / 255},)),
    )

    x, _ = next(batches(split, 4))

    assert x.dtype == torch.float32
    assert torch.allclose(x, torch.ones(4, 1, 2, 2))
