"""The table of node types, held against PyTorch itself."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import Any

import pytest

from studio.catalog import automatic, callables, layers, nodes, ports, table, vision
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


def public_layers(home: Any) -> set[str]:
    """Every class of layers that a module of PyTorch's offers, losses aside."""
    import torch

    losses = set(torch.nn.modules.loss.__all__) | {"NLLLoss2d"}
    classes = {name: found for name, found in vars(home).items() if inspect.isclass(found)}
    layers = {name for name, found in classes.items() if issubclass(found, torch.nn.Module)}
    return {name for name in layers if not name.startswith("_")} - losses


@pytest.mark.parametrize(("home", "prefix"), [("torch.nn", "nn."), ("torchvision.ops", "ops.")])
def test_every_layer_can_be_placed_or_says_why_not(home: str, prefix: str) -> None:
    offered = {e.type.removeprefix(prefix) for e in table.entries() if e.type.startswith(prefix)}
    left_out = layers.LEFT_OUT if prefix == "nn." else vision.LEFT_OUT
    known = public_layers(importlib.import_module(home))
    assert known - offered == set(left_out)
    assert all(reason for reason in left_out.values())


def test_every_twin_is_a_type_with_words_of_its_own() -> None:
    for entry in table.entries():
        if entry.twin is not None:
            twin = table.entry(entry.twin)
            assert twin is not None and twin.type != entry.type


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


@pytest.mark.parametrize(
    ("node", "outputs"),
    [
        (nodes.new_node("torch.chunk", "c"), 2),
        (Node("c", "Tensor.chunk", args=(reference("x"), 3)), 3),
        (nodes.new_node("torch.split", "s"), 2),
        (Node("s", "Tensor.split", args=(reference("x"), [1, 2, 3])), 3),
        (Node("s", "torch.split", args=(reference("x"), 8), extra={"outputs": 4}), 4),
        (Node("u", "Tensor.unbind", args=(reference("x"),), extra={"outputs": 3}), 3),
        (Node("m", "torch.meshgrid", args=([reference("x"), reference("y"), reference("z")],)), 3),
        (nodes.new_node("torch.tensor_split", "t"), 2),
        (Node("t", "Tensor.tensor_split", args=(reference("x"), [1, 2])), 3),
        (nodes.new_node("torch.max", "m"), 2),
        (Node("m", "torch.max", args=(reference("x"),)), 1),
        (Node("m", "Tensor.max", args=(reference("x"), reference("y"))), 1),
        (Node("p", "F.max_pool2d", args=(reference("x"), 2), kwargs={"return_indices": True}), 2),
    ],
)
def test_a_function_has_as_many_outputs_as_its_literals_say(node: Node, outputs: int) -> None:
    assert len(ports.outputs(node)) == outputs


def test_only_a_tensor_knows_into_how_many_parts_one_size_cuts_it() -> None:
    assert ports.is_counted(Node("s", "torch.split", args=(reference("x"), 8)))
    assert ports.is_counted(nodes.new_node("torch.unbind", "u"))
    assert not ports.is_counted(nodes.new_node("torch.split", "s"))


def test_the_states_of_an_lstm_lie_in_a_tuple_inside_a_tuple() -> None:
    assert [ports.output_path("nn.LSTM", i) for i in range(3)] == [(0,), (1, 0), (1, 1)]
