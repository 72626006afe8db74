"""Inputs that a layer can do without: masks, states, offsets, biases. Wired, they do as in PyTorch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from studio.catalog import callables, nodes, ports, table
from studio.compiler import literals
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import reference


def _r(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


X = _r(2, 5, 16)
MASK = nn.Transformer.generate_square_subsequent_mask(5)
PADDING = torch.tensor([[False] * 4 + [True], [False] * 3 + [True] * 2])
ROWS = torch.randint(0, 999, (6,), generator=torch.Generator().manual_seed(0))
MASKS = {"src_mask": MASK, "src_key_padding_mask": PADDING}
DECODED = {
    **{"tgt_mask": MASK, "memory_mask": MASK},
    **{"tgt_key_padding_mask": PADDING, "memory_key_padding_mask": PADDING},
}

CASES: dict[str, dict[str, Tensor]] = {
    "nn.LSTMCell": {"input": _r(2, 16), "h_0": _r(2, 128), "c_0": _r(2, 128, seed=1)},
    "nn.GRUCell": {"input": _r(2, 16), "h_0": _r(2, 128)},
    "nn.RNNCell": {"input": _r(2, 16), "h_0": _r(2, 128)},
    "nn.LSTM": {"input": X, "h_0": _r(1, 2, 128), "c_0": _r(1, 2, 128, seed=1)},
    "nn.GRU": {"input": X, "h_0": _r(1, 2, 128)},
    "nn.RNN": {"input": X, "h_0": _r(1, 2, 128)},
    "nn.MultiheadAttention": {
        "query": X, "key": X, "value": X, "key_padding_mask": PADDING, "attn_mask": MASK < 0,
    },
    "nn.TransformerEncoderLayer": {"src": X, **MASKS},
    "nn.TransformerEncoder": {"src": X, "mask": MASK, "src_key_padding_mask": PADDING},
    "nn.TransformerDecoderLayer": {"tgt": X, "memory": X, **DECODED},
    "nn.TransformerDecoder": {"tgt": X, "memory": X, **DECODED},
    "nn.Transformer": {"src": X, "tgt": X, **MASKS, **DECODED},
    "nn.EmbeddingBag": {"input": ROWS, "offsets": torch.tensor([0, 4])},
    "ops.DeformConv2d": {"input": _r(2, 8, 9, 9), "offset": _r(2, 18, 9, 9), "mask": _r(2, 9, 9, 9)},
    "F.scaled_dot_product_attention": {"query": X, "key": X, "value": X, "attn_mask": MASK},
    "F.linear": {"input": X, "weight": _r(4, 16), "bias": _r(4)},
    "F.bilinear": {"input1": _r(2, 3), "input2": _r(2, 4), "weight": _r(5, 3, 4), "bias": _r(5)},
    "F.group_norm": {"input": _r(2, 8, 4, 4), "weight": _r(8), "bias": _r(8, seed=1)},
    "F.layer_norm": {"input": _r(2, 64), "weight": _r(64), "bias": _r(64, seed=1)},
    "F.rms_norm": {"input": _r(2, 64), "weight": _r(64)},
    "F.batch_norm": {
        "input": _r(2, 8, 4, 4), "running_mean": _r(8), "running_var": _r(8, seed=1), "weight": _r(8, seed=2),
        "bias": _r(8, seed=3),
    },
    "F.instance_norm": {
        "input": _r(2, 8, 4, 4), "running_mean": _r(8), "running_var": _r(8, seed=1), "weight": _r(8, seed=2),
        "bias": _r(8, seed=3),
    },
}  # fmt: skip
for n in (1, 2, 3):
    CASES[f"F.conv{n}d"] = {"input": _r(2, 8, *[6] * n), "weight": _r(4, 8, *[3] * n), "bias": _r(4)}
    CASES[f"F.conv_transpose{n}d"] = {
        "input": _r(2, 8, *[6] * n),
        "weight": _r(8, 4, *[3] * n),
        "bias": _r(4),
    }

FREE = {"nn.EmbeddingBag": {"per_sample_weights"}}
"""optional inputs that go with another mode of the layer only"""


def drawn(type_: str, tensors: dict[str, Tensor]) -> ProjectData:
    """A node of a type with an input for each tensor that is a batch, and buffers for the rest."""
    made = nodes.new_node(type_, "node")
    arguments = made.arguments
    given: dict[str, Node] = {}
    for port in ports.inputs(made):
        if port.name in tensors:
            tensor = tensors[port.name]
            kind = str(tensor.dtype).removeprefix("torch.")
            batch = is_batch(type_, port.name, tensor)
            shape = ["N", *tensor.shape[1:]] if batch else list(tensor.shape)
            params = {"shape": shape, "dtype": kind}
            given[f"in_{port.name}"] = Node(f"in_{port.name}", "input" if batch else "buffer", params)
            wire = reference(f"in_{port.name}")
            if is_state(port.name, tensor):  # the batch of a state is its second size
                given[f"in_{port.name}"] = replace(given[f"in_{port.name}"], params={"shape": ["N", 1, 128]})
                swap = Node(f"of_{port.name}", "torch.transpose", {}, (wire,), {"dim0": 0, "dim1": 1})
                given[swap.id], wire = swap, reference(swap.id)
            arguments = arguments.with_value(port.slot, wire)
    made = Node("node", type_, made.params, arguments.args, arguments.kwargs)
    several = len(ports.outputs(made)) > 1
    ends = {
        f"out{place}": Node(f"out{place}", "output", args=(reference("node", place if several else None),))
        for place, _ in enumerate(ports.outputs(made))
    }
    return ProjectData("Optional", {"model": Network({**given, "node": made, **ends})})


def is_state(name: str, tensor: Tensor) -> bool:
    return name in {"h_0", "c_0"} and tensor.ndim == 3


def is_batch(type_: str, name: str, tensor: Tensor) -> bool:
    return is_state(name, tensor) or (
        tensor.shape[0] == 2 and not name.startswith("offsets") and type_ != "nn.EmbeddingBag"
    )


def flat(value: Any) -> list[Tensor]:
    return [value] if isinstance(value, Tensor) else [tensor for part in value for tensor in flat(part)]


class Given(literals.LiteralReader):
    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._tensors = tensors

    def reference(self, node: str, index: int | None) -> Any:
        return self._tensors[node.split("_", 1)[1]]


def test_every_optional_input_is_wired_somewhere_here() -> None:
    for entry in table.entries():
        optional = {port.name for port in entry.inputs if port.optional} - FREE.get(entry.type, set())
        assert optional <= set(CASES.get(entry.type, ())), entry.type


def test_attention_that_gives_no_weights_has_one_output_that_is_a_tensor() -> None:
    project = drawn("nn.MultiheadAttention", {"query": X, "key": X, "value": X})
    nodes_ = dict(project.networks["model"].nodes)
    nodes_["node"] = replace(nodes_["node"], kwargs={"need_weights": False})
    del nodes_["out1"]
    silent = ProjectData("Optional", {"model": Network(nodes_)})
    analysis = analyse(silent)
    assert not analysis.problems
    report = analysis.report("model", "node")
    assert report is not None and report.outputs[1] is None
    assert "need_weights=False" in source(silent)
    assert build(silent)(X, X, X).shape == X.shape


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("type_", CASES)
def test_optional_inputs_do_what_they_do_in_pytorch(type_: str) -> None:
    tensors = CASES[type_]
    project = drawn(type_, tensors)
    batches = {name: t for name, t in tensors.items() if is_batch(type_, name, t)}
    if not batches:
        image = Node("image", "input", {"shape": ["N", 1]})
        last = Node("last", "output", args=(reference("image"),))
        inside = {**project.networks["model"].nodes, "image": image, "last": last}
        project = ProjectData("Optional", {"model": Network(inside)})
    analysis = analyse(project)
    assert [str(problem.text) for problem in analysis.errors] == []
    built = build(project, seed=0).eval()
    space: dict[str, Any] = {}
    exec(compile(source(project), "model.py", "exec"), space)
    written = space["Model"]().eval()
    for name, buffer in built.named_buffers():
        if name.startswith("in_"):
            buffer.copy_(tensors[name.removeprefix("in_")])
    written.load_state_dict(built.state_dict())
    node = project.networks["model"].nodes["node"]
    args, kwargs = literals.read([list(node.args), {"d": dict(node.kwargs)}], Given(tensors))
    target = callables.find(type_)
    if table.is_module(type_):
        report = analysis.report("model", "node")
        assert report is not None
        target = target(**literals.parameters({**node.params, **report.auto})).eval()
        target.load_state_dict(built.node.state_dict())
    elif "training" in kwargs:
        kwargs["training"] = False
    wanted = flat(target(*args, **kwargs))
    for module in (built, written):
        said = [t.transpose(0, 1) if is_state(name, t) else t for name, t in batches.items()]
        got = flat(module(*(said or [torch.zeros(2, 1)])))
        for one, other in zip(got, wanted, strict=False):
            assert torch.equal(one, other)
