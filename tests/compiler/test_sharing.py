"""One module used twice: one set of weights in the analysis, the module and the written class."""

from __future__ import annotations

from typing import Any

import torch
from drawing import network, node, project

from studio.catalog import table
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.graph import sharing
from studio.graph.document import Document
from studio.graph.model import ProjectData
from studio.words import Message


def executed(drawn: ProjectData) -> torch.nn.Module:
    space: dict[str, Any] = {}
    exec(compile(source(drawn), "model.py", "exec"), space)
    return space["Model"]()


def twice(type_: str, **params: Any) -> ProjectData:
    """A layer, and the same layer once more behind it."""
    return project(
        node("image", "input", shape=["N", 4, 6, 6]),
        node("first", type_, "image", **params),
        node("second", type_, "first", path="first"),
        node("out", "output", "second"),
    )


def assert_one_module(drawn: ProjectData, keys: list[str], image: torch.Tensor) -> None:
    analysis = analyse(drawn)
    assert not analysis.problems
    built, written = build(drawn, seed=0), executed(drawn)
    assert list(built.state_dict()) == list(written.state_dict()) == keys
    assert analysis.networks["model"].parameters == sum(p.numel() for p in built.parameters())
    written.load_state_dict(built.state_dict())
    assert torch.equal(built.eval()(image), written.eval()(image))


def test_a_layer_used_twice_has_one_weight() -> None:
    drawn = twice("nn.Conv2d", out_channels=4, kernel_size=3, padding=1)
    image = torch.rand(2, 4, 6, 6)
    assert_one_module(drawn, ["first.weight", "first.bias"], image)
    built = build(drawn, seed=0)
    layer = built.first
    assert torch.equal(built(image), layer(layer(image)))


def test_a_layer_whose_sizes_follow_has_those_of_its_first_use() -> None:
    assert_one_module(
        twice("nn.BatchNorm2d"),
        [f"first.{n}" for n in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")],
        torch.rand(2, 4, 6, 6),
    )


def test_a_block_used_twice_has_one_set_of_weights() -> None:
    inside = network(
        node("x", "input"),
        node("conv", "nn.Conv2d", "x", out_channels=4, kernel_size=1),
        node("y", "output", "conv"),
    )
    drawn = twice("block:Inner")
    drawn = ProjectData("Test", {**drawn.networks, "Inner": inside})
    assert_one_module(drawn, ["first.conv.weight", "first.conv.bias"], torch.rand(2, 4, 6, 6))


def test_gradients_of_both_uses_meet_in_the_one_weight() -> None:
    drawn = twice("nn.Conv2d", out_channels=4, kernel_size=1, bias=False)
    built = build(drawn, seed=0)
    image = torch.rand(2, 4, 6, 6)
    built(image).sum().backward()
    weight = built.first.weight.detach().clone().requires_grad_()
    again = torch.nn.functional.conv2d(torch.nn.functional.conv2d(image, weight), weight)
    again.sum().backward()
    assert torch.equal(built.first.weight.grad, weight.grad)


def test_a_shared_layer_that_does_not_fit_is_a_problem_on_the_later_use() -> None:
    drawn = twice("nn.Conv2d", out_channels=5, kernel_size=1)
    assert [p.node for p in analyse(drawn).errors] == ["second"]


def test_sharing_with_another_type_is_a_problem_with_a_cure() -> None:
    drawn = project(
        node("image", "input", shape=["N", 4]),
        node("fc", "nn.Linear", "image", out_features=4),
        node("act", "nn.ReLU", "fc", path="fc"),
        node("out", "output", "act"),
    )
    (problem,) = analyse(drawn).errors
    assert (problem.code, problem.node) == ("bad-share", "act")
    assert problem.cures


def test_every_layer_of_one_input_may_be_used_again() -> None:
    """The gesture, on each layer that keeps the shape of what comes in."""
    for type_ in ("nn.ReLU", "nn.Dropout", "nn.LayerNorm", "nn.PReLU", "ops.StochasticDepth"):
        document = Document(twice(type_, **dict(table.entry(type_).new)))
        with document.transaction(Message("test")) as edit:
            third = sharing.use_again(edit, "model", "second", (0, 0))
            edit.connect("model", "second", third, ("args", 0))
            edit.connect("model", third, "out", ("args", 0))
        built = build(document.data(), seed=0)
        assert len(list(built.children())) == 1
