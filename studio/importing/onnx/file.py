"""An ONNX file as plain operators: read by its schema, checked, local functions written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.importing.onnx.values import Dims
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    import onnx

DOMAINS = {"", "ai.onnx"}
_SCOPES, _CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
BATCH = -1
"""in a declared shape: a length that is left open"""


class OnnxError(NetloomError):
    """An ONNX file cannot become a network: which, why, and the cure."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator with its attributes as plain values."""

    type: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    domain: str = ""
    module: str = ""
    """the path of the module that it belongs to, where the exporter says so"""


@dataclass(frozen=True, slots=True)
class Declared:
    """An input or output: its name, its lengths (`BATCH` where open), its data type by NumPy's name."""

    name: str
    shape: tuple[int, ...] | None
    dtype: str


@dataclass(frozen=True, slots=True)
class Graph:
    """A file, read. `shapes` are those that ONNX's own rules find for the values in between."""

    path: Path
    name: str
    opset: int
    inputs: tuple[Declared, ...]
    outputs: tuple[Declared, ...]
    operators: tuple[Operator, ...]
    constants: Mapping[str, np.ndarray[Any, Any]]
    shapes: Mapping[str, Dims] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)
    """the classes of modules by their paths, where the exporter says them"""


def read(path: Path) -> Graph:
    """The graph in a file. Raises OnnxError."""
    import onnx
    from google.protobuf.message import DecodeError
    from onnx import inliner

    try:
        model = onnx.load_model(path, load_external_data=False)
    except OSError as error:
        raise _unreadable(path, error.strerror or error) from error
    except (DecodeError, ValueError, RuntimeError) as error:
        raise _unreadable(path, Message("it is no ONNX file")) from error
    if not model.graph.node and not model.graph.output:
        raise _unreadable(path, Message("it is no ONNX file"))
    if model.functions:
        model = inliner.inline_local_functions(model)
    return _graph(path, model)


def _graph(path: Path, model: onnx.ModelProto) -> Graph:
    graph = model.graph
    opset = next((o.version for o in model.opset_import if o.domain in DOMAINS), 1)
    if graph.sparse_initializer:
        raise _unreadable(path, Message("its weights are sparse, which is not known here"))
    constants = {tensor.name: _array(path, tensor) for tensor in graph.initializer}
    return Graph(
        path,
        graph.name,
        opset,
        tuple(_declared(value) for value in graph.input if value.name not in constants),
        tuple(_declared(value) for value in graph.output),
        tuple(_operator(path, node) for node in graph.node),
        constants,
        _shapes(model),
        {path: kind for node in graph.node for path, kind in _kinds(node)},
    )


def _shapes(model: onnx.ModelProto) -> dict[str, Dims]:
    """The shapes of the values in between; those that ONNX's rules do not find are left out."""
    import onnx

    try:
        graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except (RuntimeError, ValueError, onnx.shape_inference.InferenceError):
        graph = model.graph
    found: dict[str, Dims] = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        tensor = value.type.tensor_type
        if tensor.HasField("shape"):
            found[value.name] = tuple(
                dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim
            )
    return found


def _operator(path: Path, node: onnx.NodeProto) -> Operator:
    attributes = {attribute.name: _attribute(path, attribute) for attribute in node.attribute}
    given, made = tuple(node.input), tuple(node.output)
    return Operator(node.op_type, node.name, given, made, attributes, node.domain, _module(node))


def _module(node: onnx.NodeProto) -> str:
    """`layer1.0.conv1` of `/layer1/layer1.0/conv1/Conv`, or of what the newer exporter says beside it."""
    said = _said(node, _SCOPES)
    if said:
        return said[-2] if len(said) > 1 else ""
    path = last = ""
    for part in node.name.split("/")[1:-1]:
        within = bool(last) and part.startswith(f"{last}.")
        path = f"{path[: len(path) - len(last)]}{part}" if within else f"{path}.{part}".strip(".")
        last = part
    return path


def _kinds(node: onnx.NodeProto) -> Iterator[tuple[str, str]]:
    for path, kind in zip(_said(node, _SCOPES), _said(node, _CLASSES), strict=False):
        name = kind.rpartition(".")[2]
        if path and name.isidentifier():
            yield path, name


def _said(node: onnx.NodeProto, key: str) -> list[str]:
    """A list of names that PyTorch's newer exporter writes beside an operator, the outermost first."""
    held = next((entry.value for entry in node.metadata_props if entry.key == key), "")
    return re.findall(r"'([^']*)'", held)


def _attribute(path: Path, attribute: onnx.AttributeProto) -> Any:
    import onnx

    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, onnx.TensorProto):
        return _array(path, value)
    if isinstance(value, onnx.GraphProto):
        return None
    if isinstance(value, int | float | str):
        return value
    return [item.decode(errors="replace") if isinstance(item, bytes) else item for item in value]


def _array(path: Path, tensor: onnx.TensorProto) -> np.ndarray[Any, Any]:
    """A tensor of the file, or of the file beside it that it names; floats as float32."""
    import onnx

    try:
        array: np.ndarray[Any, Any] = np.asarray(
            onnx.numpy_helper.to_array(tensor, str(path.resolve().parent))
        )
    except (ValueError, TypeError, OSError, RuntimeError, onnx.checker.ValidationError) as error:
        raise _unreadable(
            path, Message("the values of {name} are not there: {reason}", name=tensor.name, reason=error)
        ) from error
    wide = array.dtype.kind == "f" and array.dtype != np.float32
    return array.astype(np.float32) if wide or array.dtype.name == "bfloat16" else array


def _declared(value: onnx.ValueInfoProto) -> Declared:
    import onnx

    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type"):
        return Declared(value.name, None, "")
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name if tensor.elem_type else "float32"
    shape = None
    if tensor.HasField("shape"):
        shape = tuple(
            d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else BATCH for d in tensor.shape.dim
        )
    return Declared(value.name, shape, dtype)


def _unreadable(path: Path, reason: object) -> OnnxError:
    return OnnxError(Message("The ONNX file {path} could not be read: {reason}", path=path, reason=reason))
