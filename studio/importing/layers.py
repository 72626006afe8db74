"""A layer of PyTorch or torchvision as a node: its type, and the arguments that would make it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import torch
from torch import nn

from studio.catalog import callables, signatures, stacks, table
from studio.graph.operations import same
from studio.graph.values import Json
from studio.importing import values
from studio.importing.errors import UntraceableError
from studio.words import Message

_MADE_OF_OTHERS = frozenset({"ops.Conv2dNormActivation", "ops.Conv3dNormActivation", "ops.SqueezeExcitation",
                             "ops.MLP"})  # fmt: skip
"""types that are read as what they are made of: their arguments do not stand in them"""


@cache
def _types() -> Mapping[type, str]:
    found: dict[type, str] = {}
    for entry in table.entries():
        if entry.kind == "module" and entry.type not in stacks.LAYERS and entry.type not in _MADE_OF_OTHERS:
            made = callables.find(entry.type)
            if isinstance(made, type):
                found[made] = entry.type
    return found


def type_of(module: nn.Module) -> str | None:
    """The catalogue's type of a layer; None for a module that is made of others, or of another's making."""
    type_ = _types().get(type(module))
    if type_ is None or nn.utils.parametrize.is_parametrized(module):
        return None
    return type_


def built_upon(module: nn.Module) -> str | None:
    """The type of the batch norm that a module is, where it does more besides (timm's BatchNormAct2d).

    What it holds beside the layer's own must learn nothing: it would have no name that the state_dict knows.
    """
    if nn.utils.parametrize.is_parametrized(module) or getattr(module, "running_mean", None) is None:
        return None
    if any([*child.parameters(), *child.buffers()] for child in module.children()):
        return None
    for kind in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
        if isinstance(module, kind) and type(module).forward is not kind.forward:
            return f"nn.{kind.__name__}"
    return None


def forward(module: nn.Module, type_: str) -> Callable[..., Any]:
    """What the layer of a type does with a module that is built upon it."""
    own: Callable[..., Any] = getattr(callables.find(type_), "forward")  # noqa: B009 - a Callable has none
    return partial(own, module)


def arguments(module: nn.Module, type_: str) -> dict[str, Json]:
    """The arguments of the constructor, read off the layer. Those that have their default are left out.

    Raises UntraceableError where one cannot be read.
    """
    found: dict[str, Json] = {}
    for parameter in signatures.parameters(type_):
        value = _argument(module, type_, parameter.name)
        if value is _UNKNOWN:
            raise UntraceableError(
                Message(
                    "the argument {name} of {type} cannot be read off it", name=parameter.name, type=type_
                )
            )
        said = _even(values.literal(value), parameter.length)
        if parameter.required or not same(said, parameter.default):
            found[parameter.name] = said
    return found


_UNKNOWN = object()


def _argument(module: Any, type_: str, name: str) -> Any:
    special = _SPECIAL.get((type_, name)) or _SPECIAL.get(("", name))
    if special is not None:
        value = special(module)
        if value is not _UNKNOWN:
            return value
    held = vars(module).get(name, _UNKNOWN)
    return held if held is not _UNKNOWN else _UNKNOWN


def _bias(module: Any) -> Any:
    if "bias" in vars(module):
        return module.bias  # recurrent layers and CrossMapLRN keep the argument itself
    if "in_proj_bias" in module._parameters:  # noqa: SLF001
        return module.in_proj_bias is not None
    if "bias" in module._parameters:  # noqa: SLF001
        return module._parameters["bias"] is not None  # noqa: SLF001
    return _UNKNOWN


_SPECIAL: dict[tuple[str, str], Any] = {
    ("", "bias"): _bias,
    ("nn.MultiheadAttention", "add_bias_kv"): lambda m: m.bias_k is not None,
    ("nn.MultiheadAttention", "kdim"): lambda m: None if m.kdim == m.embed_dim else m.kdim,
    ("nn.MultiheadAttention", "vdim"): lambda m: None if m.vdim == m.embed_dim else m.vdim,
    ("nn.PReLU", "init"): lambda m: 0.25,
    ("nn.EmbeddingBag", "_weight"): lambda m: None,
    ("nn.Embedding", "_weight"): lambda m: None,
    ("nn.RNN", "nonlinearity"): lambda m: m.mode.removeprefix("RNN_").lower(),
    ("nn.Upsample", "scale_factor"): lambda m: m.scale_factor,
    ("nn.Hardtanh", "min_val"): lambda m: m.min_val,
    ("nn.Softmax2d", "dim"): lambda m: None,
    ("nn.TransformerEncoderLayer", "d_model"): lambda m: m.self_attn.embed_dim,
    ("nn.TransformerEncoderLayer", "nhead"): lambda m: m.self_attn.num_heads,
    ("nn.TransformerEncoderLayer", "dim_feedforward"): lambda m: m.linear1.out_features,
    ("nn.TransformerEncoderLayer", "dropout"): lambda m: m.dropout.p,
    ("nn.TransformerEncoderLayer", "activation"): lambda m: _activation(m),
    ("nn.TransformerEncoderLayer", "layer_norm_eps"): lambda m: m.norm1.eps,
    ("nn.TransformerEncoderLayer", "batch_first"): lambda m: m.self_attn.batch_first,
    ("nn.TransformerEncoderLayer", "bias"): lambda m: m.linear1.bias is not None,
    ("nn.TransformerDecoderLayer", "d_model"): lambda m: m.self_attn.embed_dim,
    ("nn.TransformerDecoderLayer", "nhead"): lambda m: m.self_attn.num_heads,
    ("nn.TransformerDecoderLayer", "dim_feedforward"): lambda m: m.linear1.out_features,
    ("nn.TransformerDecoderLayer", "dropout"): lambda m: m.dropout.p,
    ("nn.TransformerDecoderLayer", "activation"): lambda m: _activation(m),
    ("nn.TransformerDecoderLayer", "layer_norm_eps"): lambda m: m.norm1.eps,
    ("nn.TransformerDecoderLayer", "batch_first"): lambda m: m.self_attn.batch_first,
    ("nn.TransformerDecoderLayer", "bias"): lambda m: m.linear1.bias is not None,
    ("ops.FrozenBatchNorm2d", "num_features"): lambda m: m.weight.shape[0],
}
"""How an argument is read where the layer does not keep it under its name."""


def _activation(module: Any) -> Any:
    if module.activation in (torch.nn.functional.relu, torch.nn.functional.gelu):
        return module.activation.__name__
    return _UNKNOWN


def _even(value: Json, count: int | None) -> Json:
    """A tuple as a list; `[3, 3]` as 3 where one number stands for all `count`."""
    if isinstance(value, dict) and isinstance(value.get("t"), list):
        value = value["t"]
    if (
        isinstance(value, list)
        and len(value) == count
        and all(type(v) is int and v == value[0] for v in value)
    ):
        return value[0]
    return value
