"""A variational autoencoder: the input again, from a code that is drawn, and codes that are nearly normal.

The network gives three outputs: the reconstruction, and mean and logarithm of the variance of each code. It
draws the code itself, `mu + randn_like(mu) * exp(logvar / 2)`, so that it can be used without us.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio.compiler.analysis import Aim, Context
from studio.training.objectives import checks
from studio.training.objectives.autoencoder import Autoencoder, Likeness, input_again
from studio.training.objectives.kind import Kind, Number
from studio.training.objectives.objective import Outcome
from studio.training.objectives.regression import LOSSES
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training import appraisal
    from studio.training.settings import Settings

TITLE = Message("Variational autoencoder")
NAMES = ("reconstruction", "mu", "logvar")
SEED = 0
"""of the codes that are drawn while judging: the same weights get the same figure each time"""


class Variational(Autoencoder):
    """Predictions: the reconstruction as the input (N, ...), `mu` and `logvar` (N, codes).

    The loss is for a sample what the reconstruction misses, summed over its values, and `beta` times the
    divergence of its codes from the normal distribution (Kingma and Welling 2014; beta: Higgins 2017), both
    divided by the number of values, so that rates carry over from plain autoencoders.
    """

    def __init__(self, loss: str, beta: float) -> None:
        super().__init__(loss)
        self._beta = beta

    def check(self, prediction: Any, y: Tensor) -> None:
        _, mu, logvar = checks.outputs(prediction, (tuple(y.shape[1:]), (None,), (None,)), TITLE)
        checks.one_output(logvar, tuple(mu.shape[1:]), TITLE)

    def loss(self, prediction: Any, y: Tensor) -> Tensor:
        values = y.numel() // len(y)
        return self._loss(prediction[0], y) + divergence(*prediction[1:]).mean() * (self._beta / values)

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        import torch

        with torch.random.fork_rng(devices=[x.device] if x.is_cuda else []):
            torch.manual_seed(SEED)
            prediction = module(x)
        return self.loss(prediction, x), prediction, x

    def meter(self) -> Codes:
        return Codes()

    def appraisal(self) -> appraisal.Codes:
        from studio.training import appraisal

        return appraisal.Codes()


def divergence(mu: Tensor, logvar: Tensor) -> Tensor:
    """How far each sample's codes (N, codes) are from the normal distribution, in nats: (N,)."""
    return 0.5 * (mu.square() + logvar.exp() - 1 - logvar).sum(1)


class Codes(Likeness):
    """Likeness of the reconstruction, and the mean divergence of the codes in nats a sample."""

    def measure(self, prediction: Any, y: Tensor) -> Tensor:
        import torch

        likeness = super().measure(prediction[0], y)
        far = divergence(*prediction[1:]).sum()
        return torch.cat([likeness, far.expand(1, likeness.shape[1])])

    def read(self, sums: Tensor, samples: int) -> dict[str, float]:
        return {**super().read(sums[:4], samples), "kl": float(sums[4, 0]) / samples}


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Variational:
    return Variational(settings.loss, settings.aim["beta"])


def _wants(context: Context, params: Mapping[str, Any], aim: Aim) -> tuple[int | None, Aim]:
    width, aim = input_again(context, params, aim)
    if not aim.outputs:
        return width, aim
    return width, replace(aim, outputs=(*aim.outputs, ("Z",), ("Z",)), names=NAMES)


KIND = Kind(
    "variational",
    TITLE,
    Message("The input from a code that is drawn; needs the outputs reconstruction, mu and logvar."),
    LOSSES,
    _make,
    wants=_wants,
    numbers={"beta": Number(Message("KL weight (beta)"), 1.0)},
    metrics=("r2", "mae", "kl"),
)
