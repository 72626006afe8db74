"""Functions that take a tensor apart: as many outputs as there are tensors, or a problem with its cure."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from drawing import node, project

import studio
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.reading.faults import ReadingError
from studio.compiler.reading.fresh import project_of
from studio.compiler.reading.merge import merge
from studio.compiler.source import source
from studio.graph.document import Change, Document
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message


def taken_apart(part: Node) -> ProjectData:
    return project(
        node("image", "input", shape=["N", 3, 8]),
        part,
        node("out", "output", "parts:0"),
        node("o2", "output", "parts:1"),
    )


def unbound(**extra: Any) -> Node:
    return Node("parts", "torch.unbind", args=({"n": "image"}, 1), extra=extra)


@pytest.mark.parametrize(
    "part",
    [
        unbound(),
        node("parts", "torch.split", "image", kwargs={"split_size_or_sections": 1, "dim": 1}),
        node("parts", "torch.chunk", "image", kwargs={"chunks": 5, "dim": 1}),
        node("parts", "Tensor.unbind", "image", kwargs={"dim": -2}),
    ],
    ids=lambda part: part.type,
)
def test_a_wrong_number_of_outputs_is_told_and_cured(part: Node):
    drawn = taken_apart(part)
    (problem,) = analyse(drawn).errors
    assert (problem.code, problem.node) == ("outputs-count", "parts")
    document = Document(drawn)
    document.replay(Change(problem.cures[0].label, problem.cures[0].operations))
    cured = document.data()
    assert not analyse(cured).errors
    space: dict[str, Any] = {}
    exec(compile(source(cured), "model.py", "exec"), space)
    image = torch.rand(2, 3, 8)
    for one, other in zip(build(cured)(image), space["Model"]()(image), strict=True):
        assert torch.equal(one, other)


def test_parts_of_the_right_number_are_no_problem():
    drawn = taken_apart(unbound(outputs=3))
    assert not analyse(drawn).problems
    first, second = build(drawn)(torch.arange(48.0).reshape(2, 3, 8))
    assert first[0, 0] == 0 and second[0, 0] == 8


def three_parts() -> ProjectData:
    return project(
        node("image", "input", shape=["N", 3, 8]),
        Node("parts", "torch.unbind", args=({"n": "image"}, 1), extra={"outputs": 3}),
        node("one", "torch.mul", "parts:0", "parts:1"),
        node("two", "torch.add", "one", "parts:2"),
        node("out", "output", "two"),
    )


def test_the_number_of_outputs_comes_back_from_the_source():
    read = project_of(source(three_parts()))
    (taken,) = [n for n in read.networks["model"].nodes.values() if n.type == "torch.unbind"]
    assert taken.extra == {"outputs": 3}
    image = torch.rand(2, 3, 8)
    assert torch.equal(build(read)(image), build(three_parts())(image))


def test_an_edit_of_the_source_that_takes_more_parts_says_so_in_the_document():
    drawn = three_parts()
    nodes = {**drawn.networks["model"].nodes, "image": node("image", "input", shape=["N", 4, 8])}
    wider = ProjectData(drawn.name, {"model": Network(nodes)})
    fixed = Document(wider)
    with fixed.transaction(Message("test")) as edit:
        edit.set_extra("model", "parts", "outputs", 4)
    written = source(fixed.data())
    assert "_ = torch.unbind" in written
    with pytest.raises(ReadingError, match="into 3 tensors, but has 4 outputs"):
        merge(drawn, written.replace("(N, 4, 8)", "(N, 3, 8)"))
    change = merge(drawn, written)
    assert change is not None
    document = Document(drawn)
    document.replay(change)
    assert document.node("model", "parts").extra == {"outputs": 4}


def test_an_imported_module_says_how_many_parts_it_takes():
    class Attention(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k, v = x.unbind(1)
            a, b = torch.split(q * k + v, 4, dim=-1)
            return a - b

    image = torch.rand(2, 3, 8)
    imported = studio.from_module(Attention(), (image,))
    assert torch.equal(imported.build()(image), Attention()(image))


def test_the_batch_cannot_be_taken_apart():
    drawn = taken_apart(node("parts", "torch.unbind", "image", kwargs={"dim": 0}))
    (problem,) = analyse(drawn).errors
    assert problem.node == "parts" and "as many tensors as the batch has samples" in str(problem.text)
