"""Every type as it comes from the palette, wired by the gestures, through the whole compiler.

What the analysis foretells, what the built module and the written class give, and what PyTorch's own class or
function gives must be one: shapes, data types, parameters by name, every bit of the outputs, in both modes.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.catalog import callables, nodes, ports, table, wiring
from studio.catalog.entry import Entry
from studio.compiler import literals
from studio.compiler.analysis import Analysis, Context
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

TYPES = [e for e in table.entries() if e.kind != "structural"]
IDS = [e.type for e in TYPES]


def network(entry: Entry, tensors: tuple[torch.Tensor, ...]) -> ProjectData:
    """A node of a type: inputs before it, or buffers where a tensor is no batch, its outputs behind it."""
    document = Document(ProjectData(networks={"model": Network()}))
    with document.transaction(Message("test")) as edit:
        for place, tensor in enumerate(tensors):
            is_batch = place < samples.fixed(entry)
            shape = ["N", *tensor.shape[1:]] if is_batch else list(tensor.shape)
            params = {"shape": shape, "dtype": str(tensor.dtype).removeprefix("torch.")}
            edit.add_node("model", Node(f"in{place}", "input" if is_batch else "buffer", params))
        edit.add_node("model", nodes.new_node(entry.type, "node"))
        for place in range(len(tensors)):
            wiring.connect(edit, "model", f"in{place}", None, "node", None)
        for place, _ in enumerate(ports.outputs(edit.document.node("model", "node"))):
            edit.add_node("model", nodes.new_node("output", f"out{place}"))
            wiring.connect(edit, "model", "node", place, f"out{place}", None)
        if not (tensors and samples.fixed(entry)):  # a network has an input, used or not
            edit.add_node("model", Node("image", "input", {"shape": ["N", 1]}))
            edit.add_node("model", nodes.new_node("output", "last"))
            wiring.connect(edit, "model", "image", None, "last", None)
    return document.data()


def tensors_in(value: Any) -> list[torch.Tensor]:
    return [value] if isinstance(value, torch.Tensor) else [t for part in value for t in tensors_in(part)]


def exactly_equal(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(a.dtype == b.dtype and torch.equal(a.nan_to_num(), b.nan_to_num()) for a, b in pairs)


def foretold(analysis: Analysis) -> list[tuple[list[int], str]]:
    report = analysis.report("model", "node")
    assert report is not None
    specs = [spec for spec in report.outputs if spec is not None]
    assert len(specs) == len(report.outputs)
    return [([2 if str(d) == "N" else d for d in spec.shape], spec.dtype) for spec in specs]


class Tensors(literals.LiteralReader):
    """Reads a call as Python would run it. `if_training` is what the module is in."""

    def __init__(self, given: dict[str, torch.Tensor], training: bool) -> None:
        self._given, self._training = given, training

    def reference(self, node: str, index: int | None) -> Any:
        return self._given[node]

    def either(self, training: Any, evaluating: Any) -> Any:
        return training if self._training else evaluating


def of_pytorch(
    project: ProjectData, analysis: Analysis, given: dict[str, torch.Tensor], training: bool
) -> Any:
    """What PyTorch's own class or function gives for the call of the node, and the module if it is one."""
    node = project.networks["model"].nodes["node"]
    args, kwargs = literals.read([list(node.args), {"d": dict(node.kwargs)}], Tensors(given, training))
    target = callables.find(node.type)
    module = None
    if table.is_module(node.type):
        report = analysis.report("model", "node")
        assert report is not None
        torch.manual_seed(0)
        target = module = target(**literals.parameters({**node.params, **report.auto})).train(training)
    torch.manual_seed(1)
    return target(*args, **kwargs), module


@pytest.mark.parametrize("entry", TYPES, ids=IDS)
def test_a_new_node_gives_what_pytorch_gives_to_the_last_bit(entry: Entry) -> None:
    tensors = samples.inputs(entry)
    project = network(entry, tensors)
    analysis = analyse(project, Context())
    assert [str(problem.text) for problem in analysis.errors] == []
    given = {f"in{place}": tensor for place, tensor in enumerate(tensors)}
    built = build(project, seed=0)
    for name, buffer in built.named_buffers():
        if name in given:
            buffer.copy_(given[name])
    written = executed(source(project), built)
    report = analysis.report("model", "node")
    assert report is not None
    assert report.parameters == sum(p.numel() for p in built.parameters())
    for training in (True, False):
        wanted, module = of_pytorch(project, analysis, given, training)
        if module is not None:
            state = built.node.state_dict()
            assert list(state) == list(module.state_dict())
            built.node.load_state_dict(module.state_dict())
            written.load_state_dict(built.state_dict())
        built.train(training)
        torch.manual_seed(1)
        batches = [t for place, t in enumerate(tensors) if place < samples.fixed(entry)]
        got = tensors_in(built(*batches)) if batches else tensors_in(built(torch.zeros(2, 1)))[:-1]
        assert exactly_equal(got, tensors_in(wanted))
        torch.manual_seed(1)
        again = tensors_in(written.train(training)(*(batches or [torch.zeros(2, 1)])))
        assert exactly_equal(again[: len(got)], got)
        if not any("N" in str(d) and str(d) != "N" for d in shapes(analysis)):
            assert [(list(t.shape), str(t.dtype).removeprefix("torch.")) for t in got] == foretold(analysis)


def executed(text: str, built: torch.nn.Module) -> torch.nn.Module:
    """The class of a written file, with the weights of the built module."""
    space: dict[str, Any] = {}
    exec(compile(text, "model.py", "exec"), space)
    module: torch.nn.Module = space["Model"]()
    module.load_state_dict(built.state_dict())
    return module


def shapes(analysis: Analysis) -> list[Any]:
    report = analysis.report("model", "node")
    assert report is not None
    return [d for spec in report.outputs if spec is not None for d in spec.shape]
