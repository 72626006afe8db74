"""Functions that take a tensor apart: as many outputs as there are tensors, or a problem with its cure."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from drawing import node, project

from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph.document import Change, Document
from studio.graph.model import Node, ProjectData


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


def test_the_batch_cannot_be_taken_apart():
    drawn = taken_apart(node("parts", "torch.unbind", "image", kwargs={"dim": 0}))
    (problem,) = analyse(drawn).errors
    assert problem.node == "parts" and "as many tensors as the batch has samples" in str(problem.text)
