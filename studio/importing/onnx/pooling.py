"""Pooling, and the padding that it shares with convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.graph.values import Json
from studio.importing.onnx.call import Call
from studio.importing.onnx.values import Dims, Ref, Unsupported
from studio.words import Message


def single(values: Sequence[Any]) -> Json:
    """One number for equal ones, as PyTorch's users write it."""
    numbers = [int(value) for value in values]
    return numbers[0] if len(set(numbers)) == 1 else numbers


def padded(call: Call, source: Ref, params: dict[str, Json], fill: Json = 0) -> tuple[Ref, Json]:
    """What a convolution or pooling takes, and its `padding`; uneven padding is a node of its own before."""
    kernel = params["kernel_size"]
    dims = source.rank - 2
    sizes = [kernel] * dims if isinstance(kernel, int) else list(kernel)
    pads = _pads(call, source, sizes)
    before, after = pads[:dims], pads[dims:]
    if before == after and all(p >= 0 for p in pads):
        return source, single(before)
    flat = [pad for axis in reversed(range(dims)) for pad in (before[axis], after[axis])]
    value = {} if fill == 0 else {"value": fill}
    return call.add("F.pad", source.json, pad=flat, **value, known=_grown(source, before, after)), 0


def _grown(source: Ref, before: list[int], after: list[int]) -> Dims:
    assert source.shape is not None
    sizes = (
        None if known is None else known + a + b
        for known, a, b in zip(source.shape[2:], before, after, strict=True)
    )
    return (*source.shape[:2], *sizes)


def _pads(call: Call, source: Ref, kernel: list[int]) -> list[int]:
    """The padding at the beginning of each dimension, then at the end of each."""
    dims = len(kernel)
    kind = call.attribute("auto_pad", "NOTSET")
    if kind in ("NOTSET", ""):
        return [int(pad) for pad in call.attribute("pads", [0] * 2 * dims)]
    if kind == "VALID":
        return [0] * 2 * dims
    strides = call.attribute("strides", [1] * dims)
    dilations = call.attribute("dilations", [1] * dims)
    before, after = [], []
    for axis in range(dims):
        reach = dilations[axis] * (kernel[axis] - 1) + 1
        total = reach - 1
        if strides[axis] != 1:
            size = source.shape[axis + 2] if source.shape is not None else None
            if size is None:
                raise Unsupported(Message("its padding follows from the size of the input, which is open"))
            total = max(0, (-(-size // strides[axis]) - 1) * strides[axis] + reach - size)
        small = total // 2
        before.append(small if kind == "SAME_UPPER" else total - small)
        after.append(total - small if kind == "SAME_UPPER" else small)
    return before + after


def pool(call: Call) -> Ref:
    """MaxPool and AveragePool."""
    highest = call.operator.type == "MaxPool"
    if len(call.operator.outputs) > 1 and call.operator.outputs[1]:
        raise Unsupported(Message("its second output, where the largest were, is used"))
    kernel = call.attribute("kernel_shape")
    dims = len(kernel)
    if dims not in (1, 2, 3):
        raise Unsupported(Message("it works in {n} dimensions; 1, 2 and 3 are known here", n=dims))
    strides, dilations = call.attribute("strides", [1] * dims), call.attribute("dilations", [1] * dims)
    params: dict[str, Json] = {"kernel_size": single(kernel)}
    params |= {"stride": single(strides)} if list(strides) != list(kernel) else {}
    if set(dilations) != {1}:
        if not highest:
            raise Unsupported(Message("it averages with gaps, which PyTorch does not"))
        params["dilation"] = single(dilations)
    counted = bool(call.attribute("count_include_pad", 0))
    source, padding = _room(call, params, highest, counted)
    params |= {"padding": padding} if padding != 0 else {}
    params |= {"ceil_mode": True} if call.attribute("ceil_mode", 0) else {}
    if not highest and padding != 0 and not counted:
        params["count_include_pad"] = False
    return call.add(f"nn.{'Max' if highest else 'Avg'}Pool{dims}d", source.json, params=params)


def _room(call: Call, params: dict[str, Json], highest: bool, counted: bool) -> tuple[Ref, Json]:
    source = call.ref()
    found, padding = padded(call, source, params, {"f": "-inf"} if highest else 0)
    if found is not source and not highest and not counted:
        raise Unsupported(Message("it pads the two sides differently and leaves the padding out of its mean"))
    return found, padding


def everywhere(call: Call) -> Ref:
    """GlobalAveragePool and GlobalMaxPool."""
    dims = call.ref().rank - 2
    if dims not in (1, 2, 3):
        raise Unsupported(Message("it works in {n} dimensions; 1, 2 and 3 are known here", n=dims))
    kind = "Avg" if call.operator.type == "GlobalAveragePool" else "Max"
    return call.add(f"nn.Adaptive{kind}Pool{dims}d", call.ref().json, params={"output_size": 1})
