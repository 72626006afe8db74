"""Layers that PyTorch makes of a layer it is handed: `TransformerEncoder(TransformerEncoderLayer(...), 6)`.

A node has the arguments of both, so that one card is one stack: those of the inner layer and, of the stack
itself, how many there are and whether a LayerNorm follows. Imports torch when first asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

LAYERS: Mapping[str, str] = {
    "nn.TransformerEncoder": "nn.TransformerEncoderLayer",
    "nn.TransformerDecoder": "nn.TransformerDecoderLayer",
}
"""The type of the layer that each stack repeats."""

OWN = ("num_layers", "norm", "enable_nested_tensor", "mask_check")
"""The arguments of the stack itself. `norm` is a yes or no here: a LayerNorm as wide as the stack."""

NORM: Mapping[str, str] = {"normalized_shape": "d_model", "eps": "layer_norm_eps", "bias": "bias"}
"""What the LayerNorm behind the last layer has from the arguments of the layers."""


def maker(type_: str) -> Callable[..., Any]:
    """A function that makes the stack from the arguments of both. It returns PyTorch's own class."""
    from torch import nn

    whole = stack(type_)
    layer = getattr(nn, LAYERS[type_].removeprefix("nn."))

    def make(num_layers: int, norm: bool = False, **arguments: Any) -> nn.Module:
        own = {name: arguments.pop(name) for name in OWN if name in arguments}
        inner = layer(**arguments)
        last = nn.LayerNorm(**_norm(arguments)) if norm else None
        made: nn.Module = whole(inner, num_layers, last, **own)
        return made

    return make


def stack(type_: str) -> Any:
    """PyTorch's class of a stack."""
    from torch import nn

    return getattr(nn, type_.removeprefix("nn."))


def _norm(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The LayerNorm behind the last layer, as `nn.Transformer` makes it: like those inside."""
    return {name: arguments[source] for name, source in NORM.items() if source in arguments}
