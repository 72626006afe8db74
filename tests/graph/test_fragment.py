"""Copy and paste: within a network, between projects, as text."""

from __future__ import annotations

import pytest

from studio.graph import fragment
from studio.graph.document import Document
from studio.graph.fragment import FragmentError
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message


def digits() -> Document:
    nodes = [
        Node("image", "input", at=(16, 0)),
        Node("conv1", "nn.Conv2d", {"out_channels": 8}, ({"n": "image"},), at=(16, 96)),
        Node("relu1", "nn.ReLU", args=({"n": "conv1"},), at=(48, 192), extra={"note": "keep me"}),
        Node("cat", "torch.cat", args=([{"n": "conv1"}, {"n": "relu1"}],), kwargs={"dim": 1}, at=(0, 288)),
    ]
    return Document(ProjectData("Digits", {"model": Network({node.id: node for node in nodes})}))


def paste(document: Document, copied: dict[str, object], keep: bool = False) -> list[str]:
    with document.transaction(Message("Paste")) as edit:
        return fragment.paste(edit, "model", copied, (100, 200), keep)


def test_copies_get_fresh_names_and_keep_the_wires_among_them() -> None:
    document = digits()
    names = paste(document, fragment.copy(document.network("model"), ["relu1", "conv1"]))
    assert names == ["conv2", "relu2"]
    assert document.node("model", "relu2").args == ({"n": "conv2"},)
    assert document.node("model", "relu2").extra == {"note": "keep me"}


def test_the_top_left_of_them_all_lands_where_it_was_dropped() -> None:
    document = digits()
    paste(document, fragment.copy(document.network("model"), ["conv1", "relu1"]))
    assert document.node("model", "conv2").at == (100, 200)
    assert document.node("model", "relu2").at == (132, 296)


def test_wires_from_outside_are_cut_or_kept() -> None:
    document = digits()
    copied = fragment.copy(document.network("model"), ["cat"])
    (cut,) = paste(document, copied)
    (kept,) = paste(document, copied, keep=True)
    assert document.node("model", cut).args == ([],)
    assert document.node("model", kept).args == ([{"n": "conv1"}, {"n": "relu1"}],)


def test_a_name_that_a_wire_waits_for_is_not_taken_by_a_copy() -> None:
    source = digits()
    copied = fragment.copy(source.network("model"), ["conv1"])
    with source.transaction(Message("Delete")) as edit:
        edit.remove_nodes("model", ["relu1"])
        edit.connect("model", "conv2", "cat", ("args", 0))
    assert paste(source, copied) == ["conv3"]


def test_names_are_kept_where_they_are_free() -> None:
    copied = fragment.copy(digits().network("model"), ["conv1", "relu1"])
    assert paste(Document(), copied) == ["conv1", "relu1"]


def test_a_paste_is_one_step_and_can_be_undone() -> None:
    document = digits()
    changes = []
    document.subscribe(changes.append)
    paste(document, fragment.copy(document.network("model"), ["conv1", "relu1", "cat"]))
    assert len(changes) == 1
    document.replay(changes[0].inverse())
    assert list(document.nodes("model")) == ["image", "conv1", "relu1", "cat"]


def test_text_goes_out_and_comes_back() -> None:
    copied = fragment.copy(digits().network("model"), ["conv1", "relu1", "cat"])
    assert fragment.loads(fragment.dumps(copied)) == copied


def test_blocks_come_along_into_a_project_that_lacks_them() -> None:
    inner = Network({"x": Node("x", "input"), "deep": Node("deep", "block:Deep")})
    nodes = {"b": Node("b", "block:Part")}
    source = ProjectData("S", {"model": Network(nodes), "Part": inner, "Deep": Network(), "Other": Network()})
    copied = fragment.loads(fragment.dumps(fragment.copy(source.networks["model"], ["b"], source)))
    target = Document()
    paste(target, copied)
    assert target.network_names() == ["model", "Part", "Deep"]
    assert target.network("Part").nodes["deep"].block == "Deep"


def test_a_block_that_the_project_has_stays_as_it_is() -> None:
    source = ProjectData("S", {"model": Network({"b": Node("b", "block:Part")}), "Part": Network()})
    target = Document(
        ProjectData("T", {"model": Network(), "Part": Network({"mine": Node("mine", "input")})})
    )
    paste(target, fragment.copy(source.networks["model"], ["b"], source))
    assert list(target.nodes("Part")) == ["mine"]


@pytest.mark.parametrize(
    "text",
    [
        "", "hello", "[1]", "{}", "[" * 100_000, '{"format": "netloom-fragment"}',
        '{"format": "netloom-fragment", "version": 2, "nodes": []}',
        '{"format": "netloom-fragment", "version": 1, "nodes": {}}',
        '{"format": "netloom-fragment", "version": 1, "nodes": [{}]}',
        '{"format": "netloom-fragment", "version": 1, "nodes": [{"id": "a", "type": "x", "at": [1.5, 2]}]}',
        '{"format": "netloom-fragment", "version": 1, "nodes": [{"id": "a", "type": "x", "at": [NaN, 2]}]}',
        '{"format": "netloom-fragment", "version": 1, '
        '"nodes": [{"id": "a", "type": "x"}, {"id": "a", "type": "x"}]}',
        '{"format": "netloom-fragment", "version": 1, "nodes": [], "networks": {"A": {"nodes": 3}}}',
        '{"format": "netloom-fragment", "version": 1, "nodes": [], "networks": {"A": {"parameters": 3}}}',
    ],
)  # fmt: skip
def test_a_text_that_is_no_fragment_is_refused_in_words(text: str) -> None:
    with pytest.raises(FragmentError) as error:
        fragment.loads(text)
    assert str(error.value).endswith(".")


def test_two_blocks_that_come_along_get_two_names() -> None:
    """The number that the first gets must not be the name of the second."""
    use = {name: Node(name.lower(), f"block:{name}") for name in ("Block2", "Block3")}
    inside = {"Block2": Network({"x": Node("x", "input")}), "Block3": Network({"y": Node("y", "input")})}
    source = ProjectData("Source", {"model": Network({n.id: n for n in use.values()}), **inside})
    target = Document(ProjectData("Target", {"model": Network(), "Block2": Network()}))
    paste(target, fragment.copy(source.networks["model"], ["block2", "block3"], source))
    assert target.network_names() == ["model", "Block2", "Block3", "Block4"]
    assert target.node("model", "block2").type == "block:Block4"
