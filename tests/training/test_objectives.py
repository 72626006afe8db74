"""Losses and metrics against PyTorch's and scikit-learn's; targets in units of their own."""

import pytest
import torch
from sklearn.metrics import mean_absolute_error, r2_score
from torch import fx, nn

from studio.compiler.analysis import Context, N, TensorSpec
from studio.data.prepare import Prepared, Split
from studio.data.preprocessing import Preprocessing
from studio.training.objectives import ObjectiveError
from studio.training.objectives.classification import Classification
from studio.training.objectives.regression import Regression, last_linear, make


def houses() -> Prepared:
    """Prices around 300,000 that depend on five features."""
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(120, 5, generator=generator)
    y = (x @ torch.arange(1.0, 6.0)).unsqueeze(1) * 20_000 + 300_000
    parts = [Split(x[a:b], y[a:b]) for a, b in ((0, 80), (80, 100), (100, 120))]
    return Prepared(*parts, Context((TensorSpec((N, 5)),), 1, "regression"), Preprocessing(), "", "")


def test_accuracy_is_the_share_of_right_answers() -> None:
    meter = Classification("cross_entropy", 3).meter()
    scores = torch.tensor([[3.0, 1, 1], [0, 1, 0], [0, 0, 1], [1, 0, 0]])

    meter.add(scores[:3], torch.tensor([0, 1, 0]))
    meter.add(scores[3:], torch.tensor([0]))

    assert meter.result() == {"accuracy": 0.75}


def test_more_right_answers_are_better_and_a_smaller_loss_decides_a_tie() -> None:
    objective = Classification("cross_entropy", 2)

    assert objective.score({"accuracy": 0.9, "loss": 5.0}) > objective.score({"accuracy": 0.8, "loss": 0.1})
    assert objective.score({"accuracy": 0.9, "loss": 0.1}) > objective.score({"accuracy": 0.9, "loss": 0.2})


@pytest.mark.parametrize(
    "prediction", [torch.zeros(4, 7), torch.zeros(4), torch.zeros(4, 3, 1), (torch.zeros(4, 3),)]
)
def test_a_network_that_does_not_give_one_score_a_class_is_told_so(prediction: object) -> None:
    with pytest.raises(ObjectiveError, match=r"3 (classes|scores)"):
        Classification("cross_entropy", 3).check(prediction, torch.zeros(4, dtype=torch.int64))


@pytest.mark.parametrize("shape", [(4,), (4, 2), (4, 1, 1)])
def test_a_regression_that_would_broadcast_is_refused(shape: tuple) -> None:
    objective = make("mse", houses(), nn.Linear(5, 1))

    with pytest.raises(ObjectiveError, match="N×1"):
        objective.check(torch.zeros(shape), torch.zeros(4, 1))


@pytest.mark.parametrize("standardised", [True, False])
def test_error_and_r2_are_scikit_learns_in_the_datas_units(standardised: bool) -> None:
    data = houses()
    y = data.validation.y
    guess = y + torch.randn(y.shape, generator=torch.Generator().manual_seed(0)) * 9_000
    fitted = make("mse", data, nn.Linear(5, 1))
    objective = Regression("mse", fitted.units, "linear" if standardised else None)
    meter = objective.meter()
    given = (guess - fitted.units.mean) / fitted.units.std if standardised else guess

    for a, b in ((0, 7), (7, len(y))):
        meter.add(given[a:b], y[a:b])

    found = meter.result()
    assert found["mae"] == pytest.approx(mean_absolute_error(y, guess), rel=1e-4)
    assert found["r2"] == pytest.approx(r2_score(y, guess), rel=1e-4)


def test_kept_weights_predict_in_the_datas_units() -> None:
    data, module = houses(), fx.symbolic_trace(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1)))
    objective = make("mse", data, module)
    x, y = data.test.x, data.test.y
    with torch.no_grad():
        learning = module(x)
        loss = objective.loss(learning, y)

        module.load_state_dict(objective.weights(module.state_dict()))
        kept = module(x)

    assert torch.allclose(kept, learning * objective.units.std + objective.units.mean, rtol=1e-4)
    assert float(objective.of_kept().loss(kept, y)) == pytest.approx(float(loss), rel=1e-3)


class Tied(nn.Module):
    """Its last layer also works in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.relu(self.layer(x)))


class Shared(nn.Module):
    """Its last layer's weight is another layer's too."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(4, 4), nn.Linear(4, 4)
        self.last.weight = self.first.weight

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.relu(self.first(x)))


@pytest.mark.parametrize(
    "module",
    [
        Tied(),
        Shared(),
        nn.Sequential(nn.Linear(4, 1, bias=False)),
        nn.Sequential(nn.Linear(4, 1), nn.ReLU()),
    ],
    ids=["tied", "shared", "no bias", "not last"],
)
def test_units_are_folded_only_into_a_layer_that_does_nothing_else(module: nn.Module) -> None:
    assert last_linear(fx.symbolic_trace(module)) is None


def test_without_a_last_linear_layer_the_raw_targets_are_learned() -> None:
    data = houses()
    objective = make("l1", data, fx.symbolic_trace(nn.Sequential(nn.Linear(5, 1), nn.Identity())))

    assert objective.layer is None
    assert float(objective.loss(torch.zeros(20, 1), data.test.y)) == pytest.approx(
        float(data.test.y.abs().mean())
    )


def test_targets_that_are_all_equal_give_no_division_by_zero() -> None:
    data = houses()
    flat = Split(data.train.x, torch.full((80, 1), 7.0))
    objective = make(
        "mse", Prepared(flat, flat, flat, data.context, Preprocessing(), "", ""), nn.Linear(5, 1)
    )
    meter = objective.meter()

    meter.add(torch.full((80, 1), 7.0), flat.y)

    assert meter.result()["mae"] == 0.0
    assert torch.isnan(torch.tensor(meter.result()["r2"]))
