"""One module used by several nodes: who owns it, and what becomes of it when nodes come, go, are renamed."""

from __future__ import annotations

from studio.graph import fragment, sharing, validate
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.graph.values import reference
from studio.words import Message


def document(*uses: Node) -> Document:
    """An input, fc, and further uses of fc behind it."""
    first = Node("fc", "nn.Linear", {"out_features": 8}, (reference("x"),))
    nodes = [Node("x", "input"), first, *uses]
    return Document(ProjectData(networks={"model": Network({node.id: node for node in nodes})}))


def use(name: str, source: str = "fc") -> Node:
    return Node(name, "nn.Linear", args=(reference(source),), path="fc")


def test_a_node_used_again_names_the_first_and_has_no_arguments_of_its_own() -> None:
    doc = document()
    with doc.transaction(Message("test")) as edit:
        name = sharing.use_again(edit, "model", "fc", (10, 20))
        again = sharing.use_again(edit, "model", name, (10, 90))
    nodes = doc.nodes("model")
    assert (nodes[name].path, nodes[again].path) == ("fc", "fc")
    assert nodes[name].params == {} and nodes[name].at == (10, 20)
    assert sharing.owner(nodes, nodes[again]).id == "fc"
    assert sharing.uses(nodes, nodes["fc"]) == ["fc", name, again]


def test_renaming_the_owner_keeps_the_others_with_it_and_undo_takes_it_back() -> None:
    doc = document(use("fc2"))
    before = doc.data()
    changes: list[Change] = []
    doc.subscribe(changes.append)
    with doc.transaction(Message("test")) as edit:
        edit.rename_node("model", "fc", "head")
    assert doc.node("model", "fc2").path == "head"
    doc.replay(changes[0].inverse())
    assert doc.data() == before


def test_removing_the_owner_hands_its_name_and_arguments_to_the_next_use() -> None:
    doc = document(use("fc2"), use("fc3", "fc2"))
    before = doc.data()
    changes: list[Change] = []
    doc.subscribe(changes.append)
    with doc.transaction(Message("test")) as edit:
        edit.remove_nodes("model", ["fc"], heal=True)
    nodes = doc.nodes("model")
    assert set(nodes) == {"x", "fc", "fc3"}
    assert nodes["fc"].params == {"out_features": 8} and nodes["fc"].path is None
    assert nodes["fc"].args == (reference("x"),)
    assert nodes["fc3"].path == "fc" and nodes["fc3"].args == (reference("fc"),)
    doc.replay(changes[0].inverse())
    assert doc.data() == before


def test_removing_a_later_use_changes_nothing_else() -> None:
    doc = document(use("fc2"))
    with doc.transaction(Message("test")) as edit:
        edit.remove_nodes("model", ["fc2"])
    assert doc.node("model", "fc") == document().node("model", "fc")


def test_removing_all_uses_removes_the_module() -> None:
    doc = document(use("fc2"))
    with doc.transaction(Message("test")) as edit:
        edit.remove_nodes("model", ["fc", "fc2"])
    assert set(doc.nodes("model")) == {"x"}


def test_a_use_can_have_a_module_of_its_own() -> None:
    doc = document(use("fc2"), use("fc3"))
    with doc.transaction(Message("test")) as edit:
        sharing.part(edit, "model", "fc2")
    nodes = doc.nodes("model")
    assert nodes["fc2"].params == {"out_features": 8} and nodes["fc2"].path is None
    assert nodes["fc3"].path == "fc"


def test_when_the_owner_leaves_the_others_go_on_sharing() -> None:
    doc = document(use("fc2"), use("fc3"))
    with doc.transaction(Message("test")) as edit:
        sharing.part(edit, "model", "fc")
    nodes = doc.nodes("model")
    assert (nodes["fc2"].path, nodes["fc3"].path) == (None, "fc2")
    assert nodes["fc2"].params == nodes["fc"].params == {"out_features": 8}


def test_copies_of_owner_and_use_share_with_each_other() -> None:
    doc = document(use("fc2"))
    cut = fragment.copy(doc.network("model"), ["fc", "fc2"])
    with doc.transaction(Message("test")) as edit:
        first, second = fragment.paste(edit, "model", cut, (0, 0))
    assert doc.node("model", first).path is None
    assert doc.node("model", second).path == first


def test_a_copy_of_a_use_alone_is_one_more_use() -> None:
    doc = document(use("fc2"))
    cut = fragment.copy(doc.network("model"), ["fc2"])
    with doc.transaction(Message("test")) as edit:
        (made,) = fragment.paste(edit, "model", cut, (0, 0))
    assert doc.node("model", made).path == "fc" and doc.node("model", made).params == {}


def test_uses_pasted_where_the_owner_is_not_share_a_module_with_its_arguments() -> None:
    doc = document(use("fc2"), use("fc3"))
    cut = fragment.copy(doc.network("model"), ["fc2", "fc3"])
    other = Document(ProjectData(networks={"model": Network({})}))
    with other.transaction(Message("test")) as edit:
        first, second = fragment.paste(edit, "model", cut, (0, 0))
    nodes = other.nodes("model")
    assert nodes[first].path is None and nodes[first].params == {"out_features": 8}
    assert nodes[second].path == first


def test_sharing_with_another_type_is_a_fault() -> None:
    doc = document(Node("act", "nn.ReLU", args=(reference("fc"),), path="fc"))
    assert [(f.node, f.code) for f in validate.faults(doc.data())] == [("act", "bad-share")]


def test_sharing_with_what_is_not_there_is_a_module_of_that_name() -> None:
    doc = document(Node("fc2", "nn.Linear", {"out_features": 3}, (reference("fc"),), path="head.fc"))
    assert validate.faults(doc.data()) == []
    node = doc.node("model", "fc2")
    assert sharing.owner(doc.nodes("model"), node) is node
