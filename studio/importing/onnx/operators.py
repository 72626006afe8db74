"""The operators known here, each with what draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from studio.importing.onnx import layers, pooling, recurrent, tensors
from studio.importing.onnx.call import Call
from studio.importing.onnx.values import Value
from studio.words import Message

Handler: TypeAlias = Callable[[Call], "Value | tuple[Value, ...]"]

HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(tensors.PLAIN, tensors.plain),
    **dict.fromkeys(tensors.PAIRS, tensors.pair),
    **dict.fromkeys(tensors.ONE, tensors.one),
    **dict.fromkeys(tensors.REDUCTIONS, tensors.reduce),
    **dict.fromkeys(("LeakyRelu", "Elu", "Celu"), tensors.sloped),
    **dict.fromkeys(("MaxPool", "AveragePool"), pooling.pool),
    **dict.fromkeys(("GlobalAveragePool", "GlobalMaxPool"), pooling.everywhere),
    **dict.fromkeys(("Softmax", "LogSoftmax"), tensors.softmax),
    **dict.fromkeys(("ArgMax", "ArgMin"), tensors.arg),
    **dict.fromkeys(("Resize", "Upsample"), tensors.resize),
    **dict.fromkeys(recurrent.GATES, recurrent.recurrent),
    "BatchNormalization": layers.batch_norm,
    "Cast": tensors.cast,
    "Clip": tensors.clip,
    "Concat": tensors.concat,
    "Conv": layers.conv,
    "ConvTranspose": layers.conv_transpose,
    "DepthToSpace": tensors.depth_to_space,
    "Dropout": tensors.drop,
    "Einsum": tensors.einsum,
    "Expand": tensors.expand,
    "Flatten": tensors.flatten,
    "Gather": layers.gather,
    "Gelu": tensors.gelu,
    "Gemm": layers.gemm,
    "GroupNormalization": layers.group_norm,
    "HardSigmoid": tensors.hard_sigmoid,
    "Identity": lambda call: call.needed(0),
    "InstanceNormalization": layers.instance_norm,
    "LRN": tensors.local_response,
    "LayerNormalization": layers.layer_norm,
    "MatMul": layers.matmul,
    "Mean": tensors.mean_of_several,
    "PRelu": layers.prelu,
    "Pad": tensors.pad,
    "Reshape": tensors.reshape,
    "Selu": tensors.selu,
    "Slice": tensors.slice_,
    "Split": tensors.split,
    "Squeeze": tensors.squeeze,
    "Tile": tensors.tile,
    "Transpose": tensors.transpose,
    "Unsqueeze": tensors.unsqueeze,
    "Where": tensors.where,
}

_DECIDE = {"If", "Loop", "Scan", "SequenceMap"}
_QUANTISED = {"QLinearConv", "QLinearMatMul", "QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear",
              "ConvInteger", "MatMulInteger"}  # fmt: skip


def why_not(type_: str, domain: str) -> Message:
    """Why an operator without a handler is not drawn."""
    if domain not in ("", "ai.onnx"):
        return Message("it is not of ONNX but of {domain}", domain=domain)
    if type_ in _DECIDE:
        return Message("it decides what is computed while the network runs")
    if type_ in _QUANTISED:
        return Message("it computes with quantised numbers")
    return Message("no layer here does the same")
