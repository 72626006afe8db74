"""Every type as it comes from the palette, wired by the gestures, through the whole compiler."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
import torch

from studio.catalog import nodes, table, wiring
from studio.catalog.entry import Entry
from studio.compiler.analysis import Context
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.document import Document
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message

_spec = importlib.util.spec_from_file_location("catalog_samples", Path(__file__).with_name("samples.py"))
assert _spec and _spec.loader
samples = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(samples)

BATCHED = {"torch.matmul": (torch.rand(2, 3, 4), torch.rand(2, 4, 5))}
"""inputs whose first dimension is the batch, where the sample's second input has none"""
DATA_DEPENDENT = {"nn.AdaptiveLogSoftmaxWithLoss"}
TYPES = [e for e in table.entries() if e.kind != "structural" and e.type not in DATA_DEPENDENT]


def network(entry: Entry, tensors: tuple[torch.Tensor, ...]) -> ProjectData:
    document = Document(ProjectData(networks={"model": Network()}))
    with document.transaction(Message("test")) as edit:
        for i, tensor in enumerate(tensors):
            shape = ["N", *tensor.shape[1:]]
            dtype = str(tensor.dtype).removeprefix("torch.")
            edit.add_node("model", Node(f"in{i}", "input", {"shape": shape, "dtype": dtype}))
        edit.add_node("model", nodes.new_node(entry.type, "node"))
        for i in range(len(tensors)):
            wiring.connect(edit, "model", f"in{i}", None, "node", None)
        edit.add_node("model", nodes.new_node("output", "out"))
        wiring.connect(edit, "model", "node", None, "out", None)
    return document.data()


@pytest.mark.parametrize("entry", TYPES, ids=[entry.type for entry in TYPES])
def test_a_new_node_has_shapes_runs_and_is_written_as_python(entry: Entry) -> None:
    tensors = BATCHED.get(entry.type) or samples.inputs(entry)
    project = network(entry, tensors)
    analysis = analyse(project, Context())
    assert [str(problem.text) for problem in analysis.errors] == []
    report = analysis.report("model", "out")
    assert report is not None and report.outputs[0] is not None
    given = build(project).eval()(*tensors)
    expected = [2 if str(d) == "N" else d for d in report.outputs[0].shape]
    if not any("N" in str(d) and str(d) != "N" for d in report.outputs[0].shape):
        assert list(given.shape) == expected
    compile(source(project), "model.py", "exec")
