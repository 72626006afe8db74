"""A built module is the one a person would have written: same keys, bitwise the same outputs."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from drawing import DIGITS, chain, network, node, project
from handwritten import PAIRS, Pair

from studio.compiler.build import build
from studio.compiler.errors import CompileError
from studio.compiler.infer import analyse


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_a_built_module_equals_the_one_written_by_hand(pair: Pair):
    built, written = build(pair.drawn(), seed=0), pair.written()
    assert set(built.state_dict()) == set(written.state_dict())
    built.load_state_dict(written.state_dict())
    built.eval(), written.eval()
    for batch in (1, 5):
        given = pair.inputs(batch)
        torch.testing.assert_close(built(*given), written(*given), rtol=0, atol=0)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_the_counted_parameters_and_shapes_are_those_of_the_module(pair: Pair):
    analysis = analyse(pair.drawn())
    assert not analysis.problems
    module = build(pair.drawn())
    assert analysis.networks["model"].parameters == sum(p.numel() for p in module.parameters())
    result = module(*pair.inputs(3))
    outputs = [
        analysis.report("model", n.id).outputs[0] for n in pair.drawn().networks["model"].of_type("output")
    ]
    given = result if isinstance(result, tuple) else (result,)
    assert [[3, *spec.shape[1:]] for spec in outputs] == [list(t.shape) for t in given]


def small():
    return project(
        *chain(
            node("flatten1", "nn.Flatten"), node("fc1", "nn.Linear", out_features=5), node("fc", "nn.Linear")
        )
    )


def test_a_seed_makes_the_same_weights_and_leaves_the_random_numbers_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first = build(small(), context=DIGITS, seed=7)
    assert torch.equal(torch.rand(3), expected)
    second = build(small(), context=DIGITS, seed=7)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    torch.manual_seed(7)
    third = build(small(), context=DIGITS)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), third.parameters(), strict=True))


def test_parameters_come_in_the_order_of_the_graph():
    shuffled = project(
        node("output", "output", "fc2"),
        node("fc2", "nn.Linear", "fc1", out_features=2),
        node("fc1", "nn.Linear", "x", out_features=3),
        node("x", "input", shape=["N", 4]),
    )
    assert [name for name, _ in build(shuffled).named_parameters()] == [
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    ]


def test_a_module_can_be_copied_and_pickled():
    module = build(small(), context=DIGITS).eval()
    given = torch.rand(2, 1, 8, 8)
    assert torch.equal(copy.deepcopy(module)(given), module(given))
    again = pickle.loads(pickle.dumps(module))  # noqa: S301 - our own bytes
    assert torch.equal(again(given), module(given))


def test_a_node_that_reaches_no_output_is_left_out():
    drawn = project(
        node("x", "input", shape=["N", 4]),
        node("fc", "nn.Linear", "x", out_features=2),
        node("spare", "nn.Linear", "x", in_features=9, out_features=2),
        node("loose", "nn.Conv2d", out_channels=4, kernel_size=3),
        node("output", "output", "fc"),
    )
    assert set(build(drawn).state_dict()) == {"fc.weight", "fc.bias"}
    assert not analyse(drawn).errors


def test_a_network_with_errors_is_refused_and_the_errors_are_named():
    drawn = project(*chain(node("conv1", "nn.Conv2d", in_channels=3, out_channels=4, kernel_size=3)))
    with pytest.raises(CompileError, match="conv1 expects 3 channels but receives 1 from image") as caught:
        build(drawn, context=DIGITS)
    assert [problem.code for problem in caught.value.problems] == ["channels-mismatch"]


def test_a_value_may_differ_between_training_and_evaluation():
    drawn = project(
        node("x", "input", shape=["N", 4]),
        node("mul1", "torch.mul", "x", {"if_training": [2.0, 3.0]}),
        node("output", "output", "mul1"),
    )
    module = build(drawn)
    assert torch.equal(module.train()(torch.ones(1, 4)), torch.full((1, 4), 2.0))
    assert torch.equal(module.eval()(torch.ones(1, 4)), torch.full((1, 4), 3.0))


def test_sizes_and_arithmetic_follow_the_input():
    half = {"expr": "//", "of": [{"size": [{"n": "x"}, 1]}, 2]}
    drawn = project(
        node("x", "input", shape=["N", 6]),
        node("reshape1", "torch.reshape", "x", kwargs={"shape": [{"size": [{"n": "x"}, 0]}, 2, half]}),
        node("output", "output", "reshape1"),
    )
    assert str(analyse(drawn).report("model", "reshape1").outputs[0]) == "N×2×3"
    assert build(drawn)(torch.rand(5, 6)).shape == (5, 2, 3)


def test_a_block_used_twice_by_one_path_shares_its_weights():
    tower = network(
        node("x", "input"), node("fc", "nn.Linear", "x", out_features=3), node("y", "output", "fc")
    )
    drawn = project(
        node("a", "input", shape=["N", 4]),
        node("b", "input", shape=["N", 4]),
        node("tower", "block:Tower", "a"),
        node("again", "block:Tower", "b", path="tower"),
        node("sub1", "torch.sub", "tower", "again"),
        node("output", "output", "sub1"),
        blocks={"Tower": tower},
    )
    assert set(build(drawn).state_dict()) == {"tower.fc.weight", "tower.fc.bias"}
    same = torch.rand(2, 4)
    assert torch.equal(build(drawn)(same, same), torch.zeros(2, 3))
    assert analyse(drawn).networks["model"].parameters == 15
