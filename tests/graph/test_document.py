"""One door for change: a transaction is applied wholly or not at all, and its inverse is exact."""

from __future__ import annotations

from itertools import pairwise

import pytest

from studio.graph.document import Change, Document, EditError
from studio.graph.edit import Edit
from studio.graph.model import Arguments, Network, Node, ProjectData
from studio.graph.operations import MISSING, SetAttribute
from studio.project import files
from studio.words import Message


def node(id_: str, *sources: str, type_: str = "nn.ReLU") -> Node:
    return Node(id_, type_, args=tuple({"n": source} for source in sources))


def chain(*ids: str) -> Document:
    fed = {ids[0]: node(ids[0])} | {i: node(i, before) for before, i in pairwise(ids)}
    return Document(ProjectData("Chain", {"model": Network(fed)}))


def text(document: Document) -> str:
    return files.dumps(document.data())


def nested(levels: int) -> object:
    value: object = 0
    for _ in range(levels):
        value = [value]
    return value


def edited(document: Document, *edits: object) -> list[Change]:
    """Runs each edit as a transaction of its own; returns the changes."""
    changes: list[Change] = []
    end = document.subscribe(changes.append)
    for do in edits:
        with document.transaction(Message("Edit")) as edit:
            do(edit)  # type: ignore[operator]
    end()
    return changes


def assert_undone(document: Document, *edits: object) -> None:
    before = text(document)
    for change in reversed(edited(document, *edits)):
        document.replay(change.inverse())
    assert text(document) == before


def test_an_exception_takes_the_whole_transaction_back() -> None:
    document = chain("a", "b", "c")
    before = text(document)

    with pytest.raises(ZeroDivisionError), document.transaction(Message("Edit")) as edit:
        edit.remove_nodes("model", ["b"], heal=True)
        edit.set(("training", "lr"), 0.1)
        raise ZeroDivisionError

    assert text(document) == before
    assert document.revision == 0


def test_a_cancelled_transaction_leaves_no_trace_and_tells_nobody() -> None:
    document = chain("a", "b")
    told: list[Change] = []
    document.subscribe(told.append)

    with document.transaction(Message("Edit")) as edit:
        edit.rename_node("model", "a", "z")
        edit.cancel()

    assert list(document.network("model").nodes) == ["a", "b"]
    assert told == []


def test_a_transaction_in_a_transaction_is_refused() -> None:
    document = chain("a")
    with document.transaction(Message("Edit")), pytest.raises(EditError), document.transaction(Message("No")):
        pass


def test_an_edit_is_closed_when_its_transaction_is() -> None:
    document = chain("a")
    with document.transaction(Message("Edit")) as edit:
        pass
    with pytest.raises(EditError):
        edit.move("model", "a", (1, 1))


def test_writing_an_equal_value_is_no_change() -> None:
    document = chain("a", "b")
    assert (
        edited(
            document,
            lambda e: e.move("model", "a", (0, 0)),
            lambda e: e.connect("model", "a", "b", ("args", 0)),
        )
        == []
    )


@pytest.mark.parametrize(
    ("old", "new"), [(1, 1.0), (1, True), (0.0, -0.0), ({"d": {"a": 1, "b": 2}}, {"d": {"b": 2, "a": 1}})]
)
def test_values_that_the_file_writes_differently_differ(old: object, new: object) -> None:
    document = Document(ProjectData("P", {"model": Network({"a": Node("a", "nn.ReLU", {"p": old})})}))
    assert_undone(document, lambda e: e.set_param("model", "a", "p", new))
    assert len(edited(document, lambda e: e.set_param("model", "a", "p", new))) == 1


def test_writes_of_one_place_become_one_operation() -> None:
    document = chain("a")

    def drag(edit: Edit) -> None:
        for x in range(1, 50):
            edit.move("model", "a", (x, 0))

    (change,) = edited(document, drag)

    assert change.operations == (SetAttribute("model", "a", ("at",), (0, 0), (49, 0)),)


def test_a_value_changed_there_and_back_is_no_change() -> None:
    document = chain("a")

    def there_and_back(edit: Edit) -> None:
        edit.move("model", "a", (5, 5))
        edit.move("model", "a", (0, 0))

    assert edited(document, there_and_back) == []


def test_writes_are_not_folded_over_a_removal() -> None:
    document = chain("a", "b")

    def replace_b(edit: Edit) -> None:
        edit.set_param("model", "b", "inplace", True)
        edit.remove_nodes("model", ["b"])
        edit.add_node("model", Node("b", "nn.ReLU", {"inplace": 7}))
        edit.set_param("model", "b", "inplace", 8)

    assert_undone(document, replace_b)


def test_writes_of_a_section_and_of_its_inside_keep_their_order() -> None:
    document = Document(ProjectData("P", {"model": Network()}, {"data": {"source": "iris"}}))

    def back_and_forth(edit: Edit) -> None:
        edit.set(("data",), {"source": "wine"})
        edit.set(("data", "source"), "digits")
        edit.set(("data",), {"root": "x"})
        edit.set(("data", "source"), "mnist")

    (change,) = edited(document, back_and_forth)
    assert document.data().data == {"root": "x", "source": "mnist"}
    document.replay(change.inverse())
    assert document.data().data == {"source": "iris"}
    document.replay(change)
    assert document.data().data == {"root": "x", "source": "mnist"}


def test_undoing_a_setting_leaves_no_empty_sections() -> None:
    assert_undone(chain("a"), lambda e: e.set(("training", "optimizer", "lr"), 0.1))


def test_a_node_comes_back_to_its_place_in_the_file_after_its_network_came_back() -> None:
    document = chain("a", "b", "c")
    edited(document, lambda e: e.add_network("Other", Network()))
    assert_undone(
        document, lambda e: e.remove_nodes("model", ["b"], heal=True), lambda e: e.remove_network("model")
    )
    assert list(document.network("model").nodes) == ["a", "b", "c"]


def test_renaming_a_node_rewrites_every_reference_to_it() -> None:
    document = chain("a", "b", "c")
    edited(
        document,
        lambda e: e.set_arguments(
            "model", "c", Arguments(([{"n": "b", "i": 1}, {"size": [{"n": "b"}, 0]}],), {"m": {"n": "b"}})
        ),
    )

    edited(document, lambda e: e.rename_node("model", "b", "z"))

    c = document.node("model", "c")
    assert c.args == ([{"n": "z", "i": 1}, {"size": [{"n": "z"}, 0]}],)
    assert c.kwargs == {"m": {"n": "z"}}
    assert document.node("model", "z").args == ({"n": "a"},)


def test_a_node_that_feeds_itself_can_be_renamed() -> None:
    document = Document(ProjectData("P", {"model": Network({"a": node("a", "a")})}))
    assert_undone(document, lambda e: e.rename_node("model", "a", "z"))


def test_a_name_that_a_wire_waits_for_is_refused_so_that_undo_stays_exact() -> None:
    document = Document(ProjectData("P", {"model": Network({"a": node("a"), "b": node("b", "ghost", "a")})}))
    before = text(document)
    with pytest.raises(EditError, match="ghost"), document.transaction(Message("Rename")) as edit:
        edit.rename_node("model", "a", "ghost")
    assert text(document) == before


def test_renaming_a_network_takes_its_blocks_and_the_trained_network_with_it() -> None:
    networks = {"model": Network({"a": node("a", type_="block:Part")}), "Part": Network()}
    document = Document(ProjectData("P", networks, {"training": {"network": "Part"}}))
    before = text(document)

    changes = edited(document, lambda e: e.rename_network("Part", "Piece"))

    assert document.node("model", "a").block == "Piece"
    assert document.data().training["network"] == "Piece"
    document.replay(changes[0].inverse())
    assert text(document) == before


def test_a_network_name_that_a_block_waits_for_is_refused() -> None:
    networks = {"model": Network({"a": node("a", type_="block:Ghost")}), "Part": Network()}
    document = Document(ProjectData("P", networks))
    with pytest.raises(EditError, match="Ghost"), document.transaction(Message("Rename")) as edit:
        edit.rename_network("Part", "Ghost")


def test_deleting_a_card_in_a_chain_heals_the_wire() -> None:
    document = chain("a", "b", "c", "d")
    edited(document, lambda e: e.remove_nodes("model", ["b", "c"], heal=True))
    assert document.node("model", "d").args == ({"n": "a"},)


def test_healing_finds_nothing_behind_a_circle_that_is_deleted_too() -> None:
    circle = {"a": node("a", "b"), "b": node("b", "a"), "c": node("c", "b")}
    document = Document(ProjectData(networks={"model": Network(circle)}))
    edited(document, lambda e: e.remove_nodes("model", ["a", "b"], heal=True))
    assert document.node("model", "c").args == ()


def test_deleting_without_healing_keeps_it_cut() -> None:
    document = chain("a", "b", "c")
    edited(document, lambda e: e.remove_nodes("model", ["b"]))
    assert document.node("model", "c").args == ()


def test_a_list_of_wires_closes_up_and_a_size_does_not() -> None:
    nodes = {
        "a": node("a"),
        "b": node("b"),
        "c": Node("c", "torch.cat", args=([{"n": "a"}, {"n": "b"}], {"size": [{"n": "a"}, 0]})),
    }
    document = Document(ProjectData("P", {"model": Network(nodes)}))
    edited(document, lambda e: e.remove_nodes("model", ["a"]))
    assert document.node("model", "c").args == ([{"n": "b"}], {"size": [None, 0]})


@pytest.mark.parametrize(
    "edit",
    [
        lambda e: e.add_node("model", Node("", "nn.ReLU")),
        lambda e: e.add_node("model", Node("x", "nn.ReLU", at=(0, 10**9))),
        lambda e: e.add_node("model", Node("a", "nn.ReLU")),
        lambda e: e.move("model", "a", (0.5, 1)),
        lambda e: e.move("nowhere", "a", (0, 1)),
        lambda e: e.move("model", "nobody", (0, 1)),
        lambda e: e.rename_node("model", "a", ""),
        lambda e: e.rename_node("model", "a", "b"),
        lambda e: e.set_type("model", "a", ""),
        lambda e: e.set(("name",), 5),
        lambda e: e.set(("networks", "model"), {}),
        lambda e: e.set(("data",), ["digits"]),
        lambda e: e.unset(("name",)),
        lambda e: e.remove_network("nowhere"),
        lambda e: e.remove_nodes("model", ["nobody"]),
        lambda e: e.add_network("model", Network()),
        lambda e: e.set_param("model", "a", "p", nested(95)),
        lambda e: e.set_arguments("model", "a", Arguments((nested(95),))),
        lambda e: e.set(("training", "extra"), nested(99)),
    ],
)  # fmt: skip
def test_what_no_file_could_hold_is_refused_and_changes_nothing(edit: object) -> None:
    document = chain("a", "b")
    before = text(document)
    with pytest.raises(EditError), document.transaction(Message("Edit")) as opened:
        edit(opened)  # type: ignore[operator]
    assert text(document) == before


def test_the_deepest_value_that_can_be_set_can_be_read_back() -> None:
    document = chain("a", "b")
    edited(
        document,
        lambda e: e.set_param("model", "a", "p", nested(94)),
        lambda e: e.set_arguments("model", "a", Arguments((nested(94),), {"x": nested(94)})),
        lambda e: e.set_extra("model", "a", "note", nested(95)),
        lambda e: e.set(("training", "extra"), nested(98)),
    )
    assert files.dumps(files.loads(text(document), "deep.json")) == text(document)


def test_a_change_made_for_another_state_is_refused() -> None:
    document = chain("a", "b")
    (change,) = edited(document, lambda e: e.set_param("model", "a", "inplace", True))
    document.replay(change.inverse())
    edited(document, lambda e: e.set_param("model", "a", "inplace", False))
    before = text(document)

    with pytest.raises(EditError, match="in the meantime"):
        document.replay(change)

    assert text(document) == before


def test_a_cure_worked_out_on_a_copy_is_undone_exactly() -> None:
    document = chain("a", "b", "c", "d")
    edited(
        document,
        lambda e: e.remove_nodes("model", ["b"], heal=True),
        lambda e: e.add_node("model", node("x")),
    )
    before = text(document)
    copy = Document(document.data())
    (cure,) = edited(copy, lambda e: e.remove_nodes("model", ["d"]))
    (second,) = edited(copy, lambda e: e.add_node("model", node("y")))

    told: list[Change] = []
    document.subscribe(told.append)
    document.adopt(cure)
    document.adopt(second)

    assert list(document.network("model").nodes) == ["a", "c", "x", "y"]
    for change in reversed(list(told)):
        document.replay(change.inverse())
    assert text(document) == before


def test_data_handed_to_other_threads_does_not_change() -> None:
    document = chain("a", "b")
    frozen = document.data()
    before = files.dumps(frozen)
    edited(document, lambda e: e.remove_nodes("model", ["a"]), lambda e: e.set(("training", "epochs"), 3))
    assert files.dumps(frozen) == before
    assert document.data() is not frozen
    assert document.data() is document.data()


def test_a_listener_that_ended_hears_nothing() -> None:
    document = chain("a")
    told: list[Change] = []
    end = document.subscribe(told.append)
    end()
    edited(document, lambda e: e.move("model", "a", (8, 8)))
    assert told == []


def test_a_parameter_left_out_is_missing_and_comes_back() -> None:
    document = Document(ProjectData("P", {"model": Network({"a": Node("a", "nn.Linear", {"bias": False})})}))
    assert_undone(document, lambda e: e.set_param("model", "a", "bias", MISSING))
