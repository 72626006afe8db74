"""The input as it was before noise came upon it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.training.objectives.autoencoder import Autoencoder, input_again
from studio.training.objectives.kind import Kind, Number
from studio.training.objectives.objective import Outcome
from studio.training.objectives.regression import LOSSES
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor, nn

    from studio.data.prepare import Prepared
    from studio.training.settings import Settings

SEED = 0
"""of the noise that is judged with: the same weights get the same figure each time"""


class Denoising(Autoencoder):
    """An autoencoder whose input has normal noise of the deviation `noise` on it."""

    def __init__(self, loss: str, noise: float) -> None:
        super().__init__(loss)
        self._noise = noise

    def step(self, module: nn.Module, x: Tensor, y: Tensor, turn: str) -> Outcome:
        import torch

        prediction = module(x + torch.randn_like(x) * self._noise)
        return self.loss(prediction, x), prediction, x

    def judge(self, module: nn.Module, x: Tensor, y: Tensor) -> Outcome:
        import torch

        drawn = torch.randn(x.shape, generator=torch.Generator().manual_seed(SEED)).to(x)
        prediction = module(x + drawn * self._noise)
        return self.loss(prediction, x), prediction, x


def _make(settings: Settings, data: Prepared, module: nn.Module) -> Denoising:
    return Denoising(settings.loss, settings.aim["noise"])


KIND = Kind(
    "denoising",
    Message("Denoising autoencoder"),
    Message("The input as it was before noise came upon it."),
    LOSSES,
    _make,
    wants=input_again,
    numbers={"noise": Number(Message("Noise"), 0.5)},
    metrics=("r2", "mae"),
)
