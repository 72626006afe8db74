"""Two versions of a project: told apart item by item, and made one without losing anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.graph.difference import differences
from studio.graph.document import Document
from studio.graph.edit import Edit
from studio.graph.facts import Facts, facts
from studio.graph.merging import MergeError, conflicts, merge, settle
from studio.graph.model import Network, Node, ProjectData
from studio.graph.operations import MISSING, same
from studio.project import files
from studio.words import Message
from tests.graph.test_document_properties import start, transact


def chain(*ids: str) -> ProjectData:
    nodes: dict[str, Node] = {}
    for place, id_ in enumerate(ids):
        wires = ({"n": ids[place - 1]},) if place else ()
        nodes[id_] = Node(id_, "nn.ReLU", args=wires, at=(0, 96 * place))
    return ProjectData("Chain", {"model": Network(nodes)}, {"training": {"epochs": 3, "lr": 0.1}})


def edited(project: ProjectData, edit: object) -> ProjectData:
    document = Document(project)
    with document.transaction(Message("Edit")) as door:
        edit(door)  # type: ignore[operator]
    return document.data()


def told(old: ProjectData, new: ProjectData) -> list[tuple[str, str]]:
    return [(each.kind, ".".join(map(str, each.place))) for each in differences(old, new)]


def test_what_differs_is_told_item_by_item() -> None:
    base = chain("a", "b", "c", "d")

    def change(edit: Edit) -> None:
        edit.remove_nodes("model", ["b"], heal=True)
        edit.add_node("model", Node("e", "nn.GELU", args=({"n": "d"},), at=(0, 500)))
        edit.move("model", "c", (40, 192))
        edit.set_param("model", "d", "inplace", True)
        edit.set(("training", "epochs"), 5)

    assert told(base, edited(base, change)) == [
        ("moved", "networks.model.nodes.c.at"),
        ("changed", "networks.model.nodes.c.args.0"),
        ("changed", "networks.model.nodes.d.params.inplace"),
        ("added", "networks.model.nodes.e"),
        ("changed", "training.epochs"),
        ("removed", "networks.model.nodes.b"),
    ]


def test_a_renamed_node_is_one_difference_and_its_wires_are_none() -> None:
    base = chain("a", "b", "c")
    new = edited(base, lambda edit: edit.rename_node("model", "b", "stem"))

    assert told(base, new) == [("renamed", "networks.model.nodes.stem")]


def test_changes_in_different_places_come_together() -> None:
    base = chain("a", "b", "c")
    ours = edited(base, lambda edit: edit.set_param("model", "a", "inplace", True))

    def change(edit: Edit) -> None:
        edit.rename_node("model", "a", "first")
        edit.add_node("model", Node("d", "nn.GELU", args=({"n": "c"},)))
        edit.set(("training", "epochs"), 9)

    merged = merge(base, ours, edited(base, change))

    assert merged.conflicts == ()
    nodes = merged.project.networks["model"].nodes
    assert list(nodes) == ["first", "b", "c", "d"]
    assert nodes["first"].params == {"inplace": True}
    assert nodes["b"].args == ({"n": "first"},)
    assert merged.project.training == {"epochs": 9, "lr": 0.1}


def test_what_both_changed_stays_ours_and_can_be_settled_either_way() -> None:
    base = chain("a", "b")
    ours, theirs = (edited(base, lambda edit, n=n: edit.set(("training", "epochs"), n)) for n in (5, 7))

    merged = merge(base, ours, theirs).project

    assert merged.training["epochs"] == 5
    (conflict,) = conflicts(merged)
    assert conflict.place == ("training", "epochs")
    for side, epochs in ((False, 5), (True, 7)):
        settled = edited(merged, lambda edit, side=side: settle(edit, conflict, side))
        assert settled.training["epochs"] == epochs
        assert "conflicts" not in settled.settings


@pytest.mark.parametrize("removed_by_us", [True, False])
def test_a_node_that_one_removed_and_the_other_changed_stays(removed_by_us: bool) -> None:
    base = chain("a", "b", "c")
    without = edited(base, lambda edit: edit.remove_nodes("model", ["b"], heal=True))
    changed = edited(base, lambda edit: edit.set_param("model", "b", "inplace", True))

    sides = (without, changed) if removed_by_us else (changed, without)
    merged = merge(base, *sides).project

    assert merged.networks["model"].nodes["b"].params == {"inplace": True}
    (conflict,) = conflicts(merged)
    gone = edited(merged, lambda edit: settle(edit, conflict, theirs=not removed_by_us))
    assert (
        "b" in gone.networks["model"].nodes
    ) is removed_by_us  # ours is that it is gone: kept until settled


def test_a_node_of_one_name_that_both_added_is_there_twice() -> None:
    base = chain("a", "b")

    def add(rate: float) -> ProjectData:
        new = Node("drop1", "nn.Dropout", {"p": rate}, ({"n": "b"},))
        out = Node("out", "output", args=({"n": "drop1"},))
        return edited(base, lambda edit: (edit.add_node("model", new), edit.add_node("model", out)))

    merged = merge(base, add(0.1), add(0.5))

    nodes = merged.project.networks["model"].nodes
    assert {node.params["p"] for node in nodes.values() if node.type == "nn.Dropout"} == {0.1, 0.5}
    assert nodes["out"].args == ({"n": "drop1"},)
    (conflict,) = merged.conflicts  # which of the two the output shows is for a person to say
    assert conflict.place[-3:] == ("out", "args", 0)
    assert conflict.theirs == {"n": "drop2"}


def test_a_card_that_both_moved_lies_where_ours_has_it() -> None:
    base = chain("a")
    ours, theirs = (edited(base, lambda edit, x=x: edit.move("model", "a", (x, 0))) for x in (8, 16))

    merged = merge(base, ours, theirs)

    assert merged.project == ours
    assert merged.conflicts == ()


def test_conflicts_that_are_open_are_kept() -> None:
    base = chain("a")
    first = merge(base, *(edited(base, lambda edit, n=n: edit.set(("name",), n)) for n in ("x", "y"))).project
    second = edited(base, lambda edit: edit.set(("training", "epochs"), 8))

    merged = merge(base, first, second).project

    assert [conflict.place for conflict in conflicts(merged)] == [("name",)]
    assert merged.training["epochs"] == 8


def test_what_a_file_says_of_conflicts_is_not_trusted() -> None:
    listed = [3, {"place": "name"}, {"place": []}, {"place": [None]}, {"place": ["name"], "theirs": "x"}]
    project = replace(chain("a"), settings={"conflicts": listed})

    assert [conflict.place for conflict in conflicts(project)] == [("name",)]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_one_sided_changes_are_taken_whole(data: st.DataObject) -> None:
    base, other = _versions(data, 1)

    for ours, theirs in ((other, base), (base, other), (other, other)):
        try:
            merged = merge(base, ours, theirs)
        except MergeError:
            continue
        assert merged.conflicts == ()
        _assert_same(facts(merged.project), facts(other))


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_comes_of_merging_that_neither_side_had(data: st.DataObject) -> None:
    base, ours, theirs = _versions(data, 2)
    try:
        merged = merge(base, ours, theirs)
    except MergeError:
        return

    assert files.loads(files.dumps(merged.project), "merged") is not None
    assert set(merged.project.networks) >= set(ours.networks) & set(theirs.networks)
    settled = merged.project
    for conflict in merged.conflicts:
        settled = edited(settled, lambda edit, c=conflict: settle(edit, c, theirs=False))
    assert "conflicts" not in settled.settings


def _versions(data: st.DataObject, count: int) -> list[ProjectData]:
    """A project, and `count` others that came of it."""
    document = start()
    transact(document, data)
    base = document.data()
    others = []
    for _ in range(count):
        branch = Document(base)
        for _ in range(data.draw(st.integers(1, 3))):
            transact(branch, data)
        others.append(branch.data())
    return [base, *others]


def _assert_same(found: Facts, expected: Facts) -> None:
    differing = [
        place
        for place in {*found, *expected}
        if not same(found.get(place, MISSING), expected.get(place, MISSING))
    ]
    assert differing == []
