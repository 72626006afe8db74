"""A moving average of the weights, which is judged and kept instead of the weights that are trained.

torch.optim.swa_utils.AveragedModel as it is: the average begins as the weights after the first step; then
average * decay + weights * (1 - decay) at every step. Buffers, such as the statistics of a batch
normalisation, move by themselves already and are taken over as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


class Average:
    """The average of the weights of `module`. `module` of it is a network of its own, for evaluation."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self._source = module
        averaging = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
        self._averaged = AveragedModel(module, multi_avg_fn=averaging)

    @property
    def module(self) -> nn.Module:
        made: nn.Module = self._averaged.module
        return made

    def update(self) -> None:
        """After each step of the optimiser."""
        self._averaged.update_parameters(self._source)

    def state(self) -> dict[str, Tensor]:
        """What is needed to go on."""
        return {**self.module.state_dict(), COUNT: self._averaged.n_averaged}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        self.module.load_state_dict({name: value for name, value in state.items() if name != COUNT})
        with torch.no_grad():
            self._averaged.n_averaged.copy_(state[COUNT])


COUNT = "averaged steps"
"""no name of a tensor of a network: those have no spaces"""
