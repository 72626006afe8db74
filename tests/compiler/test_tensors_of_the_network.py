"""Parameters, buffers and constants as nodes: in the analysis, the module, its state_dict and the source."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from drawing import network, node, project

from studio.catalog import nodes, signatures
from studio.compiler.build import build
from studio.compiler.infer import analyse
from studio.compiler.source import source
from studio.compiler.starts import STARTS
from studio.graph.model import ProjectData


def added(type_: str, **params: Any) -> ProjectData:
    """The input plus a tensor of the network."""
    held = node("blocks.bias", type_, **params)
    given = node("image", "input", shape=["N", 4, 6])
    return project(given, held, node("sum", "torch.add", "image", held.id), node("out", "output", "sum"))


def executed(drawn: ProjectData) -> torch.nn.Module:
    space: dict[str, Any] = {}
    exec(compile(source(drawn), "model.py", "exec"), space)
    return space["Model"]()


@pytest.mark.parametrize("init", STARTS)
@pytest.mark.parametrize("std", [None, 0.02])
@pytest.mark.parametrize("type_", ["param", "buffer"])
def test_a_tensor_starts_alike_in_the_module_and_in_the_written_class(
    type_: str, init: str, std: float | None
):
    drawn = added(type_, shape=[4, 6], init=init, **({} if std is None else {"std": std}))
    assert not analyse(drawn).errors
    built = build(drawn, seed=3)
    torch.manual_seed(3)
    written = executed(drawn)
    assert list(built.state_dict()) == list(written.state_dict()) == ["blocks.bias"]
    assert torch.equal(built.state_dict()["blocks.bias"], written.state_dict()["blocks.bias"])
    image = torch.rand(2, 4, 6)
    assert torch.equal(built(image), written(image))


def test_a_standard_deviation_is_that_of_the_tensor():
    start = build(added("param", shape=[4, 6], init="normal", std=0.02), seed=0).state_dict()["blocks.bias"]
    torch.manual_seed(0)
    assert torch.equal(start, torch.nn.init.normal_(torch.empty(4, 6), std=0.02))


def test_every_start_that_is_offered_is_one():
    offered = signatures.parameter("param", "init")
    assert offered is not None and offered.choices == tuple(STARTS)


def test_a_parameter_is_learned_and_counted_and_a_buffer_is_not():
    for type_, count in (("param", 24), ("buffer", 0), ("const", 0)):
        params = {"value": 2.0} if type_ == "const" else {"shape": [4, 6]}
        drawn = added(type_, **params)
        analysis = analyse(drawn)
        assert analysis.networks["model"].parameters == count
        assert sum(p.numel() for p in build(drawn).parameters()) == count


def test_a_buffer_that_is_not_saved_is_not_in_the_state_dict():
    drawn = added("buffer", shape=[6], persistent=False)
    for module in (build(drawn), executed(drawn)):
        assert list(module.state_dict()) == []
        assert [name for name, _ in module.named_buffers()] == ["blocks.bias"]


def test_a_constant_is_what_was_written():
    drawn = added("const", value=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    image = torch.rand(2, 4, 6)
    for module in (build(drawn), executed(drawn)):
        assert torch.equal(module(image), image + torch.arange(1.0, 7.0))
        assert list(module.state_dict()) == []


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"shape": [2], "dtype": "int64"}, "only real numbers can be learned"),
        ({"shape": [2], "init": "xavier_uniform"}, "needs at least 2 dimensions"),
        ({"shape": [2], "init": "magic"}, "no way to start"),
        ({"shape": [2], "init": "normal", "std": "x"}, "std is a number"),
        ({"shape": [-2]}, "is not a shape"),
        ({"shape": "x"}, "is not a shape"),
    ],
)
def test_what_cannot_start_is_a_problem_on_the_node(params: dict[str, Any], said: str):
    errors = analyse(added("param", **params)).errors
    assert [(p.node, said in str(p.text)) for p in errors] == [("blocks.bias", True)]


def test_a_buffer_of_whole_numbers_cannot_start_at_random():
    errors = analyse(added("buffer", shape=[2], dtype="int64", init="uniform")).errors
    assert [p.node for p in errors] == ["blocks.bias"]
    assert not analyse(added("buffer", shape=[6], dtype="int64", init="ones")).errors


def test_the_shape_of_a_parameter_may_be_the_block_s():
    inside = network(
        node("x", "input"),
        node("scale", "param", shape=[{"p": "width"}, 1], init="ones"),
        node("y", "torch.mul", "x", "scale"),
        node("out", "output", "y"),
        width=4,
    )
    drawn = project(
        node("image", "input", shape=["N", 4, 6]),
        node("a", "block:Scale", "image"),
        node("turned", "torch.transpose", "a", kwargs={"dim0": 1, "dim1": 2}),
        node("b", "block:Scale", "turned", width=6),
        node("out", "output", "b"),
        blocks={"Scale": inside},
    )
    assert not analyse(drawn).errors
    built, written = build(drawn), executed(drawn)
    assert {k: tuple(v.shape) for k, v in written.state_dict().items()} == {
        "a.scale": (4, 1),
        "b.scale": (6, 1),
    }
    assert list(built.state_dict()) == list(written.state_dict())


@pytest.mark.parametrize("type_", ["param", "buffer", "const"])
def test_a_new_one_can_be_placed_and_built(type_: str):
    made = nodes.new_node(type_, "held")
    image = node("image", "input", shape=["N", 4])
    drawn = project(image, made, node("sum", "torch.add", "image", "held"), node("out", "output", "sum"))
    assert not analyse(drawn).problems
    assert build(drawn)(torch.ones(2, 4)).shape == (2, 4)


def test_a_class_token_and_a_position_table_are_learned_with_the_rest():
    drawn = project(
        node("image", "input", shape=["N", 3, 16, 16]),
        node("patches", "nn.Conv2d", "image", out_channels=32, kernel_size=4, stride=4),
        node("flat", "torch.flatten", "patches", kwargs={"start_dim": 2}),
        node("rows", "torch.transpose", "flat", kwargs={"dim0": 1, "dim1": 2}),
        node("token", "param", shape=[1, 1, 32], init="trunc_normal", std=0.02),
        node("tokens", "Tensor.expand", "token", kwargs={"size": [{"size": [{"n": "rows"}, 0]}, -1, -1]}),
        node("joined", "torch.cat", ["tokens", "rows"], kwargs={"dim": 1}),
        node("positions", "param", shape=[1, 17, 32], init="normal", std=0.02),
        node("placed", "torch.add", "joined", "positions"),
        node(
            "encoder", "nn.TransformerEncoder", "placed", nhead=4, num_layers=2, batch_first=True, norm=True
        ),
        node("first", "torch.select", "encoder", kwargs={"dim": 1, "index": 0}),
        node("head", "nn.Linear", "first", out_features=10),
        node("out", "output", "head"),
    )
    analysis = analyse(drawn)
    assert not analysis.problems
    assert str(analysis.report("model", "joined").outputs[0]) == "N×17×32"
    built = build(drawn, seed=0)
    assert analysis.networks["model"].parameters == sum(p.numel() for p in built.parameters())
    built(torch.rand(3, 3, 16, 16)).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in (built.token, built.positions))
    written = executed(drawn)
    written.load_state_dict(built.state_dict())
    image = torch.rand(2, 3, 16, 16)
    assert torch.equal(built.eval()(image), written.eval()(image))
