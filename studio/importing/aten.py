"""A call of an ATen operator by the public functions of PyTorch: `aten.slice.Tensor(x, 1, 2)` is `x[:, 2:]`.

An operator that has no function with the same kernel is refused: no other function gives the same bits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from studio.catalog import callables, table
from studio.importing.errors import UntraceableError
from studio.words import Message

_LAST = 2**63 - 1
"""the end of a slice that goes to the end"""
_NEVER_SAID = frozenset({"device", "pin_memory", "layout", "non_blocking", "memory_format", "copy"})
_CHECKS = frozenset({"_assert_scalar", "_assert_async", "_assert_tensor_metadata", "sym_constrain_range",
                     "sym_constrain_range_for_size"})  # fmt: skip
_NAMES: Mapping[str, str] = {
    "special_expit": "sigmoid",
    "special_logsumexp": "logsumexp",
    "special_softmax": "softmax",
    "special_log_softmax": "log_softmax",
    "special_erf": "erf",
    "special_expm1": "expm1",
    "special_log1p": "log1p",
    "special_round": "round",
    "log_sigmoid": "logsigmoid",
    "feature_dropout": "dropout2d",
    "split_with_sizes": "split",
    "im2col": "unfold",
    "col2im": "fold",
    "linalg_vector_norm": "linalg.vector_norm",
}
"""operators that run the kernel of a function with another name"""
_PARAMETERS: Mapping[str, str] = {"train": "training"}
"""arguments that functions call otherwise than operators do"""


def call(operator: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """What the operator gives, by a public function. Raises UntraceableError where there is none."""
    home, _, name = operator._schema.name.partition("::")  # noqa: SLF001 - PyTorch says it nowhere else
    kwargs = {key: value for key, value in kwargs.items() if key not in _NEVER_SAID and value is not None}
    if home == "aten" and name in _CHECKS:
        return None
    if home == "aten" and name in _OTHERWISE:
        return _OTHERWISE[name](*args, **kwargs)
    if home == "aten" and name.endswith("_") and hasattr(Tensor, name):
        return getattr(Tensor, name)(*args, **kwargs)
    function = _function(operator, name, len(args)) if home == "aten" else None
    if function is None:
        raise UntraceableError(Message("the function {name} is not in the catalogue", name=name))
    return function(*args, **kwargs)


def _function(operator: Any, name: str, count: int) -> Callable[..., Any] | None:
    """The function of the catalogue that takes the first `count` arguments of the operator in their order."""
    name = _NAMES.get(name, name)
    if name.startswith("fft_"):
        name = f"fft.{name.removeprefix('fft_')}"
    for home in ("torch", "Tensor"):
        if table.entry(f"{home}.{name}") is not None:
            return callables.find(f"{home}.{name}")
    if table.entry(f"F.{name}") is None:
        return None
    function = callables.find(f"F.{name}")
    ours = [argument.name for argument in operator._schema.arguments[1:count]]  # noqa: SLF001
    return function if _fit([_PARAMETERS.get(one, one) for one in ours], function) else None


def _fit(given: list[str], function: Callable[..., Any]) -> bool:
    """Whether a function takes, behind its input, what is given by place under the same names.

    A function that Python knows no arguments of is the operator itself.
    """
    try:
        known = inspect.signature(function).parameters.values()
    except ValueError:
        return True
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in known):
        return True  # one of two functions that take the same and differ in what they give
    return [parameter.name for parameter in known][1 : len(given) + 1] == given


# -- operators that a function says otherwise ---------------------------------------------------------


def _slice(x: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Any:
    end = None if isinstance(end, int) and type(end) is int and end == _LAST else end
    start = None if type(start) is int and start == 0 else start
    if start is None and end is None and step == 1:
        return x
    return x[(*[slice(None)] * dim, slice(start, end, None if step == 1 else step))]


def _indexed(x: Any, places: Any) -> Any:
    return x[tuple(slice(None) if place is None else place for place in places)]


def _put(x: Any, places: Any, value: Any, accumulate: bool = False) -> Any:
    if accumulate:
        raise UntraceableError(Message("it adds into places that a tensor names"))
    x[tuple(slice(None) if place is None else place for place in places)] = value
    return x


def _converted(x: Any, *rest: Any, dtype: Any = None) -> Any:
    kinds = [value for value in (*rest, dtype) if isinstance(value, torch.dtype)]
    return x.to(kinds[0]) if kinds else x


def _batch_norm(
    x: Any, weight: Any, bias: Any, mean: Any, variance: Any, training: bool, momentum: float, eps: float,
    _: bool = False,
) -> Any:  # fmt: skip
    return functional.batch_norm(x, mean, variance, weight, bias, training, momentum, eps)


def _layer_norm(
    x: Any, shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5, _: bool = False
) -> Any:
    return functional.layer_norm(x, shape, weight, bias, eps)


def _group_norm(
    x: Any, groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, _: bool = False
) -> Any:
    return functional.group_norm(x, groups, weight, bias, eps)


def _embedding(
    weight: Any, indices: Any, padding: int = -1, scaled: bool = False, sparse: bool = False
) -> Any:
    if scaled or sparse:
        raise UntraceableError(Message("the function {name} is not in the catalogue", name="embedding"))
    return functional.embedding(indices, weight, None if padding == -1 else padding)


def _held(x: Any) -> Any:
    """A constant stays what it is; anything else loses its gradient."""
    return torch.detach(x) if x.is_meta else x


_OTHERWISE: Mapping[str, Callable[..., Any]] = {
    "slice": _slice,
    "select": lambda x, dim, index: x[(*[slice(None)] * dim, index)],
    "index": _indexed,
    "index_put_": _put,
    "sym_size": lambda x, dim: x.size(dim),
    "sym_numel": lambda x: x.numel(),
    "to": _converted,
    "_to_copy": _converted,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "embedding": _embedding,
    "detach": _held,
    "detach_": _held,
    "lift_fresh_copy": lambda x: x,
    "alias": lambda x: x,
    "elu": lambda x, alpha=1.0, *rest: functional.elu(x, alpha) if not rest else _refused("elu"),
    "numpy_T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "item": lambda x: x.item(),
    "_local_scalar_dense": lambda x: x.item(),
}


def _refused(name: str) -> Any:
    raise UntraceableError(Message("the function {name} is not in the catalogue", name=name))
