"""A call of PyTorch as the catalogue names it: `x.flatten(1)` is `torch.flatten` or `Tensor.flatten`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from studio.catalog import callables, signatures, table

_NEVER_SAID = frozenset({"_stacklevel", "device", "pin_memory", "layout", "out", "requires_grad"})


FACTORIES = frozenset({
    "zeros", "ones", "empty", "full", "arange", "linspace", "eye", "rand", "randn", "tensor", "zeros_like",
    "ones_like", "empty_like", "full_like", "rand_like", "randn_like", "as_tensor", "scalar_tensor",
    "randperm", "randint", "tril_indices", "triu_indices",
})  # fmt: skip
"""functions that make a tensor out of nothing"""
DECISIONS = frozenset({
    "__bool__", "item", "tolist", "__int__", "__float__", "__index__", "nonzero", "__contains__", "numpy",
    "__array__", "nms", "masked_select", "unique",
})  # fmt: skip
"""what tells Python the values in a tensor"""

KEEPERS = frozenset({"batch_norm", "instance_norm"})
"""functions that write into buffers they are given, wherever they run"""


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a type of the catalogue, its arguments still Python's."""

    type: str
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@cache
def _types() -> Mapping[Any, str]:
    found: dict[Any, str] = {}
    for entry in table.entries():
        if entry.kind in ("function", "method") and not entry.type.startswith("op."):
            found[callables.find(entry.type)] = entry.type
    return found


_ALIASES: Mapping[Callable[..., Any], str] = {
    torch.max_pool2d: "F.max_pool2d",
    torch.max_pool1d: "F.max_pool1d",
    torch.max_pool3d: "F.max_pool3d",
    torch.adaptive_avg_pool1d: "F.adaptive_avg_pool1d",
    torch.avg_pool1d: "F.avg_pool1d",
    functional.sigmoid: "torch.sigmoid",
    functional.tanh: "torch.tanh",
    torch.conv1d: "F.conv1d",
    torch.conv2d: "F.conv2d",
    torch.conv3d: "F.conv3d",
    torch.selu: "F.selu",
    torch.celu: "F.celu",
    torch.prelu: "F.prelu",
    torch.dropout: "F.dropout",
    functional.upsample: "F.interpolate",
}

_RENAMED = {
    "concat": "cat",
    "concatenate": "cat",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "absolute": "abs",
    "negative": "neg",
    "clip": "clamp",
    "zero_": "zeros_like",
    "fill_": "full_like",
    "empty": "zeros",
    "new_empty": "new_zeros",
    "empty_like": "zeros_like",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "moveaxis": "movedim",
    "greater": "gt",
    "less": "lt",
    "__eq__": "eq",
    "__ne__": "ne",
    "__lt__": "lt",
    "__le__": "le",
    "__gt__": "gt",
    "__ge__": "ge",
    "__floordiv__": "floor_divide",
    "__mod__": "remainder",
    "__pow__": "pow",
    "__invert__": "bitwise_not",
}
"""names of methods and functions that are another's"""

_GATHERED = {
    "view": 1,
    "reshape": 1,
    "permute": 1,
    "expand": 1,
    "repeat": 1,
    "tile": 1,
    "flip": 1,
    "new_zeros": 1,
    "new_ones": 1,
    "new_empty": 1,
    "zeros": 0,
    "ones": 0,
    "empty": 0,
    "rand": 0,
    "randn": 0,
    "roll": 0,
}
"""methods that take their numbers one by one or as a list, with the place where those begin"""


_SIGNS = {"__and__": "op.and_", "__or__": "op.or_", "__xor__": "op.xor"}
"""Python's operators on masks and whole numbers"""


def named(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call | None:
    """The call in the catalogue's words; None where the catalogue has none for it."""
    name = getattr(function, "__name__", "")
    kwargs = {key: value for key, value in kwargs.items() if key not in _NEVER_SAID}
    if name == "__getitem__" and len(args) == 2:
        return Call("op.getitem", args)
    if name in _SIGNS and len(args) == 2:
        return Call(_SIGNS[name], args)
    swapped = _swapped(name, args)
    if swapped is not None:
        return swapped
    type_ = _type(function, name)
    if type_ is None:
        return None
    args, kwargs = _gathered(type_, name, args, kwargs)
    return Call(type_, args, _needed(type_, kwargs))


def _swapped(name: str, args: tuple[Any, ...]) -> Call | None:
    """`2 - x` and `2 @ x`, which Python hands to the method of the right operand."""
    names = {"__rsub__": "torch.sub", "__rmatmul__": "torch.matmul", "__rpow__": "torch.pow"}
    if name == "__rsub__" and not isinstance(args[1], Tensor) and table.entry("torch.rsub") is not None:
        return Call("torch.rsub", args)
    if name in names and len(args) == 2:
        return Call(names[name], (args[1], args[0]))
    return None


def _type(function: Callable[..., Any], name: str) -> str | None:
    try:
        found = _types().get(function) or _ALIASES.get(function)
    except TypeError:  # what cannot be hashed is no function of PyTorch
        return None
    if found and not found.startswith("Tensor.") and table.entry(found) is not None:
        return found
    plain = _RENAMED.get(name, name)
    if plain.endswith("_") and not plain.startswith("__"):
        plain = plain[:-1]
    module = getattr(function, "__module__", None) or ""
    homes = (
        ("F", "torch", "Tensor") if "functional" in module or "_nn" in module else ("torch", "Tensor", "F")
    )
    if not name.startswith("__") or name in _RENAMED:
        for home in homes:
            for wanted in (name, plain):
                if table.entry(f"{home}.{wanted}") is not None:
                    return f"{home}.{wanted}"
    return None


def _gathered(
    type_: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """`x.permute(0, 2, 1)` as `permute(x, [0, 2, 1])`."""
    begin = _GATHERED.get(name)
    if begin is None or len(args) <= begin or not isinstance(args[begin], int):
        return args, kwargs
    if name == "roll":
        return args, kwargs
    return (*args[:begin], list(args[begin:])), kwargs


def _needed(type_: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Without what has its default."""
    known = {parameter.name: parameter for parameter in signatures.parameters(type_)}
    found = {}
    for name, value in kwargs.items():
        if value is None:
            continue
        parameter = known.get(name)
        plain = isinstance(value, bool | int | float | str)
        if (
            name != "training"
            and parameter is not None
            and plain
            and not parameter.required
            and _same(value, parameter.default)
        ):
            continue
        found[name] = value
    return found


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default
