"""ONNX: written by torch.onnx, described in its metadata, proven with ONNX Runtime."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import onnx
import onnxruntime
import torch
from torch import Tensor

from studio import __version__
from studio.export import description
from studio.export.formats import ExportError
from studio.export.proof import OTHER_ENGINE, Batch, Deviation, RunBatches, compare
from studio.export.subject import Subject
from studio.export.torch_files import program
from studio.words import Message

OPSET = 18
LARGEST = 2**31 - 2**20
"""bytes; one ONNX file holds less than 2 GiB"""


def write(network: Subject, path: Path) -> Callable[[], Deviation]:
    """Writes one file with the weights inside; the batch size is free."""
    size = sum(value.numel() * value.element_size() for value in network.module.state_dict().values())
    if size > LARGEST:
        raise ExportError(
            Message("The weights are larger than the 2 GiB that one ONNX file holds. Export as .pt2 instead.")
        )
    traced = program(network)
    try:
        written = torch.onnx.export(
            traced,
            input_names=list(network.input_names),
            output_names=list(network.output_names),
            opset_version=OPSET,
            verbose=False,
            external_data=False,
        )
    except torch.onnx.errors.OnnxExporterError as error:
        raise ExportError(
            Message(
                "ONNX cannot express this network: {reason}. Export as .pt2 or as a folder instead.",
                reason=str(error.__cause__ or error).strip().partition("\n")[0].rstrip("."),
            )
        ) from error
    if written is None:
        raise ExportError(
            Message("PyTorch wrote no ONNX file for this network. Export as .pt2 or as a folder instead.")
        )
    model = written.model_proto
    _describe(model, network)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return lambda: compare(network, _runtime(path, network), OTHER_ENGINE)


def _describe(model: onnx.ModelProto, network: Subject) -> None:
    model.producer_name, model.producer_version = "Netloom", __version__
    del model.metadata_props[:]
    for key, value in description.of(network).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        model.metadata_props.add(key=f"netloom.{key}", value=text)
    _name_batch(model)
    for node in model.graph.node:  # stack traces of the exporting machine, with its paths
        del node.metadata_props[:]
        node.doc_string = ""
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        del value.metadata_props[:]


def _name_batch(model: onnx.ModelProto) -> None:
    """The free dimension is called N, as everywhere in Netloom, whatever the tracer called it."""
    values = (*model.graph.input, *model.graph.output, *model.graph.value_info)
    dimensions = [dimension for value in values for dimension in value.type.tensor_type.shape.dim]
    batches = {value.type.tensor_type.shape.dim[0].dim_param for value in model.graph.input} - {""}
    called = re.compile(rf"\b(?:{'|'.join(map(re.escape, batches))})\b")
    for dimension in dimensions if batches else ():
        if dimension.dim_param:
            dimension.dim_param = called.sub("N", dimension.dim_param)


def _runtime(path: Path, network: Subject) -> RunBatches:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(batch: Batch) -> list[Tensor]:
        fed = {name: value.numpy() for name, value in zip(network.input_names, batch, strict=True)}
        return [torch.from_numpy(value) for value in session.run(None, fed)]

    return lambda batches: [run(batch) for batch in batches]
