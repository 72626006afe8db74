"""Numbers: squared, absolute or Huber's error; mean absolute error and R² in the data's own units.

The loss is taken of targets brought to mean 0 and deviation 1, so that the usual learning rates fit whatever
the units are. Where the network ends in a Linear layer with a bias, that layer learns in these units while
it trains, and kept weights have the units folded back into it: whoever loads them gets predictions in the
data's own units and needs to know nothing of this (docs/decisions/0021). A network that ends otherwise
learns on raw targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.training.objectives.kind import Kind
from studio.training.objectives.objective import Objective, ObjectiveError
from studio.words import Message

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.settings import Settings

LOSSES = ("mse", "l1", "huber", "smooth_l1")


def distance(name: str) -> Callable[[Tensor, Tensor], Tensor]:
    """The loss of that name: how far predictions are from targets of the same shape."""
    from torch.nn import functional

    found: Callable[[Tensor, Tensor], Tensor] = getattr(functional, f"{name}_loss")
    return found


@dataclass(frozen=True, slots=True)
class Units:
    """How targets are brought to mean 0 and deviation 1, a column each: (y - mean) / std."""

    mean: Tensor
    std: Tensor

    def on(self, device: torch.device) -> Units:
        return self if self.mean.device == device else Units(self.mean.to(device), self.std.to(device))


class Regression(Objective):
    """Predictions and targets (N, columns) float32. `layer`: the Linear that learns in `units`.

    `kept`: the predictions are those of kept weights, in the data's own units.
    """

    def __init__(self, loss: str, units: Units, layer: str | None = None, kept: bool = False) -> None:
        self._name, self._loss = loss, distance(loss)
        self.units = units
        self.layer = layer
        self._kept = kept

    def check(self, prediction: Any, y: Tensor) -> None:
        columns = "×".join(map(str, y.shape[1:]))
        if isinstance(prediction, tuple | list):
            raise ObjectiveError(
                Message(
                    "The network gives {found}; regression needs one output of N×{columns}. Keep one output "
                    "node.",
                    found=type(prediction).__name__,
                    columns=columns,
                )
            )
        if prediction.shape != y.shape:
            raise ObjectiveError(
                Message(
                    "The network gives N×{found}; the data has N×{columns} numbers to predict. End it with a "
                    "Linear layer whose out_features is auto.",
                    found="×".join(map(str, prediction.shape[1:])),
                    columns=columns,
                )
            )

    def loss(self, prediction: Tensor, y: Tensor) -> Tensor:
        if self.layer is None:
            return self._loss(prediction, y)
        units = self.units = self.units.on(y.device)
        if self._kept:
            prediction = (prediction - units.mean) / units.std
        return self._loss(prediction, (y - units.mean) / units.std)

    def meter(self) -> Errors:
        return Errors(self.units, self.layer is not None and not self._kept)

    def appraisal(self) -> appraisal.Numbers:
        from studio.training import appraisal

        return appraisal.Numbers()

    def score(self, metrics: Mapping[str, float]) -> tuple[float, ...]:
        return (-metrics["loss"],)

    def weights(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        if self.layer is None:
            return state
        weight, bias = f"{self.layer}.weight", f"{self.layer}.bias"
        mean, std = self.units.mean.to(state[bias]), self.units.std.to(state[bias])
        return {**state, weight: state[weight] * std.unsqueeze(1), bias: state[bias] * std + mean}

    def taken(self, state: dict[str, Tensor]) -> dict[str, Tensor]:
        weight, bias = f"{self.layer}.weight", f"{self.layer}.bias"
        if self.layer is None or weight not in state or bias not in state:
            return state
        mean, std = self.units.mean.to(state[bias]), self.units.std.to(state[bias])
        if state[bias].shape != mean.shape:
            return state
        return {**state, weight: state[weight] / std.unsqueeze(1), bias: (state[bias] - mean) / std}

    def facts(self) -> dict[str, Any]:
        if self.layer is None:
            return {}
        mean, std = self.units.mean.tolist(), self.units.std.tolist()
        return {"target": {"mean": mean, "std": std, "folded_into": self.layer}}

    def of_kept(self) -> Regression:
        return Regression(self._name, self.units, self.layer, kept=True)


class Errors:
    """Mean absolute error and R², in the data's own units whatever units the predictions have."""

    def __init__(self, units: Units, standardised: bool) -> None:
        import torch

        self._units = units
        self._standardised = standardised
        self._sums = torch.zeros(4, *units.mean.shape, device=units.mean.device)
        self._samples = 0

    def add(self, prediction: Tensor, y: Tensor) -> None:
        import torch

        with torch.no_grad():
            units = self._units = self._units.on(y.device)
            # sums of values far from zero would lose their digits: all of them are taken in standard units
            target = (y - units.mean) / units.std
            guess = (
                prediction.detach() if self._standardised else (prediction.detach() - units.mean) / units.std
            )
            error = guess - target
            sums = (error.abs().sum(0), error.square().sum(0), target.sum(0), target.square().sum(0))
            self._sums = self._sums.to(y.device) + torch.stack(sums)
        self._samples += len(y)

    def result(self) -> dict[str, float]:
        import torch

        absolute, squared, total, total_squared = self._sums.to("cpu", torch.float64)
        spread = total_squared - total.square() / self._samples
        mae = (absolute * self._units.std.to("cpu", torch.float64)).mean() / self._samples
        # of one sample, or of equal ones, R² has no meaning
        r2 = (1 - squared / spread).mean() if bool((spread > 1e-12).all()) else torch.tensor(float("nan"))
        return {"mae": float(mae), "r2": float(r2)}

    def state(self) -> dict[str, Tensor]:
        import torch

        return {"sums": self._sums, "samples": torch.tensor(self._samples)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self._sums = state["sums"].to(self._sums.device)
        self._samples = int(state["samples"])


def make(loss: str, data: Prepared, module: nn.Module) -> Regression:
    """The objective with its units fitted on the training targets."""
    import torch

    y = data.train.y.to("cpu", torch.float64)
    std = y.std(0, correction=0)
    std[std < 1e-12] = 1.0
    return Regression(loss, Units(y.mean(0).float(), std.float()), last_linear(module))


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Regression:
    return make(settings.loss, data, module)


def last_linear(module: nn.Module) -> str | None:
    """The path of the Linear layer with a bias whose result, and nothing else's, is what the module gives."""
    from torch import fx, nn

    if not isinstance(module, fx.GraphModule):
        return None
    given = next(node for node in module.graph.nodes if node.op == "output").args[0]
    if not isinstance(given, fx.Node) or given.op != "call_module" or len(given.users) != 1:
        return None
    layer = module.get_submodule(str(given.target))
    if type(layer) is not nn.Linear or layer.bias is None:
        return None
    # a layer or weight that also works elsewhere would be changed there too
    calls = sum(other is layer for _, other in module.named_modules(remove_duplicate=False))
    uses = sum(node.op == "call_module" and node.target == given.target for node in module.graph.nodes)
    owners = [name for name, p in module.named_parameters(remove_duplicate=False) if p is layer.weight]
    return str(given.target) if calls == uses == len(owners) == 1 else None


KIND = Kind(
    "regression",
    Message("Regression"),
    Message("One number for each sample, or several."),
    LOSSES,
    _make,
    tasks=("regression",),
    metrics=("mae", "r2"),
)
