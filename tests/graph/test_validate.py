"""Structural faults are named on the node they concern; none keeps a project from opening."""

from __future__ import annotations

from studio.graph import validate
from studio.graph.model import Network, Node, ProjectData


def project(*nodes: Node, **blocks: Network) -> ProjectData:
    return ProjectData("P", {"model": Network({node.id: node for node in nodes}), **blocks})


def codes(found: ProjectData) -> list[tuple[str | None, str]]:
    return [(fault.node, fault.code) for fault in validate.faults(found)]


def test_a_sound_project_has_no_faults() -> None:
    block = Network(
        {
            "x": Node("x", "input"),
            "y": Node("y", "nn.Linear", {"out_features": {"p": "width"}}, ({"n": "x"},)),
        },
        {"width": 4},
    )
    sound = project(Node("x", "input"), Node("b", "block:Part", {"width": 8}, ({"n": "x"},)), Part=block)
    assert validate.faults(sound) == []


def test_a_wire_from_a_missing_node() -> None:
    (fault,) = validate.faults(project(Node("a", "nn.ReLU", args=({"n": "ghost"},))))
    assert (fault.network, fault.node, fault.code) == ("model", "a", "missing-node")
    assert str(fault.text) == "args[0] comes from ghost, which does not exist."


def test_each_node_of_a_circle_is_marked() -> None:
    nodes = [
        Node(i, "nn.ReLU", args=({"n": j},)) for i, j in (("a", "c"), ("b", "a"), ("c", "b"), ("d", "c"))
    ]
    assert codes(project(*nodes)) == [("a", "circle"), ("b", "circle"), ("c", "circle")]


def test_unknown_values_types_blocks_and_parameters() -> None:
    found = project(
        Node("a", "nn.ReLU", {"inplace": {"huh": 1}}),
        Node("b", "torchvision.Unheard"),
        Node("c", "block:Ghost"),
        Node("d", "nn.Linear", {"out_features": {"p": "width"}}),
        Node("e", "block:Part", {"depth": 3}),
        Part=Network(),
    )
    assert codes(found) == [
        ("a", "unknown-form"),
        ("b", "unknown-type"),
        ("c", "unknown-block"),
        ("d", "unknown-parameter"),
        ("e", "unknown-parameter"),
    ]


def test_the_catalogue_may_say_which_types_exist() -> None:
    found = project(Node("a", "nn.ReLU"), Node("b", "nn.Unheard"))
    assert [f.node for f in validate.faults(found, known_type=lambda type_: type_ == "nn.ReLU")] == ["b"]


def test_names_that_a_module_cannot_have() -> None:
    found = project(
        Node("forward", "nn.ReLU"),
        Node("1x", "nn.ReLU"),
        Node("layer", "nn.ReLU"),
        Node("layer.conv", "nn.ReLU"),
    )
    assert codes(found) == [("forward", "bad-id"), ("1x", "bad-id"), ("layer", "bad-id")]


def test_blocks_that_contain_themselves_over_others() -> None:
    found = project(
        Node("fine", "block:A"),
        A=Network({"b": Node("b", "block:B")}),
        B=Network({"a": Node("a", "block:A"), "leaf": Node("leaf", "block:Leaf")}),
        Leaf=Network(),
    )
    assert [(f.network, f.node, f.code) for f in validate.faults(found)] == [
        ("A", "b", "block-in-itself"),
        ("B", "a", "block-in-itself"),
    ]
