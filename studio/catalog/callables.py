"""From a type's name to PyTorch's class or function, by a fixed table. Imports torch when first asked.

A project file only ever picks a name from this table; nothing is imported because a file says so.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from studio.catalog import stacks, table


@cache
def find(type_: str) -> Callable[..., Any]:
    """The class of a module type or the function of a function type. Raises KeyError for any other."""
    entry = table.entry(type_)
    if entry is None or entry.kind == "structural":
        raise KeyError(type_)
    if type_ in stacks.LAYERS:
        return stacks.maker(type_)
    home, name = type_.split(".", 1)
    found: Callable[..., Any] = attrgetter(name)(_home(home))
    return found


def _home(name: str) -> Any:
    """The module or class that holds the types beginning with `name`. torchvision only where it is wanted."""
    import operator

    import torch

    if name == "ops":
        import torchvision.ops

        return torchvision.ops
    homes = {"nn": torch.nn, "torch": torch, "F": torch.nn.functional, "op": operator, "Tensor": torch.Tensor}
    return homes[name]
