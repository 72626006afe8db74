"""Dots and bypassed nodes: what is left when a network runs."""

from __future__ import annotations

import pytest

from studio.graph import passing
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import Json


def network(*nodes: Node) -> Network:
    return Network({node.id: node for node in nodes})


def fed(id_: str, *sources: str, type_: str = "nn.ReLU", **extra: Json) -> Node:
    return Node(id_, type_, args=tuple({"n": source} for source in sources), extra=extra)


def dot(id_: str, *sources: str) -> Node:
    return fed(id_, *sources, type_="dot")


X = Node("x", "input")


def test_a_network_without_any_is_the_very_same() -> None:
    project = ProjectData(networks={"model": network(X, fed("a", "x"))})
    assert passing.plain(project) is project


def test_a_wire_goes_through_dots_and_bypassed_nodes() -> None:
    drawn = network(X, dot("d", "x"), fed("a", "d", bypassed=True), dot("e", "a"), fed("b", "e"))
    found = passing.plain_network(drawn)
    assert list(found.nodes) == ["x", "b"]
    assert found.nodes["b"].args == ({"n": "x"},)
    assert found.nodes["x"] is X


def test_what_is_bypassed_passes_its_first_wire_on() -> None:
    drawn = network(X, fed("a", "x"), fed("add", "a", "x", bypassed=True), fed("b", "add"))
    assert passing.plain_network(drawn).nodes["b"].args == ({"n": "a"},)


def test_a_forked_dot_feeds_each_branch_and_what_is_nested_in_values() -> None:
    size = {"size": [{"n": "d"}, 0]}
    drawn = network(X, dot("d", "x"), Node("r", "torch.reshape", args=({"n": "d"}, [size, -1])))
    node = passing.plain_network(drawn).nodes["r"]
    assert node.args == ({"n": "x"}, [{"size": [{"n": "x"}, 0]}, -1])


def test_the_output_that_is_picked_stays_picked() -> None:
    lstm = fed("lstm", "x", type_="nn.LSTM")
    picked = Node("d", "dot", args=({"n": "lstm", "i": 1},))
    assert passing.feeds(network(X, lstm, picked, fed("a", "d")))["d"] == {"n": "lstm", "i": 1}


def test_a_further_output_of_a_bypassed_node_is_none_of_its_source() -> None:
    lstm = fed("lstm", "x", type_="nn.LSTM", bypassed=True)
    drawn = network(X, lstm, Node("a", "nn.ReLU", args=({"n": "lstm", "i": 1},)))
    assert passing.plain_network(drawn).nodes["a"].args == ({"n": "x", "i": passing.NOWHERE},)


@pytest.mark.parametrize(
    "loose",
    [[dot("d")], [dot("d", "e"), dot("e", "d")], [dot("d", "gone")], [dot("e", "d"), dot("d")]],
)
def test_dots_that_nothing_feeds_stay_and_can_be_told_of(loose: list[Node]) -> None:
    drawn = network(X, *loose, fed("a", "d"))
    assert passing.plain_network(drawn) is drawn


def test_a_use_of_a_bypassed_layer_keeps_its_arguments() -> None:
    own = Node("fc", "nn.Linear", {"out_features": 4}, ({"n": "x"},), extra={"bypassed": True})
    again = Node("fc2", "nn.Linear", args=({"n": "fc"},), path="fc")
    found = passing.plain_network(network(X, own, again)).nodes["fc2"]
    assert (found.params, found.path) == ({"out_features": 4}, "fc")


def test_what_keeps_its_wires_is_the_same_object_after_an_edit_elsewhere() -> None:
    nodes = (X, dot("d", "x"), fed("a", "d"), fed("b", "a"))
    one = passing.plain_network(network(*nodes))
    other = passing.plain_network(network(*nodes, fed("c", "b")))
    assert all(one.nodes[id_] is other.nodes[id_] for id_ in ("x", "a", "b"))


def test_inputs_and_outputs_are_never_bypassed() -> None:
    assert not passing.passes(fed("y", "x", type_="output", bypassed=True))
    assert not passing.may_be_bypassed(X)
    assert passing.may_be_bypassed(fed("a", "x"))
    assert not passing.may_be_bypassed(fed("a"))


def test_the_bypassed_nodes_before_one_are_found_past_dots() -> None:
    drawn = network(
        X,
        fed("a", "x", bypassed=True),
        dot("d", "a"),
        fed("b", "d", bypassed=True),
        fed("e", "b"),
        fed("c", "e"),
    )
    assert list(passing.bypassed_before(drawn, "c")) == ["b", "a"]
