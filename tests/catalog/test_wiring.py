"""What may be wired to what, and what the gestures of appending and inserting do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.catalog import nodes, placing, ports, table, wiring
from studio.graph.document import Document
from studio.graph.model import Network, Node, ProjectData, Wire
from studio.graph.values import reference
from studio.words import Message

STEP = Message("test")


def chain(*types: str) -> Document:
    """A project whose nodes a, b, c ... follow each other."""
    made: dict[str, Node] = {}
    before = None
    for i, type_ in enumerate(types):
        id_ = chr(ord("a") + i)
        args = (reference(before),) if before else ()
        made[id_] = Node(id_, type_, args=args, at=(0, 96 * i))
        before = id_
    return Document(ProjectData(networks={"model": Network(made)}))


def sources(document: Document, node: str) -> list[str]:
    return [value["n"] for _, value in document.node("model", node).arguments.references()]


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("a", "a", "cannot feed itself"),
        ("c", "b", "circle"),
        ("c", "a", "takes no input"),
        ("d", "c", "gives nothing on"),
        ("a", "c", "no free input"),
        ("a", "gone", "no such node"),
    ],
)
def test_a_refused_wire_says_why(source: str, target: str, words: str) -> None:
    project = chain("input", "nn.ReLU", "torch.add", "output").data()
    full = project.networks["model"].nodes["c"]
    filled = {**project.networks["model"].nodes, "c": replace(full, args=(reference("b"), 1))}
    project = ProjectData(networks={"model": Network(filled)})
    verdict = wiring.verdict(project, "model", source, target)
    assert not verdict.ok
    assert words in str(verdict.reason)


def test_a_wire_to_a_free_place_is_allowed_and_names_it() -> None:
    verdict = wiring.verdict(chain("input", "nn.ReLU", "torch.add").data(), "model", "a", "c")
    assert verdict == wiring.Verdict(True, None, ("args", 1))


def test_a_wired_place_may_be_rewired_when_it_is_named() -> None:
    project = chain("input", "nn.ReLU", "nn.ReLU").data()
    assert not wiring.verdict(project, "model", "a", "c").ok
    assert wiring.verdict(project, "model", "a", "c", ("args", 0)).ok


def test_appending_at_the_end_of_a_chain_wires_and_places_below() -> None:
    document = chain("input", "nn.ReLU")
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.Conv2d", "b")
    assert new == "conv1"
    assert sources(document, new) == ["b"]
    assert document.node("model", new).at == (0, 192)


def test_appending_inside_a_chain_goes_into_it_and_makes_room() -> None:
    document = chain("input", "nn.ReLU", "output")
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.Conv2d", "a")
    assert sources(document, new) == ["a"]
    assert sources(document, "b") == [new]
    assert [document.node("model", i).at[1] for i in ("a", new, "b", "c")] == [0, 96, 192, 288]


def test_appending_where_several_wires_leave_starts_a_branch() -> None:
    document = chain("input", "nn.ReLU", "nn.Tanh")
    with document.transaction(STEP) as edit:
        edit.connect("model", "a", "c", ("args", 0))
        new = wiring.append_new(edit, "model", "nn.Conv2d", "a")
    assert sources(document, "b") == sources(document, "c") == sources(document, new) == ["a"]


def test_appending_behind_an_output_leaves_the_new_node_unwired() -> None:
    document = chain("input", "output")
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.Conv2d", "b")
    assert sources(document, new) == []


def test_appending_attention_gives_it_one_source_for_all() -> None:
    document = chain("input")
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.MultiheadAttention", "a")
    assert sources(document, new) == ["a", "a", "a"]


def test_a_wire_from_one_of_several_outputs_names_which() -> None:
    document = chain("input", "nn.LSTM")
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.Linear", "b")
    assert document.node("model", new).args == (reference("b", 0),)


def test_inserting_on_a_wire_keeps_its_ends() -> None:
    document = chain("input", "output")
    with document.transaction(STEP) as edit:
        edit.add_node("model", nodes.new_node("nn.ReLU", "relu1"))
        assert wiring.insert_on_wire(edit, "model", "relu1", Wire("a", None, "b", ("args", 0)))
    assert sources(document, "relu1") == ["a"]
    assert sources(document, "b") == ["relu1"]


def test_a_node_that_gives_nothing_is_not_inserted() -> None:
    document = chain("input", "nn.ReLU")
    with document.transaction(STEP) as edit:
        edit.add_node("model", nodes.new_node("output", "output"))
        assert not wiring.insert_on_wire(edit, "model", "output", Wire("a", None, "b", ("args", 0)))
    assert sources(document, "b") == ["a"]


types = st.sampled_from([entry.type for entry in table.entries()])


@given(st.lists(st.tuples(types, st.integers(0, 30)), max_size=25))
def test_appending_never_covers_a_card_nor_closes_a_circle(steps: list[tuple[str, int]]) -> None:
    document = Document(ProjectData(networks={"model": Network()}))
    for type_, pick in steps:
        known = list(document.nodes("model"))
        after = known[pick % len(known)] if known and pick else None
        with document.transaction(STEP) as edit:
            wiring.append_new(edit, "model", type_, after)
    network = document.network("model")
    from studio.graph.order import cycle

    assert cycle(network) is None
    placed = list(network.nodes.values())
    for i, node in enumerate(placed):
        assert placing.is_free(placed[i + 1 :], node.at)
    project = document.data()
    for node in placed:
        for slot, _ in node.arguments.references():
            assert ports.port_at(node, slot, project) is not None


def with_data(document: Document) -> Document:
    return Document(replace(document.data(), settings={"data": {"source": "digits"}}))


def test_a_new_last_layer_is_as_wide_as_the_data_asks_for() -> None:
    document = with_data(chain("input", "nn.ReLU", "output"))
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.Linear", "b")
    assert "out_features" not in document.node("model", new).params


def test_a_new_layer_in_the_middle_has_a_width_of_its_own() -> None:
    document = with_data(chain("input", "nn.Linear", "output"))
    with document.transaction(STEP) as edit:
        new = wiring.append_new(edit, "model", "nn.Linear", "a")
    assert document.node("model", new).params["out_features"] == 64


def test_a_last_layer_whose_width_was_chosen_keeps_it() -> None:
    document = with_data(chain("input", "output"))
    with document.transaction(STEP) as edit:
        edit.add_node("model", Node("fc", "nn.Linear", {"out_features": 12}, (reference("a"),)))
        wiring.connect(edit, "model", "fc", None, "b", ("args", 0))
    assert document.node("model", "fc").params["out_features"] == 12
