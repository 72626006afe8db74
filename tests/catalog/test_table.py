"""The table of node types, held against PyTorch itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from studio.catalog import automatic, callables, nodes, ports, table
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import reference


def test_the_table_is_read_without_torch() -> None:
    code = "import sys, studio.catalog.table, studio.catalog.ports; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_type_has_one_entry_of_a_known_category() -> None:
    types = [entry.type for entry in table.entries()]
    assert len(types) == len(set(types))
    assert {entry.category for entry in table.entries()} == set(table.CATEGORIES) - {"block"}


def test_every_callable_type_is_found_in_pytorch() -> None:
    for entry in table.entries():
        if entry.kind != "structural":
            assert callable(callables.find(entry.type))


def test_a_type_that_is_not_in_the_table_is_no_callable() -> None:
    with pytest.raises(KeyError):
        callables.find("os.system")


def test_every_activation_of_pytorch_can_be_placed() -> None:
    import torch

    offered = {entry.type.removeprefix("nn.") for entry in table.entries() if entry.category == "activation"}
    assert set(torch.nn.modules.activation.__all__) - {"MultiheadAttention"} <= offered


@pytest.mark.parametrize(
    ("room", "left_out"),
    [
        ("conv", set()),
        ("pooling", set()),
        ("dropout", set()),
        ("padding", set()),
        ("upsampling", set()),
        ("sparse", set()),
        ("linear", set()),
        ("batchnorm", {"SyncBatchNorm"}),
        ("instancenorm", set()),
        ("normalization", {"CrossMapLRN2d"}),
        ("rnn", {"RNNBase", "RNNCellBase"}),
        ("transformer", {"TransformerEncoder", "TransformerDecoder"}),
    ],
)
def test_every_layer_of_a_room_of_pytorch_can_be_placed(room: str, left_out: set[str]) -> None:
    import torch

    names = set(getattr(torch.nn.modules, room).__all__)
    wanted = {name for name in names if not name.startswith("Lazy")} - left_out
    assert wanted <= {entry.type.removeprefix("nn.") for entry in table.entries()}


def test_auto_sizes_follow_from_the_shapes_that_come_in() -> None:
    assert automatic.values("nn.Conv2d", [(8, 3, 32, 32)]) == {"in_channels": 3}
    assert automatic.values("nn.Bilinear", [(8, 5), (8, 7)]) == {"in1_features": 5, "in2_features": 7}
    assert automatic.values("nn.Conv2d", [(8,)]) == {}


def test_the_literals_of_an_operator_are_positional() -> None:
    node = nodes.new_node("op.getitem", "pick")
    assert node.args[0] is None
    assert ports.free_slot(node) == ("args", 0)


def test_a_variadic_port_takes_one_more_wire() -> None:
    node = nodes.new_node("torch.cat", "cat")
    assert ports.free_slot(node) == ("args", 0, 0)
    wired = Node("cat", "torch.cat", args=([reference("a"), reference("b")],))
    assert ports.free_slot(wired) == ("args", 0, 2)
    assert not ports.missing(wired)


def test_a_full_node_has_no_free_place() -> None:
    node = Node("add", "torch.add", args=(reference("a"), 1))
    assert ports.free_slot(node) is None


def test_the_ports_of_a_block_are_its_inputs_and_outputs() -> None:
    inside = Network({i: Node(i, t) for i, t in (("x", "input"), ("skip", "input"), ("y", "output"))})
    project = ProjectData(networks={"Residual": inside})
    block = Node("block", "block:Residual")
    assert [port.name for port in ports.inputs(block, project)] == ["x", "skip"]
    assert ports.outputs(block, project) == ("y",)


def test_a_pool_that_returns_indices_has_two_outputs() -> None:
    assert ports.outputs(Node("pool", "nn.MaxPool2d", {"return_indices": True})) == ("output", "indices")


def test_the_states_of_an_lstm_lie_in_a_tuple_inside_a_tuple() -> None:
    assert [ports.output_path("nn.LSTM", i) for i in range(3)] == [(0,), (1, 0), (1, 1)]
