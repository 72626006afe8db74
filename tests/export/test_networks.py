"""Networks of many kinds leave as ONNX and .pt2, at any batch size, with what they gave before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.export.export import export
from studio.graph.model import Network, Node, ProjectData

from .conftest import Untrained

NETWORKS: dict[str, tuple[list[Any], list[tuple[str, dict[str, Any]]], str]] = {
    "dense": (["N", 7], [("nn.Linear", {"out_features": 5}), ("nn.Softmax", {"dim": 1})], "float32"),
    "normalised convolution": (
        ["N", 3, 12, 12],
        [
            ("nn.Conv2d", {"out_channels": 6, "kernel_size": 3, "padding": 1}),
            ("nn.BatchNorm2d", {}),
            ("nn.SiLU", {}),
            ("nn.GroupNorm", {"num_groups": 2}),
            ("nn.AdaptiveAvgPool2d", {"output_size": 3}),
            ("nn.Dropout", {"p": 0.5}),
            ("torch.flatten", {"start_dim": 1}),
        ],
        "float32",
    ),
    "upsampling": (
        ["N", 2, 4, 4],
        [
            ("nn.ConvTranspose2d", {"out_channels": 4, "kernel_size": 2, "stride": 2}),
            ("nn.Upsample", {"scale_factor": 2}),
            ("nn.PReLU", {}),
        ],
        "float32",
    ),
    "attention": (
        ["N", 6, 8],
        [
            ("nn.TransformerEncoderLayer", {"d_model": 8, "nhead": 2, "batch_first": True}),
            ("nn.LayerNorm", {}),
            ("torch.mean", {"dim": 1}),
        ],
        "float32",
    ),
    "words": (
        ["N", 9],
        [("nn.Embedding", {"num_embeddings": 20, "embedding_dim": 4}), ("torch.mean", {"dim": 1})],
        "int64",
    ),
}


@pytest.mark.parametrize("format", ["onnx", "pt2"])
@pytest.mark.parametrize("kind", NETWORKS)
def test_networks_of_many_kinds_are_exported(
    make_chain: Callable[..., Any], kind: str, format: str, tmp_path: Path
) -> None:
    shape, layers, dtype = NETWORKS[kind]

    report = export(make_chain(shape, layers, dtype), format, tmp_path / "network")

    assert report.largest_deviation <= report.tolerance
    assert any("random values" in str(line) for line in report.details)


@pytest.mark.parametrize("format", ["onnx", "pt2", "python"])
def test_several_inputs_and_outputs_keep_their_names(format: str, tmp_path: Path) -> None:
    nodes = [
        Node("left", "input", {"shape": ["N", 3]}),
        Node("right", "input", {"shape": ["N", 3]}),
        Node("both", "torch.add", {}, ({"n": "left"}, {"n": "right"})),
        Node("fc", "nn.Linear", {"out_features": 2}, ({"n": "both"},)),
        Node("sum", "output", {}, ({"n": "both"},)),
        Node("score", "output", {}, ({"n": "fc"},)),
    ]
    run = Untrained(ProjectData("Two", {"model": Network({node.id: node for node in nodes})}))

    path = export(run, format, tmp_path / "two").paths[0]  # type: ignore[arg-type]  # stands in for a run

    if format == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(str(path))
        assert [given.name for given in session.get_inputs()] == ["left", "right"]
        assert [given.name for given in session.get_outputs()] == ["sum", "score"]


def test_source_is_proven_whatever_its_file_is_called(make_chain: Callable[..., Any], tmp_path: Path) -> None:
    shape, layers, dtype = next(iter(NETWORKS.values()))
    report = export(make_chain(shape, layers, dtype), "python", tmp_path / "network.txt")
    assert report.paths[0].name == "network.txt"
    assert report.largest_deviation <= report.tolerance


@pytest.mark.parametrize("format", ["onnx", "pt2"])
@pytest.mark.parametrize("kind", ["nn.LSTM", "nn.GRU"])
def test_recurrent_networks_are_exported(kind: str, format: str, tmp_path: Path) -> None:
    nodes = [
        Node("x", "input", {"shape": ["N", 6, 4]}),
        Node("memory", kind, {"hidden_size": 5, "batch_first": True}, ({"n": "x"},)),
        Node("y", "output", {}, ({"n": "memory", "i": 0},)),
    ]
    run = Untrained(ProjectData("Memory", {"model": Network({node.id: node for node in nodes})}))

    report = export(run, format, tmp_path / "memory")  # type: ignore[arg-type]  # stands in for a run

    assert report.largest_deviation <= report.tolerance
