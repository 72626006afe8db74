"""From a type's name to PyTorch's class or function, by a fixed table. Imports torch when first asked.

A project file only ever picks a name from this table; nothing is imported because a file says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from studio.catalog import table


@cache
def _table() -> dict[str, Callable[..., Any]]:
    import operator

    import torch

    homes = {"nn": torch.nn, "torch": torch, "F": torch.nn.functional, "op": operator, "Tensor": torch.Tensor}
    found: dict[str, Callable[..., Any]] = {}
    for entry in table.entries():
        if entry.kind != "structural":
            home, name = entry.type.split(".", 1)
            found[entry.type] = getattr(homes[home], name)
    return found


def find(type_: str) -> Callable[..., Any]:
    """The class of a module type or the function of a function type. Raises KeyError for any other."""
    return _table()[type_]
