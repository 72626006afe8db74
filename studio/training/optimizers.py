"""From the settings to an optimiser of torch."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import torch
from torch.nn import Parameter

from studio.training.settings import Optimizer, SettingsError
from studio.words import Message

FUSED_ON = ("cpu", "cuda", "mps", "xpu")
"""where torch has one kernel for a whole step: a third less time for small networks on a processor"""


def make(settings: Optimizer, parameters: Iterable[Parameter], decay: str = "all") -> torch.optim.Optimizer:
    """torch's optimiser of that name. Raises SettingsError for arguments that it refuses.

    `decay` "matrices" leaves parameters with one dimension (biases, scales of norms) without weight decay.
    """
    kind = getattr(torch.optim, settings.type)
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    groups = [{"params": trained}] if decay == "all" else _groups(trained)
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


def _groups(trained: list[Parameter]) -> list[dict[str, Any]]:
    matrices = {"params": [p for p in trained if p.ndim > 1]}
    others = {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0}
    return [group for group in (matrices, others) if group["params"]]


def _can_fuse(kind: type[torch.optim.Optimizer], parameters: list[Parameter]) -> bool:
    return (
        "fused" in inspect.signature(kind).parameters
        and len({parameter.device for parameter in parameters}) == 1
        and all(p.is_floating_point() and p.device.type in FUSED_ON for p in parameters)
    )
