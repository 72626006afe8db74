"""Weights that a forward pass writes into: those of an embedding with `max_norm`, shortened when looked up.

To shorten what was shortened before changes it by a rounding, so who looks at a network twice puts them back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


def weights(module: nn.Module) -> list[Tensor]:
    """Those of the whole network."""
    from torch import nn

    kinds = (nn.Embedding, nn.EmbeddingBag)
    parts = [part for part in module.modules() if isinstance(part, kinds) and part.max_norm is not None]
    return list({id(part.weight): part.weight for part in parts}.values())


@contextmanager
def left_alone(module: nn.Module) -> Iterator[None]:
    """What is computed inside leaves no trace in them."""
    import torch

    kept = [(weight, weight.detach().clone()) for weight in weights(module)]
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, before in kept:
                weight.copy_(before)
