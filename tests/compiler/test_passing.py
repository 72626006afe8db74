"""What is bypassed is not in the module, the source or the export; what no longer fits has its cure."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

import studio
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.reading.merge import merge
from studio.compiler.source import source
from studio.graph import passing
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.project import files


def project(**extra: dict[str, object]) -> ProjectData:
    """x -> a (4 to 6) -> relu -> fc (6 to 3) -> y"""
    nodes = [
        Node("x", "input", {"shape": ["N", 4]}),
        Node("a", "nn.Linear", {"out_features": 6}, ({"n": "x"},)),
        Node("relu", "nn.ReLU", args=({"n": "a"},)),
        Node("fc", "nn.Linear", {"out_features": 3}, ({"n": "relu"},)),
        Node("y", "output", args=({"n": "fc"},)),
    ]
    held = {n.id: replace(n, extra=extra.get(n.id, {})) for n in nodes}
    return ProjectData(networks={"model": Network(held)})


def with_dot(drawn: ProjectData) -> ProjectData:
    document = Document(drawn)
    from studio.words import Message

    with document.transaction(Message("Dot")) as edit:
        edit.add_node("model", Node("dot1", "dot", args=({"n": "a"},)))
        edit.connect("model", "dot1", "relu", ("args", 0))
    return document.data()


def test_a_dot_changes_neither_the_module_nor_the_source() -> None:
    plain, dotted = project(), with_dot(project())
    one, other = build(plain, seed=0), build(dotted, seed=0)
    assert list(one.state_dict()) == list(other.state_dict())
    x = torch.randn(5, 4)
    assert torch.equal(one(x), other(x))
    assert source(plain) == source(dotted)


def test_a_dot_says_what_it_carries_and_costs_nothing() -> None:
    before, after = analyse(project()), analyse(with_dot(project()))
    report = after.networks["model"]
    assert report.nodes["dot1"].outputs == report.nodes["a"].outputs
    assert report.parameters == before.networks["model"].parameters
    assert after.problems == before.problems


def test_a_bypassed_layer_is_not_built_and_not_written() -> None:
    drawn = project(relu={"bypassed": True}, a={"bypassed": True})
    module = build(drawn, seed=0)
    assert list(module.state_dict()) == ["fc.weight", "fc.bias"]
    assert module.fc.weight.shape == (3, 4)  # what is auto follows
    assert "relu" not in source(drawn).casefold()
    report = analyse(drawn).networks["model"]
    assert report.nodes["relu"].outputs == report.nodes["x"].outputs


def test_bypassing_survives_saving_and_loading() -> None:
    drawn = with_dot(project(relu={"bypassed": True}))
    assert files.loads(files.dumps(drawn), "x.json") == drawn


def test_a_bypass_that_breaks_what_follows_has_its_cure() -> None:
    drawn = project(a={"bypassed": True})
    nodes = dict(drawn.networks["model"].nodes)
    nodes["fc"] = replace(nodes["fc"], params={"in_features": 6, "out_features": 3})
    drawn = ProjectData(networks={"model": Network(nodes)})
    (problem,) = analyse(drawn).errors
    assert problem.node == "fc"
    assert str(problem.cures[0].label) == "Stop bypassing a"
    document = Document(drawn)
    document.adopt(Change(problem.cures[0].label, problem.cures[0].operations))
    assert not analyse(document.data()).problems
    assert passing.BYPASSED not in document.node("model", "a").extra


def test_a_cure_of_a_node_behind_a_dot_can_be_applied() -> None:
    drawn = with_dot(project())
    nodes = dict(drawn.networks["model"].nodes)
    nodes["fc"] = replace(nodes["fc"], params={"in_features": 7, "out_features": 3})
    drawn = ProjectData(networks={"model": Network(nodes)})
    (problem,) = analyse(drawn).errors
    document = Document(drawn)
    document.adopt(Change(problem.cures[0].label, problem.cures[0].operations))
    assert not analyse(document.data()).errors


def test_edited_code_leaves_dots_and_what_is_bypassed_alone() -> None:
    drawn = with_dot(project(relu={"bypassed": True}))
    text = source(drawn)
    assert merge(drawn, text) is None
    change = merge(drawn, text.replace("nn.Linear(6, 3)", "nn.Linear(6, 5)"))
    assert change is not None
    document = Document(drawn)
    document.adopt(change)
    nodes = document.nodes("model")
    assert nodes["fc"].params["out_features"] == 5
    assert "dot1" in nodes and nodes["relu"].extra == {"bypassed": True}


@pytest.mark.parametrize("inside", [True, False])
def test_a_dot_that_nothing_feeds_is_a_problem(inside: bool) -> None:
    nodes = dict(project().networks["model"].nodes)
    nodes["dot1"] = Node("dot1", "dot")
    if inside:
        nodes["relu"] = replace(nodes["relu"], args=({"n": "dot1"},))
    found = analyse(ProjectData(networks={"model": Network(nodes)}))
    assert bool(found.errors) is inside
    if inside:
        assert found.errors[0].node == "dot1"
        assert found.networks["model"].nodes["relu"].waits_for == "dot1"


def test_the_python_door_builds_without_what_is_bypassed(tmp_path) -> None:  # type: ignore[no-untyped-def]
    files.save(tmp_path / "p.json", project(relu={"bypassed": True}))
    assert "relu" not in dict(studio.load(tmp_path / "p.json").build("model").named_modules())
