"""Operators without weights: activations, arithmetic, and what rearranges tensors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from studio.graph.values import Json
from studio.importing.onnx import folding
from studio.importing.onnx.call import Call, whole
from studio.importing.onnx.values import Const, Lengths, Ref, Unsupported, merged, product
from studio.words import Message

# -- activations -------------------------------------------------------------------------------------

PLAIN: Mapping[str, str] = {
    "Relu": "nn.ReLU",
    "Sigmoid": "nn.Sigmoid",
    "Tanh": "nn.Tanh",
    "HardSwish": "nn.Hardswish",
    "Mish": "nn.Mish",
    "Softplus": "nn.Softplus",
    "Softsign": "nn.Softsign",
}
"""operators that are a layer without arguments"""

_SLOPES: Mapping[str, tuple[str, str, float, float]] = {
    "LeakyRelu": ("nn.LeakyReLU", "negative_slope", 0.01, 0.01),
    "Elu": ("nn.ELU", "alpha", 1.0, 1.0),
    "Celu": ("nn.CELU", "alpha", 1.0, 1.0),
}
"""the layer, its argument, what is meant where `alpha` is left out in ONNX and in PyTorch"""


def plain(call: Call) -> Ref:
    return call.add(PLAIN[call.operator.type], call.ref().json)


def sloped(call: Call) -> Ref:
    type_, name, theirs, ours = _SLOPES[call.operator.type]
    alpha = _short(call.attribute("alpha", theirs))
    return call.add(type_, call.ref().json, params={name: alpha} if alpha != ours else {})


def _short(value: float) -> float:
    """A float32 as the number that was meant."""
    return float(f"{value:.7g}")


def selu(call: Call) -> Ref:
    usual = abs(call.attribute("alpha", 1.67326) - 1.67326) < 1e-4
    if not usual or abs(call.attribute("gamma", 1.0507) - 1.0507) > 1e-4:
        raise Unsupported(Message("its constants are not those of SELU"))
    return call.add("nn.SELU", call.ref().json)


def gelu(call: Call) -> Ref:
    kind = call.attribute("approximate", "none")
    return call.add("nn.GELU", call.ref().json, params={} if kind == "none" else {"approximate": kind})


def hard_sigmoid(call: Call) -> Ref:
    alpha, beta = call.attribute("alpha", 0.2), call.attribute("beta", 0.5)
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return call.add("nn.Hardsigmoid", call.ref().json)
    scaled = call.add("torch.mul", call.ref().json, _short(alpha))
    moved = call.add("torch.add", scaled.json, _short(beta))
    return call.add("torch.clamp", moved.json, min=0.0, max=1.0)


def clip(call: Call) -> Ref:
    low, high = call.setting("min", 1), call.setting("max", 2)
    limits: dict[str, Any] = {name: _short(v) for name, v in (("min", low), ("max", high)) if v is not None}
    if limits == {"min": 0.0, "max": 6.0}:
        return call.add("nn.ReLU6", call.ref().json)
    return call.add("torch.clamp", call.ref().json, **limits) if limits else call.ref()


def softmax(call: Call) -> Ref:
    """Along one dimension; before opset 13 over all dimensions from `axis` on."""
    type_ = "nn.Softmax" if call.operator.type == "Softmax" else "nn.LogSoftmax"
    old = call.drawing.graph.opset < 13
    axis, source = call.attribute("axis", 1 if old else -1), call.ref()
    if old and axis % source.rank != source.rank - 1:
        rest = (source.shape or ())[axis % source.rank + 1 :]
        if any(length != 1 for length in rest):
            return _softmax_of_rows(call, type_, source, axis)
    return call.add(type_, source.json, params={"dim": axis})


def _softmax_of_rows(call: Call, type_: str, source: Ref, axis: int) -> Ref:
    flat = call.add("torch.flatten", source.json, start_dim=axis, known=source.shape)
    soft = call.add(type_, flat.json, params={"dim": -1})
    wanted = [source.length(dim) for dim in range(source.rank)]
    return call.add("torch.reshape", soft.json, shape=[-1, *wanted[1:]])


# -- arithmetic --------------------------------------------------------------------------------------

PAIRS: Mapping[str, str] = {
    "Add": "torch.add",
    "Sub": "torch.sub",
    "Mul": "torch.mul",
    "Div": "torch.div",
    "Pow": "torch.pow",
    "Equal": "torch.eq",
    "Greater": "torch.gt",
    "GreaterOrEqual": "torch.ge",
    "Less": "torch.lt",
    "LessOrEqual": "torch.le",
    "And": "torch.logical_and",
    "Or": "torch.logical_or",
    "Xor": "torch.logical_xor",
    "Mod": "torch.remainder",
    "Max": "torch.maximum",
    "Min": "torch.minimum",
    "Sum": "torch.add",
}
"""operators of two tensors; the last three take more"""
_ONLY_TENSORS = {"Max", "Min", "And", "Or", "Xor"}
_TURNED: Mapping[str, str] = {"Sub": "op.sub", "Div": "op.truediv", "Pow": "op.pow"}
"""for a number on the left, which PyTorch's functions do not take"""
_MIRRORED = {"Add", "Mul", "Sum", "Equal"}
_WHOLE = {"int32", "int64", "int8", "uint8", "int16"}

ONE: Mapping[str, str] = {
    name: f"torch.{name.lower()}"
    for name in ("Exp", "Log", "Sqrt", "Abs", "Neg", "Floor", "Ceil", "Round", "Sign", "Erf", "Sin", "Cos",
                 "Tan", "Asin", "Acos", "Atan", "Sinh", "Cosh", "Reciprocal")
} | {"Not": "torch.logical_not"}  # fmt: skip


def one(call: Call) -> Ref:
    return call.add(ONE[call.operator.type], call.ref().json)


def pair(call: Call) -> Ref:
    """Two operands, or more one after the other."""
    name = call.operator.type
    operands = [_operand(call, place) for place in range(len(call))]
    made = call.ref() if len(operands) == 1 else None
    while len(operands) > 1:
        left, right, *rest = operands
        made = _two(call, name, left, right)
        operands = [made.json, *rest]
    if made is None:
        raise Unsupported(Message("its input {n} is missing", n=1))
    return made


def _operand(call: Call, place: int) -> Json:
    value = call.needed(place)
    return call.ref(place).json if call.operator.type in _ONLY_TENSORS else call.drawing.tensor(value)


def _two(call: Call, name: str, left: Json, right: Json) -> Ref:
    if _is_tensor(left):
        more: dict[str, Any] = {"rounding_mode": "trunc"} if name == "Div" and _whole_numbers(call) else {}
        return call.add(PAIRS[name], left, right, **more)
    if name in _MIRRORED:
        return call.add(PAIRS[name], right, left)
    if name in _TURNED:
        return call.add(_TURNED[name], left, right)
    raise Unsupported(Message("a number stands on its left"))


def _is_tensor(value: Json) -> bool:
    return isinstance(value, dict) and "n" in value


def _whole_numbers(call: Call) -> bool:
    second = call.value(1)
    return isinstance(second, Const) and second.integral


def where(call: Call) -> Ref:
    return call.add("torch.where", call.ref().json, call.tensor(1), call.tensor(2))


def mean_of_several(call: Call) -> Ref:
    made = call.ref()
    for place in range(1, len(call)):
        made = call.add("torch.add", made.json, call.tensor(place))
    return call.add("torch.div", made.json, len(call))


def cast(call: Call) -> Ref:
    import onnx

    name = onnx.helper.tensor_dtype_to_np_dtype(call.attribute("to")).name
    return call.add("Tensor.to", call.ref().json, dtype={"dtype": name})


def drop(call: Call) -> Ref:
    ratio = call.setting("ratio", 1)
    share = 0.5 if ratio is None else _short(float(np.asarray(ratio).reshape(-1)[0]))
    return call.add("nn.Dropout", call.ref().json, params={"p": share} if share != 0.5 else {})


REDUCTIONS: Mapping[str, str] = {
    "ReduceMean": "torch.mean",
    "ReduceSum": "torch.sum",
    "ReduceMax": "torch.amax",
    "ReduceMin": "torch.amin",
    "ReduceL2": "torch.linalg.vector_norm",
    "ReduceLogSumExp": "torch.logsumexp",
}


def reduce(call: Call) -> Ref:
    axes, source = _axes(call), call.ref()
    if not axes and call.attribute("noop_with_empty_axes", 0):
        return source
    named: dict[str, Json] = {"dim": axes or list(range(source.rank))}
    named |= {"keepdim": True} if call.attribute("keepdims", 1) else {}
    return call.add(REDUCTIONS[call.operator.type], source.json, **named)


def _axes(call: Call) -> list[int] | None:
    axes = call.setting("axes", 1)
    return None if axes is None else [int(axis) for axis in np.asarray(axes).reshape(-1)]


def arg(call: Call) -> Ref:
    if call.attribute("select_last_index", 0):
        raise Unsupported(Message("it takes the last of equal values"))
    type_ = "torch.argmax" if call.operator.type == "ArgMax" else "torch.argmin"
    named: dict[str, Json] = {"dim": call.attribute("axis", 0)}
    named |= {"keepdim": True} if call.attribute("keepdims", 1) else {}
    return call.add(type_, call.ref().json, **named)


# -- shapes ------------------------------------------------------------------------------------------


def concat(call: Call) -> Ref:
    parts = [call.ref(place).json for place in range(len(call))]
    return call.add("torch.cat", parts, dim=call.attribute("axis"))


def split(call: Call) -> tuple[Ref, ...]:
    source, axis, sizes = call.ref(), call.attribute("axis", 0), call.setting("split", 1)
    count = len(call.operator.outputs)
    if sizes is None:
        length = source.length(axis)
        if not isinstance(length, int):
            raise Unsupported(Message("the length that it splits is open"))
        step = -(-length // count)
        sizes = [min(step, length - step * i) for i in range(count)]
    if count != len(sizes):
        raise Unsupported(Message("its parts and its outputs are not as many"))
    made = call.add("torch.split", source.json, split_size_or_sections=sizes, dim=axis)
    return tuple(Ref(made.node, index, call.shape(index)) for index in range(count))


def reshape(call: Call) -> Ref:
    """Also what a file means by a fixed batch: the first length of the result follows the batch."""
    source = call.ref()
    if "shape" in call.operator.attributes:
        wanted: list[Json] = list(call.attribute("shape"))
    else:
        wanted = list(call.sizes(1))
    if not call.attribute("allowzero", 0):
        wanted = [source.length(i) if size == 0 else size for i, size in enumerate(wanted)]
    wanted = _following_the_batch(source, wanted)
    if len(wanted) == 2 and _is_flattening(source, wanted):
        return call.add("nn.Flatten", source.json)
    known = tuple(size if isinstance(size, int) and size >= 0 else None for size in wanted)
    return call.add("torch.reshape", source.json, shape=wanted, known=merged(call.shape(), known))


def _following_the_batch(source: Ref, wanted: list[Json]) -> list[Json]:
    """`[1, 256]` of a batch declared as 1 becomes `[-1, 256]`; so does one length that is an expression.

    So do lengths that a batch of 1 was joined to, as of windows of images, and those it is parted from again.
    """
    fixed = all(isinstance(size, int) and size >= 0 for size in wanted)
    if fixed and wanted and source.shape and (wanted[0] == 1) != (source.shape[0] == 1):
        return [-1, *wanted[1:]]
    first = source.shape[0] if source.shape else None
    known = [size for size in wanted if isinstance(size, int) and size >= 0]
    if wanted and wanted[0] == first and first is not None and len(known) + (-1 in wanted) == len(wanted):
        rest = [] if source.shape is None else list(source.shape[1:])
        if -1 in wanted or None in rest or np.prod(wanted[1:]) == np.prod([length or 0 for length in rest]):
            wanted = [source.length(0), *wanted[1:]]
    if -1 not in wanted and sum(not isinstance(size, int) for size in wanted) == 1:
        wanted = [size if isinstance(size, int) else -1 for size in wanted]
    return wanted


def _is_flattening(source: Ref, wanted: list[Json]) -> bool:
    """Whether all but the batch is laid in a row."""
    batch = {"size": [source.json, 0]}
    rest = None if source.shape is None else source.shape[1:]
    if wanted[0] == batch and wanted[1] == -1:
        return True
    if wanted[0] not in (-1, batch) or not rest or None in rest:
        return False
    return bool(wanted[1] == int(np.prod([length or 0 for length in rest])))


def flatten(call: Call) -> Ref:
    axis, source = call.attribute("axis", 1), call.ref()
    if axis == 1:
        return call.add("nn.Flatten", source.json)
    axis %= max(1, source.rank)
    before = product([source.length(dim) for dim in range(axis)])
    return call.add("torch.reshape", source.json, shape=[before, -1])


def transpose(call: Call) -> Ref:
    source = call.ref()
    order = call.attribute("perm") or list(reversed(range(source.rank)))
    known = call.shape() or tuple((source.shape or ())[dim] for dim in order)
    return call.add("torch.permute", source.json, dims=list(order), known=known)


def squeeze(call: Call) -> Ref:
    axes, source = _axes(call), call.ref()
    if axes is None:
        axes = [dim for dim, length in enumerate(source.shape or ()) if length == 1 and dim > 0]
    gone = {axis % source.rank for axis in axes}
    known = tuple(length for dim, length in enumerate(source.shape or ()) if dim not in gone)
    dims = axes[0] if len(axes) == 1 else axes
    return call.add("torch.squeeze", source.json, dim=dims, known=call.shape() or known)


def unsqueeze(call: Call) -> Ref:
    axes = _axes(call) or []
    made, rank = call.ref(), call.ref().rank + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        known = list(made.shape or ())
        known.insert(axis, 1)
        made = call.add("torch.unsqueeze", made.json, dim=axis, known=tuple(known))
    return made


def slice_(call: Call) -> Ref:
    source = call.ref()
    given = [None if not isinstance(v := call.value(i), Const) else v.array for i in range(len(call))]
    if any(isinstance(call.value(i), Ref | Lengths) for i in range(1, len(call))):
        return _slice_by_lengths(call, source)
    parts = folding.slices(call.operator, given, source.rank)
    if any(part.step is not None and part.step < 0 for part in parts):
        dims = [dim for dim, part in enumerate(parts) if part.step is not None]
        if any(parts[dim].step != -1 or parts[dim].stop is not None for dim in dims):
            raise Unsupported(Message("it goes backwards in steps"))
        return call.add("torch.flip", source.json, dims=dims)
    while parts and parts[-1] == slice(None):
        parts = parts[:-1]
    index = {"t": [{"slice": [part.start, part.stop, part.step]} for part in parts]}
    return call.add("op.getitem", source.json, index)


def _slice_by_lengths(call: Call, source: Ref) -> Ref:
    starts, ends = call.sizes(1), call.sizes(2)
    axes = [whole(v) for v in call.sizes(3)] if call.value(3) is not None else list(range(len(starts)))
    if call.value(4) is not None and set(call.sizes(4)) != {1}:
        raise Unsupported(Message("it goes in steps between sizes that are open"))
    parts: list[Json] = [{"slice": [None, None, None]}] * (max(axis % source.rank for axis in axes) + 1)
    for axis, start, end in zip(axes, starts, ends, strict=True):
        stop = None if isinstance(end, int) and end >= 2**31 - 1 else end
        parts[axis % source.rank] = {"slice": [start, stop, None]}
    return call.add("op.getitem", source.json, {"t": parts})


def expand(call: Call) -> Ref:
    source = call.ref()
    wanted = list(call.sizes(1))
    known = source.shape or ()
    missing = len(wanted) - len(known)
    if missing < 0:
        wanted = [1] * -missing + wanted
        missing = 0
    sizes = []
    for place, size in enumerate(wanted):
        own = known[place - missing] if place >= missing else 1
        sizes.append(source.length(place - missing) if size == 1 and own != 1 else size)
    return call.add("torch.broadcast_to", source.json, size=sizes)


def tile(call: Call) -> Ref:
    return call.add("torch.tile", call.ref().json, dims=list(call.sizes(1)))


def pad(call: Call) -> Ref:
    source = call.ref()
    pads = [int(p) for p in call.attribute("pads") or call.attribute("paddings") or call.sizes(1)]
    axes = (
        [whole(a) % source.rank for a in call.sizes(3)] if call.value(3) is not None else range(source.rank)
    )
    both = {axis: (pads[i], pads[i + len(pads) // 2]) for i, axis in enumerate(axes)}
    flat = [p for axis in reversed(range(source.rank)) for p in both.get(axis, (0, 0))]
    while len(flat) > 2 and flat[-2:] == [0, 0]:
        flat = flat[:-2]
    mode = call.attribute("mode", "constant")
    if mode not in ("constant", "reflect", "edge"):
        raise Unsupported(Message("its way of padding, {mode}, is not known here", mode=mode))
    if mode != "constant":
        return call.add("F.pad", source.json, pad=flat, mode="replicate" if mode == "edge" else mode)
    value = call.setting("value", 2)
    number = 0.0 if value is None else float(np.asarray(value).reshape(-1)[0])
    filled: dict[str, Any] = {"value": number} if number else {}
    return call.add("F.pad", source.json, pad=flat, **filled)


def depth_to_space(call: Call) -> Ref:
    if call.attribute("mode", "DCR") != "CRD":
        raise Unsupported(Message("it spreads channels in another order than PixelShuffle"))
    return call.add(
        "nn.PixelShuffle", call.ref().json, params={"upscale_factor": call.attribute("blocksize")}
    )


def local_response(call: Call) -> Ref:
    params = {"size": call.attribute("size")}
    for name, own, default in (("alpha", "alpha", 1e-4), ("beta", "beta", 0.75), ("bias", "k", 1.0)):
        value = _short(call.attribute(name, default))
        params |= {own: value} if value != default else {}
    return call.add("nn.LocalResponseNorm", call.ref().json, params=params)


_MODES = {"nearest": "nearest", "linear": "bilinear", "bilinear": "bilinear", "cubic": "bicubic"}


def resize(call: Call) -> Ref:
    """Resize, and Upsample of older files."""
    source, mode = call.ref(), call.attribute("mode", "nearest")
    older = call.operator.type == "Upsample" or call.drawing.graph.opset < 11
    scales = call.setting("scales", 1 if older else 2)
    sizes = None if older or call.value(3) is None else list(call.sizes(3))
    lines = call.attribute("coordinate_transformation_mode", "asymmetric" if older else "half_pixel")
    if mode not in _MODES or source.rank != 4 or call.attribute("antialias", 0):
        raise Unsupported(Message("its way of resizing is not known here"))
    named: dict[str, Json] = {"mode": _MODES[mode]}
    if mode == "nearest":
        floor = call.attribute("nearest_mode", "floor" if older else "round_prefer_floor") == "floor"
        if not (lines == "asymmetric" and floor):
            raise Unsupported(Message("its way of resizing is not known here"))
    elif lines not in ("align_corners", "half_pixel", "pytorch_half_pixel"):
        raise Unsupported(Message("its way of resizing is not known here"))
    elif lines == "align_corners":
        named["align_corners"] = True
    if sizes:
        return call.add("F.interpolate", source.json, size=sizes[2:], **named)
    factors = [float(scale) for scale in (scales or [])[2:]]
    if len(factors) != 2:
        raise Unsupported(Message("its sizes are only known while the network runs"))
    return call.add("F.interpolate", source.json, scale_factor=factors, **named)


def einsum(call: Call) -> Ref:
    operands = [call.ref(place).json for place in range(len(call))]
    return call.add("torch.einsum", call.attribute("equation"), operands)
