"""From the settings to an optimiser of torch."""

from __future__ import annotations

import inspect
from collections.abc import Iterable

import torch
from torch.nn import Parameter

from studio.training.settings import Optimizer, SettingsError
from studio.words import Message

FUSED_ON = ("cpu", "cuda", "mps", "xpu")
"""where torch has one kernel for a whole step: a third less time for small networks on a processor"""


def make(settings: Optimizer, parameters: Iterable[Parameter]) -> torch.optim.Optimizer:
    """torch's optimiser of that name. Raises SettingsError for arguments that it refuses."""
    kind = getattr(torch.optim, settings.type)
    trained = [parameter for parameter in parameters if parameter.requires_grad]
    arguments = {name: tuple(v) if isinstance(v, list) else v for name, v in settings.params.items()}
    if _can_fuse(kind, trained):
        arguments["fused"] = True
    try:
        made: torch.optim.Optimizer = kind(trained, **arguments)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            Message(
                "{optimizer} does not take these settings: {reason}", optimizer=settings.type, reason=error
            )
        ) from error
    return made


def _can_fuse(kind: type[torch.optim.Optimizer], parameters: list[Parameter]) -> bool:
    return (
        "fused" in inspect.signature(kind).parameters
        and len({parameter.device for parameter in parameters}) == 1
        and all(p.is_floating_point() and p.device.type in FUSED_ON for p in parameters)
    )
