"""Every type of the catalogue as it comes from the palette: meta shapes and real ones must agree."""

from __future__ import annotations

import pytest
import torch
from drawing import node

from studio.catalog import nodes, ports, table
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.model import Network, Node, ProjectData

IMAGE, SEQUENCE, VECTOR = ["N", 8, 8, 8], ["N", 8, 16], ["N", 8]
SPECIAL = {
    "nn.Embedding": ["N", 8], "nn.EmbeddingBag": ["N", 8], "F.one_hot": ["N", 8],
    "nn.LSTMCell": VECTOR, "nn.GRUCell": VECTOR, "nn.RNNCell": VECTOR,
    "nn.AdaptiveLogSoftmaxWithLoss": VECTOR, "nn.Fold": ["N", 32, 16], "nn.Unflatten": ["N", 128],
    "nn.Bilinear": VECTOR, "torch.permute": SEQUENCE,
}  # fmt: skip
SKIPPED = {
    "nn.MaxUnpool1d",
    "nn.MaxUnpool2d",
    "nn.MaxUnpool3d",
    "nn.AdaptiveLogSoftmaxWithLoss",
    "torch.reshape",
}
"""those that need indices or targets of another layer, and a reshape, whose numbers must fit the input"""


def shape_for(type_: str) -> list[object]:
    if type_ in SPECIAL:
        return SPECIAL[type_]
    if type_.endswith("1d"):
        return SEQUENCE
    if type_.endswith("3d"):
        return ["N", 8, 8, 8, 8]
    if table.category(type_) in {"recurrent", "attention"} or type_ in {"torch.bmm", "torch.matmul"}:
        return ["N", 8, 8]
    return IMAGE


def alone(type_: str) -> ProjectData:
    """A network of one node of a type, each of its inputs wired to an input of its own."""
    made = nodes.new_node(type_, "node")
    whole = type_ in {"nn.Embedding", "nn.EmbeddingBag", "F.one_hot"}
    params = {"shape": shape_for(type_), "dtype": "int64" if whole else "float32"}
    given: dict[str, Node] = {}
    arguments = made.arguments
    for port in ports.inputs(made):
        if not port.optional:
            name = f"in_{port.name}"
            given[name] = Node(name, "input", params)
            slot = (*port.slot, 0) if port.variadic else port.slot
            arguments = arguments.with_value(slot, {"n": name})
            if port.variadic:
                arguments = arguments.with_value((*port.slot, 1), {"n": name})
    made = Node("node", type_, made.params, arguments.args, arguments.kwargs)
    if table.entry(type_).auto_out:
        made = Node("node", type_, {**made.params, table.entry(type_).auto_out: 5}, made.args)
    several = len(ports.outputs(made)) > 1
    end = node("output", "output", "node:0" if several else "node")
    return ProjectData("Sweep", {"model": Network({**given, "node": made, "output": end})})


TYPES = [e.type for e in table.entries() if e.kind != "structural" and e.type not in SKIPPED]


@pytest.mark.parametrize("type_", TYPES)
def test_a_new_node_of_every_type_has_the_shape_the_real_layer_gives(type_: str):
    project = alone(type_)
    analysis = analyse(project)
    assert not analysis.problems, [f"{p.code}: {p.text} {p.detail}" for p in analysis.problems]
    report = analysis.report("model", "node")
    module = build(project, seed=0)
    assert report.parameters == sum(p.numel() for p in module.parameters())
    given = []
    for n in project.networks["model"].of_type("input"):
        shape = [5, *n.params["shape"][1:]]
        whole = n.params["dtype"] == "int64"
        given.append(torch.randint(0, 9, shape) if whole else torch.rand(shape))
    result = module(*given)
    assert [5 if str(d) == "N" else d for d in report.outputs[0].shape] == list(result.shape)
    assert report.outputs[0].dtype == str(result.dtype).removeprefix("torch.")
    compile(source(project), type_, "exec")
