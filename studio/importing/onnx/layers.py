"""Operators with weights: convolutions, products, normalisations, embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from studio.graph.values import Json
from studio.importing.onnx.call import Call, whole
from studio.importing.onnx.drawing import Array
from studio.importing.onnx.pooling import padded, single
from studio.importing.onnx.values import Const, Ref, Unsupported
from studio.words import Message


def conv(call: Call) -> Ref:
    weight, bias = call.weight(1), call.constant(2)
    dims = weight.array.ndim - 2
    _ranks(dims)
    groups = call.attribute("group", 1)
    params: dict[str, Json] = {
        "in_channels": weight.array.shape[1] * groups,
        "out_channels": weight.array.shape[0],
        **_kernel(call, weight.array),
    }
    source, padding = padded(call, call.ref(), params)
    params |= {"padding": padding} if padding not in (0, [0] * dims) else {}
    params |= {"groups": groups} if groups != 1 else {}
    params |= {} if bias is not None else {"bias": False}
    return _layer(call, f"nn.Conv{dims}d", source, params, weight=weight, bias=bias)


def conv_transpose(call: Call) -> Ref:
    weight, bias = call.weight(1), call.constant(2)
    dims = weight.array.ndim - 2
    _ranks(dims)
    groups = call.attribute("group", 1)
    pads = list(call.attribute("pads", [0] * 2 * dims))
    if call.attribute("auto_pad", "NOTSET") not in ("NOTSET", "VALID") or call.attribute("output_shape"):
        raise Unsupported(Message("its padding follows from the size of its output"))
    if pads[:dims] != pads[dims:]:
        raise Unsupported(Message("it pads the two sides differently"))
    params: dict[str, Json] = {
        "in_channels": weight.array.shape[0],
        "out_channels": weight.array.shape[1] * groups,
        **_kernel(call, weight.array),
    }
    more = list(call.attribute("output_padding", [0] * dims))
    params |= {"padding": single(pads[:dims])} if any(pads) else {}
    params |= {"output_padding": single(more)} if any(more) else {}
    params |= {"groups": groups} if groups != 1 else {}
    params |= {} if bias is not None else {"bias": False}
    return _layer(call, f"nn.ConvTranspose{dims}d", call.ref(), params, weight=weight, bias=bias)


def _ranks(dims: int) -> None:
    if dims not in (1, 2, 3):
        raise Unsupported(Message("it works in {n} dimensions; 1, 2 and 3 are known here", n=dims))


def _kernel(call: Call, weight: Array) -> dict[str, Json]:
    dims = weight.ndim - 2
    params: dict[str, Json] = {"kernel_size": single(list(weight.shape[2:]))}
    for name, own in (("strides", "stride"), ("dilations", "dilation")):
        values = list(call.attribute(name, [1] * dims))
        params |= {own: single(values)} if set(values) != {1} else {}
    return params


def _layer(call: Call, type_: str, source: Ref, params: dict[str, Json], **tensors: Const | None) -> Ref:
    """A layer whose weights stand in the file."""
    there = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    return call.add(
        type_,
        source.json,
        params=params,
        weights={name: tensor.array for name, tensor in there.items()},
        sources=tuple(tensor.name for tensor in there.values()),
    )


# -- products ----------------------------------------------------------------------------------------


def gemm(call: Call) -> Ref:
    """A Linear layer where the weight stands in the file, else a product of two tensors."""
    alpha, beta = call.attribute("alpha", 1.0), call.attribute("beta", 1.0)
    source = call.ref()
    if call.attribute("transA", 0):
        source = call.add("torch.transpose", source.json, dim0=0, dim1=1, known=_turned(source))
    weight, bias = call.needed(1), call.value(2)
    if not isinstance(weight, Const) or (bias is not None and not _flat_bias(weight, bias, call)):
        return _product(call, source, alpha, beta)
    array = weight.array if call.attribute("transB", 0) else weight.array.T
    held = None
    if isinstance(bias, Const):
        row = np.broadcast_to(bias.array.reshape(-1) * np.float32(beta), (array.shape[0],))
        held = Const(np.ascontiguousarray(row), bias.name)
    scaled = Const(np.ascontiguousarray(array * np.float32(alpha) if alpha != 1 else array), weight.name)
    return linear(call, source, scaled, held)


def _turned(source: Ref) -> tuple[int | None, ...] | None:
    return source.shape[::-1] if source.shape is not None else None


def _flat_bias(weight: Const, bias: Any, call: Call) -> bool:
    """Whether what is added is one row for every sample."""
    width = weight.array.shape[0 if call.attribute("transB", 0) else 1]
    return isinstance(bias, Const) and bias.array.shape in ((), (1,), (width,), (1, width), (1, 1))


def _product(call: Call, source: Ref, alpha: float, beta: float) -> Ref:
    other = call.ref(1)
    if call.attribute("transB", 0):
        other = call.add("torch.transpose", other.json, dim0=0, dim1=1, known=_turned(other))
    made = call.add("torch.matmul", source.json, other.json)
    if alpha != 1:
        made = call.add("torch.mul", made.json, alpha)
    if call.value(2) is None:
        return made
    added = call.tensor(2)
    if beta != 1:
        added = call.add("torch.mul", added, beta).json
    return call.add("torch.add", made.json, added)


def linear(call: Call, source: Ref, weight: Const, bias: Const | None) -> Ref:
    """`weight` as PyTorch has it: (out, in)."""
    params: dict[str, Json] = {"in_features": weight.array.shape[1], "out_features": weight.array.shape[0]}
    params |= {} if bias is not None else {"bias": False}
    return _layer(call, "nn.Linear", source, params, weight=weight, bias=bias)


def matmul(call: Call) -> Ref:
    """A Linear layer where a matrix of the file is on the right; the bias that follows belongs to it."""
    weight = call.needed(1)
    if not isinstance(weight, Const) or weight.array.ndim != 2 or not weight.name:
        return call.add("torch.matmul", call.ref().json, call.ref(1).json)
    width = weight.array.shape[1]
    bias, follower = None, call.only_user()
    if follower is not None and follower.type == "Add":
        constants = [call.drawing.values.get(name) for name in follower.inputs]
        found = next((v for v in constants if isinstance(v, Const) and v.array.shape == (width,)), None)
        if found is not None:
            bias = found
    made = linear(call, call.ref(), Const(np.ascontiguousarray(weight.array.T), weight.name), bias)
    if bias is not None and follower is not None:
        call.drawing.values[follower.outputs[0]] = made
    return made


# -- normalisation -----------------------------------------------------------------------------------


def batch_norm(call: Call) -> Ref:
    if call.attribute("training_mode", 0):
        raise Unsupported(Message("it is meant for training; export the model for use"))
    weight, bias, mean, variance = (call.weight(place) for place in range(1, 5))
    rank = call.ref().rank
    if rank not in (2, 3, 4, 5):
        raise Unsupported(Message("it works in {n} dimensions; 1, 2 and 3 are known here", n=rank - 2))
    params: dict[str, Json] = {"num_features": weight.array.shape[0]}
    eps, momentum = call.attribute("epsilon", 1e-5), 1 - call.attribute("momentum", 0.9)
    params |= _unless(eps=(_short(eps), 1e-5), momentum=(_short(momentum), 0.1))
    tensors = {"weight": weight, "bias": bias, "running_mean": mean, "running_var": variance}
    return _layer(call, f"nn.BatchNorm{max(1, rank - 2)}d", call.ref(), params, **tensors)


def _short(value: float) -> float:
    """A float32 as the number that was meant: 1e-05, not 9.999999747378752e-06."""
    return float(f"{value:.6g}")


def _unless(**values: tuple[Json, Json]) -> dict[str, Json]:
    """What differs from its default."""
    return {name: value for name, (value, default) in values.items() if value != default}


def layer_norm(call: Call) -> Ref:
    weight, bias = call.weight(1), call.constant(2)
    axis = call.attribute("axis", -1)
    if axis >= 0 and call.ref().rank - axis != weight.array.ndim:
        raise Unsupported(Message("its weight does not cover what it normalises"))
    params: dict[str, Json] = {"normalized_shape": list(weight.array.shape)}
    params |= _unless(eps=(_short(call.attribute("epsilon", 1e-5)), 1e-5))
    params |= {} if bias is not None else {"bias": False}
    return _layer(call, "nn.LayerNorm", call.ref(), params, weight=weight, bias=bias)


def instance_norm(call: Call) -> Ref:
    weight, bias = call.weight(1), call.weight(2)
    dims = call.ref().rank - 2
    _ranks(dims)
    params: dict[str, Json] = {"num_features": weight.array.shape[0], "affine": True}
    params |= _unless(eps=(_short(call.attribute("epsilon", 1e-5)), 1e-5))
    return _layer(call, f"nn.InstanceNorm{dims}d", call.ref(), params, weight=weight, bias=bias)


def group_norm(call: Call) -> Ref:
    weight, bias, groups = call.weight(1), call.weight(2), call.attribute("num_groups")
    if call.drawing.graph.opset < 21:
        raise Unsupported(Message("its weights are a group's, not a channel's; export with opset 21"))
    params: dict[str, Json] = {"num_groups": groups, "num_channels": weight.array.shape[0]}
    params |= _unless(eps=(_short(call.attribute("epsilon", 1e-5)), 1e-5))
    return _layer(call, "nn.GroupNorm", call.ref(), params, weight=weight, bias=bias)


def prelu(call: Call) -> Ref:
    slope = call.weight(1)
    array = slope.array.reshape(-1)
    if array.size not in (1, slope.array.shape[0]):
        raise Unsupported(Message("its slopes differ within a channel"))
    return _layer(
        call, "nn.PReLU", call.ref(), {"num_parameters": array.size}, weight=Const(array, slope.name)
    )


def gather(call: Call) -> Ref:
    """An Embedding where rows of a matrix of the file are looked up, else a choice along a dimension."""
    data, index, axis = call.needed(0), call.needed(1), call.attribute("axis", 0)
    if isinstance(data, Const) and isinstance(index, Ref) and data.array.ndim == 2 and axis == 0:
        rows, columns = data.array.shape
        params: dict[str, Json] = {"num_embeddings": rows, "embedding_dim": columns}
        return _layer(call, "nn.Embedding", index, params, weight=data)
    source = call.ref()
    if isinstance(index, Const) and index.array.ndim == 0:
        known = [length for dim, length in enumerate(source.shape or ()) if dim != axis % source.rank]
        place = whole(index.array)
        return call.add(
            "torch.select", source.json, dim=axis, index=place, known=call.shape() or tuple(known)
        )
    if isinstance(index, Const) and index.array.ndim == 1:
        return call.add("torch.index_select", source.json, dim=axis, index=call.drawing.constant(index).json)
    if isinstance(index, Const) and _takes_all(source, index, axis):
        return _laid_out(call, source, index)
    raise Unsupported(Message("it looks up places that are only known while the network runs"))


def _takes_all(source: Ref, index: Const, axis: int) -> bool:
    """Whether every number of a row is taken in its order: the row is only laid out otherwise."""
    row = source.rank == 1 and axis == 0 and source.shape == (index.array.size,)
    return row and np.array_equal(index.array.reshape(-1), np.arange(index.array.size))


def _laid_out(call: Call, source: Ref, index: Const) -> Ref:
    """Such a look-up as a reshape: how PyTorch's newer exporter writes a view. A batch of 1 is the batch."""
    node = call.drawing.nodes[source.node]
    flat = node.args[0] if node.type in ("torch.reshape", "torch.flatten") else source.json
    first, *rest = index.array.shape
    return call.add("torch.reshape", flat, shape=[-1 if first == 1 else first, *rest])
