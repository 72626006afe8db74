"""The last word on a network: scikit-learn's figures, and intervals that fit them."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from studio.training import appraisal, bootstrap
from studio.training.appraisal import Appraisal, Verdict
from studio.training.bootstrap import Ranking


def judged(by: Appraisal, prediction: object, y: torch.Tensor) -> Verdict:
    """The verdict on samples that come in three batches."""
    edges = [0, len(y) // 3, len(y) // 2, len(y)]
    for first, last in pairwise(edges):
        part = (
            tuple(p[first:last] for p in prediction)
            if isinstance(prediction, tuple)
            else prediction[first:last]
        )
        by.add(part, y[first:last])
    return by.result()


def scores(n: int = 200, classes: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    y = torch.randint(classes, (n,), generator=generator)
    given = torch.randn(n, classes, generator=generator)
    return given + 1.5 * torch.nn.functional.one_hot(y, classes), y


def inside(verdict: Verdict) -> bool:
    """Whether every figure lies in its interval, which is no point."""
    return all(
        low <= verdict.metrics[name] <= high and low < high for name, (low, high) in verdict.intervals.items()
    )


def test_classes_are_judged_as_scikit_learn_does() -> None:
    given, y = scores()
    said, likely = given.argmax(1), given.double().softmax(1)

    verdict = judged(appraisal.Classes(), given, y)

    found = verdict.metrics
    assert found["accuracy"] == metrics.accuracy_score(y, said)
    assert found["top_3_accuracy"] == metrics.top_k_accuracy_score(y, likely, k=3)
    assert found["f1_weighted"] == metrics.f1_score(y, said, average="weighted")
    assert found["log_loss"] == pytest.approx(metrics.log_loss(y, likely))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, likely, multi_class="ovr"))
    assert verdict.confusion == tuple(map(tuple, metrics.confusion_matrix(y, said).tolist()))
    assert verdict.samples == sum(map(sum, verdict.confusion)) == 200
    assert set(verdict.intervals) == set(found)
    assert inside(verdict)


def test_what_is_drawn_again_is_what_scikit_learn_says_of_the_samples_drawn() -> None:
    given, y = scores(n=60, classes=5)
    said = given.argmax(1).numpy()
    generator = np.random.default_rng(3)
    drawn = generator.integers(0, 60, size=60)
    counts = np.bincount(drawn, minlength=60)[None].astype(float)
    sides = [(y.numpy()[:, None] == np.arange(5)), (said[:, None] == np.arange(5))]
    true, taken = (side.astype(float) for side in sides)

    found = appraisal.of_counts(counts @ (true * taken), counts @ taken, counts @ true)

    for average in appraisal.AVERAGES:
        p, r, f, _ = metrics.precision_recall_fscore_support(
            y[drawn], said[drawn], labels=range(5), average=average, zero_division=0
        )
        assert found[f"precision_{average}"][0] == pytest.approx(p)
        assert found[f"recall_{average}"][0] == pytest.approx(r)
        assert found[f"f1_{average}"][0] == pytest.approx(f)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 6), st.booleans(), st.integers(0, 3)), min_size=2, max_size=40))
def test_areas_under_curves_of_weighed_samples_are_scikit_learns(rows: list[tuple[int, bool, int]]) -> None:
    score, positive, weight = (np.array(column) for column in zip(*rows, strict=True))

    (roc,), (pr,) = Ranking(score.astype(float), positive).areas(weight[None].astype(float))

    if not weight[positive].sum():
        assert math.isnan(roc)
        return
    assert pr == pytest.approx(metrics.average_precision_score(positive, score, sample_weight=weight))
    if weight[~positive].sum():
        assert roc == pytest.approx(metrics.roc_auc_score(positive, score, sample_weight=weight))
    else:
        assert math.isnan(roc)


def test_one_score_is_judged_as_two_classes() -> None:
    generator = torch.Generator().manual_seed(2)
    y = torch.randint(2, (120, 1), generator=generator).float()
    given = torch.randn(120, 1, generator=generator) + 2 * y - 1

    verdict = judged(appraisal.Binary(), given, y)

    assert verdict.metrics["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, given))
    assert verdict.metrics["accuracy"] == metrics.accuracy_score(y, given > 0)
    assert len(verdict.confusion) == 2
    assert inside(verdict)


def test_labels_are_judged_each_and_together() -> None:
    generator = torch.Generator().manual_seed(4)
    y = (torch.rand(150, 3, generator=generator) < 0.4).float()
    given = torch.randn(150, 3, generator=generator) + 3 * y - 1.5

    verdict = judged(appraisal.Labels(), given, y)

    said = (given > 0).int()
    assert verdict.metrics["f1_micro"] == metrics.f1_score(y.int(), said, average="micro")
    assert verdict.metrics["subset_accuracy"] == metrics.accuracy_score(y.int(), said)
    assert len(verdict.by_class["f1"]) == 3
    assert inside(verdict)


def test_numbers_are_judged_in_their_own_units() -> None:
    generator = torch.Generator().manual_seed(5)
    y = torch.randn(100, 2, generator=generator) * torch.tensor([1.0, 50.0]) + 1000
    guess = y + torch.randn(100, 2, generator=generator)

    verdict = judged(appraisal.Numbers(), guess, y)

    assert verdict.metrics["rmse"] == pytest.approx(metrics.root_mean_squared_error(y, guess))
    assert verdict.metrics["mape"] == pytest.approx(metrics.mean_absolute_percentage_error(y, guess))
    assert verdict.metrics["r2"] == pytest.approx(metrics.r2_score(y, guess), abs=1e-6)
    assert len(verdict.by_class["mae"]) == 2
    assert inside(verdict)


def test_pixels_overlap_as_jaccard_says() -> None:
    generator = torch.Generator().manual_seed(6)
    y = torch.randint(3, (20, 6, 5), generator=generator)
    given = torch.randn(20, 3, 6, 5, generator=generator) + 1.2 * torch.nn.functional.one_hot(y, 3).movedim(
        -1, 1
    )

    verdict = judged(appraisal.Pixels(), given, y)

    each = metrics.jaccard_score(y.flatten(), given.argmax(1).flatten(), average=None)
    assert verdict.by_class["iou"] == pytest.approx(each)
    assert verdict.metrics["iou"] == pytest.approx(each.mean())
    assert sum(map(sum, verdict.confusion)) == y.numel()
    assert inside(verdict)


def test_a_reconstruction_is_judged_by_the_spread_that_came_back() -> None:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(80, 1, 4, 4, generator=generator)
    again = x + 0.3 * torch.randn(x.shape, generator=generator)

    verdict = judged(appraisal.Values(), again, x)

    expected = metrics.r2_score(x.flatten(1), again.flatten(1), multioutput="variance_weighted")
    assert verdict.metrics["r2"] == pytest.approx(expected, abs=1e-5)
    assert inside(verdict)


def test_the_same_samples_have_the_same_interval_and_more_samples_a_narrower_one() -> None:
    def width(n: int) -> float:
        each = np.arange(n) % 2
        ((low, high),) = bootstrap.intervals(n, lambda c: {"half": c @ each / n}).values()
        return high - low

    assert width(100) == width(100)
    assert width(100) == pytest.approx(2 * 1.96 * 0.5 / 10, rel=0.1)
    assert width(400) < 0.6 * width(100)


def test_a_class_of_which_there_is_no_sample_spoils_nothing() -> None:
    given, y = scores()
    some = y != 2

    verdict = judged(appraisal.Classes(), given[some], y[some])

    assert math.isfinite(verdict.metrics["roc_auc"])
    assert verdict.by_class["samples"][2] == 0
    assert Verdict.from_json(verdict.to_json()) == verdict
