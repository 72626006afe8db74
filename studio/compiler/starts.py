"""How a `param` or a `buffer` starts: what fills it, how Python writes it, what cannot be. Imports torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from studio.compiler import literals, written
from studio.compiler.layout import Expression, call, named
from studio.graph.values import Json
from studio.words import Message, NetloomError


@dataclass(frozen=True, slots=True)
class Start:
    """`fill` is PyTorch's initialiser, `maker` the function that makes such a tensor at once, if any does."""

    fill: Callable[..., object]
    maker: str = ""
    real: bool = False
    """whether it makes real numbers only"""
    rank: int = 0
    """how many dimensions it needs"""


STARTS: Mapping[str, Start] = {
    "zeros": Start(nn.init.zeros_, "zeros"),
    "ones": Start(nn.init.ones_, "ones"),
    "normal": Start(nn.init.normal_, "randn", True),
    "uniform": Start(nn.init.uniform_, "rand", True),
    "trunc_normal": Start(nn.init.trunc_normal_, "", True),
    "xavier_uniform": Start(nn.init.xavier_uniform_, "", True, 2),
    "xavier_normal": Start(nn.init.xavier_normal_, "", True, 2),
    "kaiming_uniform": Start(nn.init.kaiming_uniform_, "", True, 2),
    "kaiming_normal": Start(nn.init.kaiming_normal_, "", True, 2),
    "orthogonal": Start(nn.init.orthogonal_, "", True, 2),
}
WITH_STD = ("normal", "trunc_normal")
"""those that are told a standard deviation; it is 1 unless `std` says otherwise"""


def tensor(params: Mapping[str, Json]) -> torch.Tensor:
    """A tensor on the CPU as it starts: with the number or numbers of `value`, where that is said."""
    if params.get("value") is not None:
        kind = literals.dtype(str(params.get("dtype") or "float32"))
        try:
            held = torch.tensor(params["value"], dtype=kind)
        except TypeError:  # there is infinity among them
            held = torch.tensor(literals.parameter(params["value"]), dtype=kind)
        return held.expand(params["shape"]).clone()
    made = torch.empty(params["shape"], dtype=literals.dtype(str(params.get("dtype") or "float32")))
    STARTS[_init(params)].fill(made, **_deviation(params))
    return made


def check(type_: str, params: Mapping[str, Json], made: torch.Tensor) -> None:
    """Raises NetloomError for a start that a tensor of this shape and data type cannot have."""
    init = _init(params)
    kind = str(made.dtype).removeprefix("torch.")
    real = made.is_floating_point() or made.is_complex()
    if init not in STARTS:
        raise NetloomError(Message("{init} is no way to start that is known here.", init=init))
    if type_ == "param" and not real:
        raise NetloomError(Message("only real numbers can be learned, not {dtype}", dtype=kind))
    if STARTS[init].real and not made.is_floating_point():
        raise NetloomError(Message("{init} makes real numbers, not {dtype}", init=init, dtype=kind))
    if made.ndim < STARTS[init].rank:
        raise NetloomError(Message("{init} needs at least {n} dimensions", init=init, n=STARTS[init].rank))
    std = params.get("std")
    if std is not None and not (type(std) in (int, float) and std > 0):
        raise NetloomError(Message("std is a number above 0, not {value}", value=std))


def text(params: Mapping[str, Json]) -> Expression:
    """The call that makes the tensor, as Python writes it. `params` may hold the block's parameters."""
    kind = str(params.get("dtype") or "float32")
    if params.get("value") is not None:
        return _held(params["shape"], params["value"], kind)
    init = _init(params)
    start, std = STARTS[init], _deviation(params)
    shape = params["shape"]
    said = [written.parameter(length) for length in shape] if isinstance(shape, list) else None
    lengths = [written.parameter(shape)] if said is None else said or ["()"]
    typed: list[Expression] = [] if kind == "float32" else [f"dtype=torch.{kind}"]
    if start.maker and not std:
        return call(f"torch.{start.maker}", [*lengths, *typed])
    deviation = [named("std", written.parameter(params["std"]))] if std else []
    return call(f"nn.init.{init}_", [call("torch.empty", [*lengths, *typed]), *deviation])


def _held(shape: Json, value: Json, kind: str) -> Expression:
    typed = [] if kind == "float32" else [f"dtype=torch.{kind}"]
    if isinstance(value, list):
        return call("torch.tensor", [written.numbers(value), *typed])
    return call("torch.full", [written.parameter(shape), written.parameter(value), *typed])


def _init(params: Mapping[str, Json]) -> str:
    return str(params.get("init") or "zeros")


def _deviation(params: Mapping[str, Json]) -> dict[str, Any]:
    """`std` where it matters: it is said, it is not 1, and the start has one."""
    std = params.get("std")
    return {"std": std} if std not in (None, 1) and _init(params) in WITH_STD else {}
