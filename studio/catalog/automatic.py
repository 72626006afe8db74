"""What a parameter left out takes from the shapes that come in. Pure arithmetic on shapes; knows no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from studio.catalog import table

Dim = TypeVar("Dim")

_SOURCES: Mapping[str, tuple[int, int]] = {
    "in_channels": (0, 1),
    "input_channels": (0, 1),
    "num_features": (0, 1),
    "num_channels": (0, 1),
    "in_features": (0, -1),
    "in1_features": (0, -1),
    "in2_features": (1, -1),
    "input_size": (0, -1),
    "embed_dim": (0, -1),
    "d_model": (0, -1),
    "normalized_shape": (0, -1),
}
"""Parameter -> (which input, which of its dimensions)."""

_OWN: Mapping[str, tuple[int, int]] = {"ops.MLP": (0, -1)}
"""Types whose one parameter of this kind follows from another dimension."""


def values(type_: str, shapes: Sequence[Sequence[Dim]]) -> dict[str, Dim]:
    """The `auto` parameters of a type for inputs of these shapes, batch first.

    Those whose dimension does not exist are left out.

    >>> values("nn.Conv2d", [(8, 3, 32, 32)])
    {'in_channels': 3}
    """
    entry = table.entry(type_)
    found: dict[str, Dim] = {}
    for name in entry.auto if entry else ():
        which, dim = _OWN.get(type_, _SOURCES[name])
        if which < len(shapes) and len(shapes[which]) > abs(dim):
            found[name] = shapes[which][dim]
    return found
