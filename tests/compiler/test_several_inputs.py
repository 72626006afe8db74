"""Data that feed several inputs by name: what is wrong between them and the network, and what cures it."""

from __future__ import annotations

from drawing import node, project

from studio.compiler import beginnings
from studio.compiler.analysis import Analysis, Context, N, TensorSpec
from studio.compiler.infer import analyse
from studio.graph.document import Document
from studio.graph.model import ProjectData

CONTEXT = Context((TensorSpec((N, 3)), TensorSpec((N, 5))), 2, "classification", names=("left", "right"))


def drawn(first: str, second: str, **params: object) -> ProjectData:
    return project(
        node(second, "input", **params),
        node(first, "input"),
        node("a", "nn.Linear", first, out_features=4),
        node("b", "nn.Linear", second, out_features=4),
        node("sum", "torch.add", "a", "b"),
        node("fc", "nn.Linear", "sum"),
        node("y", "output", "fc"),
    )


def cured(project: ProjectData, found: Analysis, number: int = 0) -> ProjectData:
    document = Document(project)
    cure = found.problems[0].cures[number]
    with document.transaction(cure.label) as edit:
        for operation in cure.operations:
            edit.do(operation)
    return document.data()


def test_inputs_get_what_the_data_have_for_their_name() -> None:
    found = analyse(drawn("left", "right"), CONTEXT)

    assert found.problems == ()
    shapes = [str(found.networks["model"].nodes[name].outputs[0]) for name in ("left", "right")]
    assert shapes == ["N×3", "N×5"]


def test_an_input_that_no_data_feed_is_renamed() -> None:
    broken = drawn("left", "other")

    found = analyse(broken, CONTEXT)

    assert [problem.code for problem in found.problems] == ["input-not-fed"]
    assert "they go to left, right" in str(found.problems[0].text)
    assert [str(cure.label) for cure in found.problems[0].cures] == ["Rename it to right"]
    assert analyse(cured(broken, found), CONTEXT).problems == ()


def test_data_that_no_input_takes_get_one() -> None:
    broken = project(node("left", "input"), node("fc", "nn.Linear", "left"), node("y", "output", "fc"))

    found = analyse(broken, CONTEXT)

    assert [(problem.code, problem.severity) for problem in found.problems] == [("data-not-taken", "warning")]
    assert "right (N×5)" in str(found.problems[0].text)
    assert analyse(cured(broken, found), CONTEXT).errors == ()
    assert "right" in cured(broken, found).networks["model"].nodes


def test_a_wrong_width_follows_the_data() -> None:
    broken = drawn("left", "right", shape=["N", 4])

    found = analyse(broken, CONTEXT)

    assert [problem.code for problem in found.problems] == ["input-differs"]
    assert analyse(cured(broken, found), CONTEXT).problems == ()


def test_an_input_that_the_data_do_not_know_is_no_help_with_a_shape_of_its_own() -> None:
    found = analyse(drawn("left", "other", shape=["N", 5]), CONTEXT)

    assert [problem.code for problem in found.errors] == ["input-not-fed"]


def test_the_usual_network_has_a_layer_for_each_input() -> None:
    made = project(*beginnings.nodes(CONTEXT))

    found = analyse(made, CONTEXT)

    assert found.problems == ()
    assert found.networks["model"].nodes["together"].outputs[0] == TensorSpec((N, 64))
