"""Cross-validation: every sample validates once, classes lie alike in all folds, testing stays apart."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from studio.data.prepare import DataError, prepare
from studio.data.settings import SplitSettings, read
from studio.data.splits import draw


@given(
    st.lists(st.integers(0, 3), min_size=30, max_size=120),
    st.integers(2, 6),
    st.sampled_from([0.0, 0.1, 0.25]),
    st.integers(0, 99),
)
def test_each_sample_that_is_not_for_testing_validates_in_exactly_one_fold(
    classes: list[int], folds: int, test: float, seed: int
) -> None:
    labels = torch.tensor(classes)
    parts = [draw(labels, len(labels), SplitSettings(0.1, test, seed, folds, k + 1)) for k in range(folds)]

    tested = {tuple(sorted(part[2].tolist())) for part in parts}
    assert len(tested) == 1
    validated = sorted(i for part in parts for i in part[1].tolist())
    assert sorted([*validated, *tested.pop()]) == list(range(len(labels)))
    for train, valid, _ in parts:
        assert not set(train.tolist()) & set(valid.tolist())
        assert len(train) + len(valid) == len(validated)
    sizes = [len(valid) for _, valid, _ in parts]
    assert max(sizes) - min(sizes) <= 1
    for c in set(classes):
        counts = [int((labels[valid] == c).sum()) for _, valid, _ in parts]
        assert max(counts) - min(counts) <= 1


def test_preprocessing_is_fitted_on_the_training_part_of_each_fold_only() -> None:
    folds = [prepare({"source": "iris", "split": {"folds": 3, "fold": k, "test": 0.1}}) for k in (1, 2, 3)]

    for fold in folds:
        assert fold.train.x.mean(0) == pytest.approx(torch.zeros(4).numpy(), abs=1e-5)
    assert len({fold.fingerprint for fold in folds}) == 3
    assert len({str(fold.preprocessing.to_json()) for fold in folds}) == 3


@pytest.mark.parametrize(
    ("split", "text"),
    [
        ({"folds": 1}, "data.split.folds is 1"),
        ({"folds": 3, "fold": 4}, "data.split.fold is 4"),
        ({"fold": 2}, "data.split.fold is 2"),
    ],
)
def test_a_fold_that_cannot_be_is_refused_by_name(split: dict[str, int], text: str) -> None:
    with pytest.raises(DataError, match=text):
        read({"source": "iris", "split": split})


def test_more_folds_than_samples_are_refused() -> None:
    with pytest.raises(DataError, match="Take fewer folds"):
        draw(None, 5, SplitSettings(0.1, 0.0, 0, 6, 1))
