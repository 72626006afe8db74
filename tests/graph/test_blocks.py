"""A selection becomes a block and back; blocks repeat, are copied, and have parameters that are edited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.graph import blocks, dissolving, fragment, parameters, repeats, validate
from studio.graph.blocks import BlockError
from studio.graph.document import Document
from studio.graph.edit import Edit
from studio.graph.model import Network, Node, ProjectData
from studio.project import files
from studio.words import Message, NetloomError


def node(id_: str, type_: str, *sources: object, **params: object) -> Node:
    args = tuple({"n": s} if isinstance(s, str) else s for s in sources)
    return Node(id_, type_, params=params, args=args)


def document(*nodes: Node, more: dict[str, Network] | None = None, **values: object) -> Document:
    placed = {n.id: Node(n.id, n.type, n.params, n.args, n.kwargs, (0, 96 * i), n.path, n.extra, n.repeat)
              for i, n in enumerate(nodes)}  # fmt: skip
    return Document(ProjectData("Test", {"model": Network(placed, values), **(more or {})}))


def chain() -> Document:
    return document(
        node("image", "input"),
        node("conv1", "nn.Conv2d", "image", out_channels=8, kernel_size=3),
        node("relu1", "nn.ReLU", "conv1"),
        node("flat", "torch.flatten", "relu1"),
        node("fc", "nn.Linear", "flat", out_features=10),
        node("output", "output", "fc"),
    )


def edit(held: Document, do: Callable[[Edit], object]) -> object:
    """Does an edit, and shows that it can be undone to the last byte."""
    before = files.dumps(held.data())
    changes = []
    end = held.subscribe(changes.append)
    with held.transaction(Message("Edit")) as inside:
        result = do(inside)
    end()
    after = files.dumps(held.data())
    for change in reversed(changes):
        held.replay(change.inverse())
    assert files.dumps(held.data()) == before
    for change in changes:
        held.replay(change)
    assert files.dumps(held.data()) == after
    return result


def group(held: Document, *ids: str, name: str = "Block", network: str = "model") -> str:
    return str(edit(held, lambda e: blocks.group(e, network, ids, name)))


def dissolve(held: Document, id_: str, network: str = "model") -> list[str]:
    return list(edit(held, lambda e: dissolving.dissolve(e, network, id_)))  # type: ignore[call-overload]


# -- a block and back --------------------------------------------------------------------------------


def test_a_selection_becomes_a_block_with_its_wires() -> None:
    held = chain()
    id_ = group(held, "conv1", "relu1")
    model, block = held.network("model"), held.network("Block")
    assert id_ == "block1"
    assert model.nodes["block1"].type == "block:Block"
    assert model.nodes["block1"].args == ({"n": "image"},)
    assert model.nodes["flat"].args == ({"n": "block1"},)
    assert list(block.nodes) == ["x", "conv1", "relu1", "y"]
    assert block.nodes["conv1"].args == ({"n": "x"},)
    assert block.nodes["y"].args == ({"n": "relu1"},)


def test_the_card_stands_where_the_selection_was() -> None:
    held = chain()
    group(held, "conv1", "relu1", "flat")
    assert held.node("model", "block1").at == (0, 192)


def test_grouping_and_dissolving_gives_the_same_file() -> None:
    held = chain()
    before = files.dumps(held.data())
    group(held, "conv1", "relu1", "flat")
    assert dissolve(held, "block1") == ["conv1", "relu1", "flat"]
    assert files.dumps(held.data()) == before


def test_a_block_may_be_called_as_what_is_inside() -> None:
    held = chain()
    before = files.dumps(held.data())
    assert group(held, "conv1", "relu1", name="Conv") == "conv2"
    assert held.node("model", "flat").args == ({"n": "conv2"},)
    edit(held, lambda e: e.rename_node("model", "conv2", "conv1"))
    assert dissolve(held, "conv1") == ["conv1", "relu1"]
    assert files.dumps(held.data()) == before


def test_inputs_and_outputs_of_the_network_stay_outside() -> None:
    held = chain()
    group(held, *held.nodes("model"))
    assert set(held.nodes("model")) == {"image", "block1", "output"}


def test_several_wires_in_and_out_become_inputs_and_outputs_in_the_order_of_the_wires() -> None:
    held = document(
        node("a", "input"),
        node("b", "input"),
        node("left", "nn.Linear", "a"),
        node("right", "nn.Linear", "b"),
        node("sum", "torch.add", "left", "right"),
        node("one", "output", "left"),
        node("two", "output", "sum"),
    )
    before = files.dumps(held.data())
    group(held, "left", "right", "sum")
    assert held.node("model", "block1").args == ({"n": "a"}, {"n": "b"})
    assert held.node("model", "one").args == ({"n": "block1", "i": 0},)
    assert held.node("model", "two").args == ({"n": "block1", "i": 1},)
    dissolve(held, "block1")
    assert files.dumps(held.data()) == before


def test_an_output_of_several_keeps_its_number() -> None:
    held = document(
        node("x", "input"),
        node("lstm", "nn.LSTM", "x", hidden_size=4),
        node("fc", "nn.Linear", {"n": "lstm", "i": 0}),
        node("y", "output", "fc"),
    )
    before = files.dumps(held.data())
    group(held, "lstm")
    assert held.network("Block").nodes["y"].args == ({"n": "lstm", "i": 0},)
    assert held.node("model", "fc").args == ({"n": "block1"},)
    dissolve(held, "block1")
    assert files.dumps(held.data()) == before


def test_names_with_a_beginning_of_their_own_keep_their_attribute_paths() -> None:
    held = document(
        node("x", "input"),
        node("layer1.0.conv", "nn.Conv2d", "x"),
        node("layer1.0.bn", "nn.BatchNorm2d", "layer1.0.conv"),
        node("fc", "nn.Linear", "layer1.0.bn"),
        node("y", "output", "fc"),
    )
    before = files.dumps(held.data())
    assert (
        blocks.suggested_name(held.network("model"), ["layer1.0.conv", "layer1.0.bn"], {"model"}) == "Layer1"
    )
    assert group(held, "layer1.0.conv", "layer1.0.bn", name="Layer1") == "layer1.0"
    assert set(held.nodes("Layer1")) == {"x", "conv", "bn", "y"}
    assert dissolve(held, "layer1.0") == ["layer1.0.conv", "layer1.0.bn"]
    assert files.dumps(held.data()) == before


def test_what_lies_between_must_be_selected_too() -> None:
    held = chain()
    with pytest.raises(BlockError, match="relu1 comes after"):
        group(held, "conv1", "flat")


def test_shared_weights_stay_together() -> None:
    held = document(
        node("x", "input"),
        node("fc", "nn.Linear", "x"),
        Node("again", "nn.Linear", args=({"n": "fc"},), path="fc"),
        node("y", "output", "again"),
    )
    with pytest.raises(BlockError, match="again shares its weights"):
        group(held, "fc")
    before = files.dumps(held.data())
    group(held, "fc", "again")
    dissolve(held, "block1")
    assert files.dumps(held.data()) == before


def test_parameters_that_are_read_become_those_of_the_block_and_back() -> None:
    held = document(
        node("x", "input"),
        node("fc", "nn.Linear", "x", out_features={"expr": "*", "of": [{"p": "width"}, 2]}),
        node("y", "output", "fc"),
        width=8,
        depth=3,
    )
    before = files.dumps(held.data())
    group(held, "fc")
    assert dict(held.network("Block").parameters) == {"width": 8}
    assert held.node("model", "block1").params == {"width": {"p": "width"}}
    dissolve(held, "block1")
    assert files.dumps(held.data()) == before


def test_a_dissolved_block_has_the_values_of_its_use() -> None:
    held = chain()
    group(held, "conv1", "relu1")
    edit(held, lambda e: parameters.make(e, "Block", "conv1", "out_channels", "width"))
    edit(held, lambda e: e.set_param("model", "block1", "width", 32))
    dissolve(held, "block1")
    assert held.node("model", "conv1").params["out_channels"] == 32


def test_a_block_that_is_used_elsewhere_stays() -> None:
    held = chain()
    group(held, "relu1")
    edit(held, lambda e: e.add_node("model", Node("other", "block:Block", args=({"n": "fc"},))))
    dissolve(held, "block1")
    assert "Block" in held.network_names()


def test_names_that_are_taken_get_a_number() -> None:
    held = chain()
    group(held, "relu1")
    edit(held, lambda e: e.add_node("model", Node("relu1", "nn.ReLU")))
    assert dissolve(held, "block1") == ["relu2"]
    assert held.node("model", "flat").args == ({"n": "relu2"},)


def test_a_block_that_was_named_keeps_its_name_before_what_was_inside() -> None:
    held = chain()
    group(held, "conv1", "relu1")
    edit(held, lambda e: e.rename_node("model", "block1", "stem"))
    assert dissolve(held, "stem") == ["stem.conv1", "stem.relu1"]


def test_what_makes_a_wire_impossible_is_said() -> None:
    held = chain()
    with pytest.raises(BlockError, match="fc is no block"):
        dissolve(held, "fc")


def test_blocks_nest() -> None:
    held = chain()
    before = files.dumps(held.data())
    group(held, "relu1", name="Inner")
    group(held, "conv1", "inner1", name="Outer")
    assert held.node("Outer", "inner1").block == "Inner"
    dissolve(held, "outer1")
    dissolve(held, "inner1")
    assert files.dumps(held.data()) == before


# -- any graph ---------------------------------------------------------------------------------------


@st.composite
def graphs(draw: st.DrawFn) -> tuple[Document, list[str]]:
    """A network without circles, and some of its nodes with all that lies between them."""
    count = draw(st.integers(2, 9))
    nodes = [node("image", "input")]
    for place in range(count):
        sources = draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=3))
        beginning = draw(st.sampled_from(["", "", "layer.", "layer.0."]))
        wires = [{"n": s.id, "i": 0} if s.type == "nn.LSTM" else {"n": s.id} for s in sources]
        type_ = draw(st.sampled_from(["nn.Linear", "torch.add", "nn.LSTM"]))
        params = draw(st.sampled_from([{}, {"width": {"p": "width"}}, {"width": 3}]))
        args = ({"size": [wires[0], 0]}, *wires[1:]) if draw(st.booleans()) else (wires,)
        nodes.append(Node(f"{beginning}n{place}", type_, params, args))
    nodes.append(node("out", "output", nodes[-1].id))
    chosen = draw(st.sets(st.sampled_from([n.id for n in nodes[1:-1]]), min_size=1))
    return document(*nodes, width=4), sorted(chosen)


@settings(max_examples=150, deadline=None)
@given(graphs(), st.sampled_from(["Block", "N", "Layer", "Image"]))
def test_any_group_that_is_dissolved_gives_the_same_nodes_and_wires(
    made: tuple[Document, list[str]], name: str
) -> None:
    held, chosen = made
    before = held.network("model")
    try:
        id_ = group(held, *chosen, name=name)
    except BlockError:
        return
    assert not validate.faults(held.data()), "the block is sound"
    dissolve(held, id_)
    after = held.network("model")
    assert after == before  # the same nodes, in whatever order
    assert held.network_names() == ["model"]


# -- repeats -----------------------------------------------------------------------------------------


def repeated(times: object, **params: object) -> Document:
    block = Network({"x": Node("x", "input"), "y": Node("y", "output", args=({"n": "x"},))}, {"width": 4})
    made = Node("layers", "block:Block", params, ({"n": "x"},), repeat=times)
    return document(node("x", "input"), made, node("y", "output", "layers"), more={"Block": block}, depth=2)


def codes(held: Document) -> list[str]:
    return [fault.code for fault in validate.faults(held.data())]


def test_repetitions_lie_where_a_sequential_has_them() -> None:
    assert repeats.paths("layers", 3) == ["layers.0", "layers.1", "layers.2"]
    assert repeats.paths("layer1.1", 2) == ["layer1.1", "layer1.2"]
    assert repeats.paths("1", 2) == ["1", "2"]


def test_a_repeat_is_a_number_or_arithmetic_on_parameters() -> None:
    assert codes(repeated(3)) == codes(repeated({"p": "depth"})) == []
    assert codes(repeated({"expr": "-", "of": [{"p": "depth"}, 1]})) == []
    for wrong in (0, -1, 2.5, True, "3", 10**6, {"p": "gone"}, {"expr": "-", "of": [{"p": "depth"}, 2]}):
        assert "bad-repeat" in codes(repeated(wrong)), wrong


def test_a_value_for_each_repetition_is_there_for_each() -> None:
    assert codes(repeated(3, width={"each": [1, 2, 3]})) == []
    assert codes(repeated(3, width={"each": [1, 2]})) == ["bad-repeat"]
    assert codes(repeated(None, width={"each": [1, 2]})) == ["bad-repeat"]


def test_only_blocks_are_repeated_and_only_those_that_take_what_they_give() -> None:
    held = chain()
    edit(held, lambda e: e.set_repeat("model", "relu1", 2))
    assert codes(held) == ["bad-repeat"]
    held = repeated(2)
    edit(held, lambda e: e.add_node("Block", Node("z", "output", args=({"n": "x"},))))
    assert codes(held) == ["bad-repeat"]


def test_no_node_has_the_name_of_a_repetition() -> None:
    held = repeated(2)
    edit(held, lambda e: e.add_node("model", Node("layers.1", "torch.relu", args=({"n": "x"},))))
    assert codes(held) == ["bad-id"]


def test_values_of_repetitions_may_be_computed() -> None:
    held = {"expr": "*", "of": [{"each": [1, 2, 4]}, 16]}
    assert [repeats.value_at(held, place) for place in range(3)] == [16, 32, 64]
    with pytest.raises(NetloomError):
        repeats.value_at(held, 3)


def test_a_repeated_block_is_dissolved_into_single_ones() -> None:
    held = repeated(3, width={"each": [8, 16, 32]})
    assert dissolve(held, "layers") == ["layers.0", "layers.1", "layers.2"]
    model = held.network("model")
    assert [model.nodes[f"layers.{i}"].params["width"] for i in range(3)] == [8, 16, 32]
    assert model.nodes["layers.2"].args == ({"n": "layers.1"},)
    assert model.nodes["y"].args == ({"n": "layers.2"},)


def test_a_repeat_survives_the_file() -> None:
    held = repeated(3, width={"each": [8, 16, 32]})
    text = files.dumps(held.data())
    assert '"repeat": 3' in text
    assert files.loads(text, "test") == held.data()


# -- copies and parameters ---------------------------------------------------------------------------


def test_an_independent_copy_is_changed_alone() -> None:
    held = chain()
    group(held, "relu1")
    edit(held, lambda e: e.add_node("model", Node("block2", "block:Block", args=({"n": "fc"},))))
    assert edit(held, lambda e: blocks.make_independent(e, "model", "block2")) == "Block2"
    edit(held, lambda e: e.set_type("Block2", "relu1", "nn.GELU"))
    assert held.node("Block", "relu1").type == "nn.ReLU"


def widths() -> Document:
    held = chain()
    group(held, "conv1", "relu1")
    edit(held, lambda e: parameters.make(e, "Block", "conv1", "out_channels", "width"))
    edit(held, lambda e: e.set_param("model", "block1", "width", 16))
    return held


def test_a_value_becomes_a_parameter() -> None:
    held = widths()
    assert dict(held.network("Block").parameters) == {"width": 8}
    assert held.node("Block", "conv1").params["out_channels"] == {"p": "width"}
    with pytest.raises(BlockError, match="already"):
        edit(held, lambda e: parameters.make(e, "Block", "conv1", "kernel_size", "width"))


def test_a_parameter_is_renamed_everywhere() -> None:
    held = widths()
    edit(held, lambda e: parameters.rename(e, "Block", "width", "channels"))
    assert dict(held.network("Block").parameters) == {"channels": 8}
    assert held.node("Block", "conv1").params["out_channels"] == {"p": "channels"}
    assert held.node("model", "block1").params == {"channels": 16}


def test_a_parameter_that_is_removed_leaves_its_default() -> None:
    held = widths()
    edit(held, lambda e: parameters.remove(e, "Block", "width"))
    assert held.node("Block", "conv1").params["out_channels"] == 8
    assert held.node("model", "block1").params == {}


@pytest.mark.parametrize("name", ["", "2a", "a b", "class", "self", "__init__", "torch"])
def test_names_that_no_argument_can_have_are_refused(name: str) -> None:
    with pytest.raises(BlockError):
        edit(widths(), lambda e: parameters.rename(e, "Block", "width", name))


# -- the clipboard -----------------------------------------------------------------------------------


def test_pasted_nodes_bring_the_parameters_they_read() -> None:
    held = widths()
    copied = fragment.loads(fragment.dumps(fragment.copy(held.network("Block"), ["conv1"], held.data())))
    edit(held, lambda e: fragment.paste(e, "model", copied, (0, 0)))
    assert held.network("model").parameters == {"width": 8}
    assert not [f for f in validate.faults(held.data()) if f.code == "unknown-parameter"]


def test_a_block_of_the_same_name_that_differs_is_not_linked_to() -> None:
    held = widths()
    copied = fragment.copy(held.network("model"), ["block1"], held.data())
    edit(held, lambda e: fragment.paste(e, "model", copied, (0, 0)))
    assert held.node("model", "block2").block == "Block"
    edit(held, lambda e: e.set_type("Block", "relu1", "nn.GELU"))
    edit(held, lambda e: fragment.paste(e, "model", copied, (0, 0)))
    assert held.node("model", "block3").block == "Block2"
    assert held.node("Block2", "relu1").type == "nn.ReLU"


def test_a_block_dissolves_where_the_beginning_of_a_name_inside_is_a_layer_outside() -> None:
    """No number at the end of "b.relu" makes it free beside a layer "b"."""
    inside = (node("i", "input"), node("b.relu", "nn.ReLU", "i"), node("o", "output", "b.relu"))
    held = document(
        node("image", "input"),
        node("b", "nn.ReLU", "image"),
        node("act1", "block:Act", "b"),
        more={"Act": Network({n.id: n for n in inside})},
    )
    assert edit(held, lambda e: dissolving.dissolve(e, "model", "act1")) == ["b_relu"]
