"""Steps of an optimiser without what torch does around each of them.

`Optimizer.step` looks through its groups, sorts tensors by device and tells a profiler, every time; for a
small network that takes as long as a quarter of the whole step. Between the first step and the last nothing
of it changes, so Adam's one kernel is called with the same tensors right away. The numbers are torch's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Adam, AdamW, Optimizer

_PLAINLY = ("maximize", "capturable", "differentiable")
"""arguments of Adam that need what is left out here"""


@dataclass(slots=True)
class _Group:
    """One group of parameters with its state, in the order that the kernel takes them."""

    settings: dict[str, Any]
    parameters: list[Tensor]
    moments: tuple[list[Tensor], list[Tensor], list[Tensor]]
    counts: Tensor
    steps: list[Tensor]
    """each a number of `counts`, so that one addition counts for all"""

    def step(self, gradients: list[Tensor]) -> None:
        said = self.settings
        self.counts.add_(1)
        kernel = torch._fused_adamw_ if said["decoupled_weight_decay"] else torch._fused_adam_
        kernel(
            self.parameters,
            gradients,
            *self.moments,
            self.steps,
            amsgrad=said["amsgrad"],
            lr=said["lr"],
            beta1=said["betas"][0],
            beta2=said["betas"][1],
            weight_decay=said["weight_decay"],
            eps=said["eps"],
            maximize=False,
        )


class Stepper:
    """Clears gradients and steps, as `optimizer` does and with the same bits."""

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer
        self._parameters = [p for group in optimizer.param_groups for p in group["params"]]
        self._groups: list[_Group] | None = None
        self._quick = type(optimizer) in (Adam, AdamW) and all(map(_is_plain, optimizer.param_groups))

    def clear(self) -> None:
        for parameter in self._parameters:
            parameter.grad = None

    def step(self) -> None:
        gradients = self._gradients()
        if gradients is None or self._groups is None:
            self._optimizer.step()
            if self._quick and self._groups is None and gradients is not None:
                self._groups = [self._group(group) for group in self._optimizer.param_groups]
            return
        with torch.no_grad():
            for group, some in zip(self._groups, gradients, strict=True):
                group.step(some)

    def _gradients(self) -> list[list[Tensor]] | None:
        """Those of each group; None where a parameter has none, so that its state stays as it is."""
        found = []
        for group in self._optimizer.param_groups:
            some = [p.grad for p in group["params"]]
            if any(gradient is None for gradient in some):
                return None
            found.append(some)
        return found

    def _group(self, group: dict[str, Any]) -> _Group:
        states = [self._optimizer.state[p] for p in group["params"]]
        most = [s["max_exp_avg_sq"] for s in states] if group["amsgrad"] else []
        moments = [s["exp_avg"] for s in states], [s["exp_avg_sq"] for s in states], most
        counts = torch.stack([s["step"] for s in states])
        for state, count in zip(states, counts, strict=True):
            state["step"] = count
        return _Group(group, group["params"], moments, counts, list(counts))


def _is_plain(group: dict[str, Any]) -> bool:
    """Whether the kernel may be called for a group right away: one device, one dtype, nothing unusual."""
    kinds = {(p.device, p.dtype) for p in group["params"]}
    usual = group.get("fused") and not any(group[name] for name in _PLAINLY)
    return bool(usual) and len(kinds) == 1 and "decoupled_weight_decay" in group
