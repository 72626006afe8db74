"""Fitted steps: plain numbers, the same arithmetic everywhere, and standardising among them."""

import json
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from studio.data import steps
from studio.data.preprocessing import Preprocessing
from studio.data.source import SourceInfo
from studio.data.steps.scaling import moments
from studio.words import Message


def fit(names: Sequence[str], scale: float, x: Tensor) -> Preprocessing:
    """The steps of these names, fitted on `x`."""
    info = SourceInfo(
        "some", Message("Some"), Message("Some"), "classification", tuple(x.shape[1:]), len(x), 2,
        lambda place: pytest.fail("nothing is read"), scale=scale,
    )  # fmt: skip
    placed = steps.placed({"preprocessing": [{"type": name} for name in names]}, info)
    return Preprocessing(steps.fit(placed, info, x, torch.zeros(len(x)))[0])


def test_standardised_columns_have_mean_zero_and_deviation_one() -> None:
    x = torch.randn(500, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 50.0, 1e-3]) + 7

    done = fit(["standardize"], 1.0, x).apply(x)

    assert torch.allclose(done.mean(0), torch.zeros(3), atol=1e-3)
    assert torch.allclose(done.std(0, correction=0), torch.ones(3), atol=1e-3)


def test_images_are_standardised_a_channel() -> None:
    x = torch.randint(0, 256, (40, 3, 5, 5), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    x[:, 1] //= 4

    fitted = fit(["standardize"], 1 / 255, x)
    done = fitted.apply(x)

    assert [len(fitted.steps[1][name]) for name in ("mean", "std")] == [3, 3]
    assert done.dtype == torch.float32
    assert torch.allclose(done.mean((0, 2, 3)), torch.zeros(3), atol=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e7, 1e-20])
def test_a_constant_column_becomes_zero_and_not_nan(value: float) -> None:
    x = torch.full((9000, 1), value)

    assert fit(["standardize"], 1.0, x).apply(x).abs().max() <= abs(value) * 1e-6


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=50))
def test_moments_are_those_of_torch(values: list[float]) -> None:
    x = torch.tensor(values, dtype=torch.float64).unsqueeze(1)

    (mean,), (std,) = moments([x], [x])

    assert mean == pytest.approx(float(x.mean()), rel=1e-9, abs=1e-9)
    true = float(x.std(correction=0))
    assert std == pytest.approx(true, rel=1e-6, abs=1e-9) or (std == 1.0 and true <= 1e-11 * abs(mean))


def test_moments_far_from_zero_keep_their_digits() -> None:
    x = torch.tensor([1e8, 1e8 + 1, 1e8 + 2], dtype=torch.float64).unsqueeze(1)

    assert moments([x], [x])[1] == pytest.approx([(2 / 3) ** 0.5])


def test_missing_numbers_do_not_count_in_moments() -> None:
    x = torch.tensor([[1.0, float("nan")], [3.0, float("nan")]], dtype=torch.float64)

    assert moments([x], [x]) == ([2.0, 0.0], [1.0, 1.0])


def test_fitted_steps_survive_json() -> None:
    x = torch.rand(20, 4, generator=torch.Generator().manual_seed(2))
    fitted = fit(["standardize"], 0.25, x)

    again = Preprocessing.from_json(json.loads(json.dumps(fitted.to_json())))

    assert torch.equal(again.apply(x), fitted.apply(x))


def test_no_steps_only_make_floats() -> None:
    x = torch.tensor([[1, 2]], dtype=torch.uint8)

    assert torch.equal(fit([], 1.0, x).apply(x), torch.tensor([[1.0, 2.0]]))
