"""Splits: disjoint, complete, stratified, repeatable."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.data.settings import SplitSettings
from studio.data.source import DataError
from studio.data.splits import draw

shares = st.floats(0.0, 0.45)


@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=6),
    validation=shares,
    test=shares,
    seed=st.integers(0, 2**40),
)
def test_every_sample_is_in_exactly_one_part(counts: list, validation: float, test: float, seed: int) -> None:
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    try:
        parts = draw(labels, len(labels), SplitSettings(validation, test, seed))
    except DataError:
        return  # too few samples for so small a share

    assert torch.cat(parts).sort().values.tolist() == list(range(len(labels)))
    assert len(parts[0]) > 0


@given(
    counts=st.lists(st.integers(20, 80), min_size=2, max_size=5),
    validation=st.floats(0.1, 0.4),
    test=st.floats(0.1, 0.4),
)
def test_every_class_is_shared_out_alike(counts: list, validation: float, test: float) -> None:
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))

    _, valid, tested = draw(labels, len(labels), SplitSettings(validation, test, 1))

    for part, share in ((valid, validation), (tested, test)):
        found = torch.bincount(labels[part], minlength=len(counts)).tolist()
        assert len(part) == round(sum(counts) * share)
        assert all(abs(n - size * share) <= 1 for n, size in zip(found, counts, strict=True))


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    labels = torch.arange(100) % 3
    split = SplitSettings(0.2, 0.2, 7)

    first, again = draw(labels, 100, split), draw(labels, 100, split)
    other = draw(labels, 100, SplitSettings(0.2, 0.2, 8))

    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(first[0], other[0])


def test_training_samples_do_not_lie_class_by_class() -> None:
    labels = torch.repeat_interleave(torch.arange(2), 50)

    train, _, _ = draw(labels, 100, SplitSettings(0.1, 0.1, 0))

    changes = (labels[train][1:] != labels[train][:-1]).sum()
    assert changes > 10


def test_a_share_too_small_for_one_sample_is_refused() -> None:
    with pytest.raises(DataError, match="leaves none for validation"):
        draw(None, 5, SplitSettings(0.01, 0.2, 0))


def test_a_share_of_nothing_is_allowed() -> None:
    train, valid, tested = draw(None, 5, SplitSettings(0.0, 0.0, 0))

    assert (len(train), len(valid), len(tested)) == (5, 0, 0)
