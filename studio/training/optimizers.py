"""From the settings to an optimiser of torch."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter

from studio.training.settings import Optimizer, SettingsError
from studio.words import Message

FUSED_ON = ("cpu", "cuda", "mps", "xpu")
"""where torch has one kernel for a whole step: a third less time for small networks on a processor"""


def make(
    settings: Optimizer,
    parameters: Iterable[Parameter],
    decay: str = "all",
    factors: Mapping[Parameter, float] | None = None,
) -> torch.optim.Optimizer:
    """torch's optimiser of that name. Raises SettingsError for arguments that it refuses.

    `decay` "matrices" leaves parameters with one dimension (biases, scales of norms) without weight decay.
    `factors` multiply the learning rate of a parameter; the first group is one whose factor is 1, if any.
    """
    kind = getattr(torch.optim, settings.type)
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    groups = list(_groups(trained, decay, factors or {}, settings.params["lr"]))
    arguments = {name: tuple(v) if isinstance(v, list) else v for name, v in settings.params.items()}
    if _can_fuse(kind, trained):
        arguments["fused"] = True
    try:
        made: torch.optim.Optimizer = kind(groups, **arguments)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            Message(
                "{optimizer} does not take these settings: {reason}", optimizer=settings.type, reason=error
            )
        ) from error
    return made


def restore(optimizer: torch.optim.Optimizer, state: dict[str, Any]) -> None:
    """Loads a state that was kept, its tensors lying in memory as their parameters do: fused kernels need it.

    A file has all tensors laid out plainly, whatever they were.
    """
    optimizer.load_state_dict(state)
    for parameter, values in optimizer.state.items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameter.shape:
                values[name] = torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def _groups(
    trained: list[Parameter], decay: str, factors: Mapping[Parameter, float], lr: float
) -> Iterator[dict[str, Any]]:
    """What torch is given: the parameters that share a learning rate and a weight decay, together."""
    known = {factors.get(parameter, 1.0) for parameter in trained}
    for factor in sorted(known, key=lambda factor: (factor != 1.0, factor)):
        alike = [p for p in trained if factors.get(p, 1.0) == factor]
        own: dict[str, Any] = {} if factor == 1.0 else {"lr": lr * factor}
        if decay == "all":
            yield {"params": alike, **own}
            continue
        if matrices := [p for p in alike if p.ndim > 1]:
            yield {"params": matrices, **own}
        if others := [p for p in alike if p.ndim <= 1]:
            yield {"params": others, **own, "weight_decay": 0.0}


def _can_fuse(kind: type[torch.optim.Optimizer], parameters: list[Parameter]) -> bool:
    return (
        "fused" in inspect.signature(kind).parameters
        and len({parameter.device for parameter in parameters}) == 1
        and all(p.is_floating_point() and p.device.type in FUSED_ON for p in parameters)
    )
