"""What `analyse` knows of networks without fault: shapes with the batch as a symbol, auto sizes, costs."""

from __future__ import annotations

import torch
from drawing import DIGITS, chain, network, node, project

from studio.compiler import evaluate
from studio.compiler.analysis import Context, L, N, Size, TensorSpec
from studio.compiler.infer import analyse


def shapes(analysis, name="model"):
    return {key: [str(o) for o in r.outputs] for key, r in analysis.networks[name].nodes.items()}


def test_the_batch_is_a_symbol_and_every_other_length_a_number():
    analysis = analyse(
        project(
            *chain(
                node("conv1", "nn.Conv2d", out_channels=32, kernel_size=3),
                node("relu1", "nn.ReLU"),
                node("flatten1", "nn.Flatten"),
                node("fc", "nn.Linear"),
            )
        ),
        DIGITS,
    )
    assert analysis.problems == ()
    assert shapes(analysis) == {
        "image": ["N×1×8×8"],
        "conv1": ["N×32×6×6"],
        "relu1": ["N×32×6×6"],
        "flatten1": ["N×1152"],
        "fc": ["N×10"],
        "output": ["N×10"],
    }
    assert analysis.report("model", "conv1").auto == {"in_channels": 1}
    assert analysis.report("model", "fc").auto == {"in_features": 1152, "out_features": 10}


def test_a_length_that_grows_with_the_batch_is_a_multiple_of_it():
    analysis = analyse(
        project(
            *chain(
                node("r", "torch.reshape", kwargs={"shape": [-1, 5]}), node("fc", "nn.Linear", out_features=2)
            ),
        ),
        Context((TensorSpec((N, 10)),)),
    )
    assert analysis.report("model", "r").outputs == (TensorSpec((Size(2), 5)),)


def test_a_length_left_open_is_a_symbol_too():
    analysis = analyse(
        project(
            node("text", "input", shape=["N", "L"], dtype="int64"),
            node("embedding", "nn.Embedding", "text", num_embeddings=100, embedding_dim=16),
            node("turned", "torch.transpose", "embedding", kwargs={"dim0": 1, "dim1": 2}),
            node("conv", "nn.Conv1d", "turned", out_channels=8, kernel_size=3, stride=2),
            node("valid", "nn.Conv1d", "turned", out_channels=8, kernel_size=3),
            node("rows", "torch.reshape", "embedding", kwargs={"shape": [-1, 16]}),
            node("scores", "torch.matmul", "embedding", "turned"),
            node("mean", "torch.mean", "conv", kwargs={"dim": [-1]}),
            node("output", "output", "mean"),
        )
    )
    assert not analysis.errors
    found = shapes(analysis)
    assert found["embedding"] == ["N×L×16"]
    assert found["conv"] == ["N×8×(L-1)/2"]
    assert found["valid"] == ["N×8×L-2"]
    assert found["rows"] == ["N·L×16"]
    assert found["scores"] == ["N×L×L"]
    assert found["mean"] == ["N×8"]
    assert analysis.report("model", "text").outputs == (TensorSpec((N, L), "int64"),)


def test_a_layer_that_asks_for_an_open_length_says_so():
    drawn = project(*chain(node("flatten1", "nn.Flatten"), node("fc", "nn.Linear"), shape=["N", "L", 6]))
    (problem,) = [p for p in analyse(drawn, Context((), 3, "classification")).errors if p.node == "fc"]
    assert problem.code == "open-length"
    assert "L" in str(problem.text)


def test_every_output_of_a_layer_with_several_has_its_shape():
    analysis = analyse(
        project(
            node("text", "input", shape=["N", 12], dtype="int64"),
            node("embedding", "nn.Embedding", "text", num_embeddings=100, embedding_dim=16),
            node("lstm", "nn.LSTM", "embedding", hidden_size=24, batch_first=True),
            node("fc", "nn.Linear", "lstm:0", out_features=5),
            node("output", "output", "fc"),
        )
    )
    assert analysis.problems == ()
    assert shapes(analysis)["lstm"] == ["N×12×24", "1×N×24", "1×N×24"]


def test_costs_are_those_of_the_real_module():
    nodes = chain(
        node("conv1", "nn.Conv2d", out_channels=6, kernel_size=3),
        node("bn1", "nn.BatchNorm2d"),
        node("flatten1", "nn.Flatten"),
        node("fc", "nn.Linear", out_features=10),
    )
    report = analyse(project(*nodes), DIGITS).networks["model"]
    assert report.nodes["conv1"].parameters == 6 * 9 + 6
    assert report.nodes["conv1"].multiply_adds == 6 * 9 * 6 * 6
    assert report.nodes["conv1"].activation_bytes == 6 * 6 * 6 * 4
    assert report.parameters == 60 + 12 + (216 * 10 + 10)
    assert report.multiply_adds == 6 * 9 * 36 + 2160


def test_a_module_used_twice_is_counted_once():
    analysis = analyse(
        project(
            node("a", "input", shape=["N", 4]),
            node("b", "input", shape=["N", 4]),
            node("encoder", "nn.Linear", "a", out_features=3),
            node("again", "nn.Linear", "b", path="encoder"),
            node("add1", "torch.add", "encoder", "again"),
            node("output", "output", "add1"),
        )
    )
    assert analysis.problems == ()
    assert analysis.networks["model"].parameters == 15
    assert analysis.networks["model"].multiply_adds == 24


def test_a_block_is_worked_out_with_the_parameters_and_shapes_of_its_use():
    residual = network(
        node("x", "input"),
        node("conv", "nn.Conv2d", "x", out_channels={"p": "channels"}, kernel_size=3, padding=1),
        node("add", "torch.add", "conv", "x"),
        node("y", "output", "add"),
        channels=64,
    )
    analysis = analyse(
        project(
            *chain(
                node("stem", "nn.Conv2d", out_channels=8, kernel_size=1),
                node("block1", "block:Residual", channels=8),
                node("flatten1", "nn.Flatten"),
                node("fc", "nn.Linear"),
            ),
            blocks={"Residual": residual},
        ),
        DIGITS,
    )
    assert analysis.problems == ()
    assert shapes(analysis)["block1"] == ["N×8×8×8"]
    assert shapes(analysis, "Residual")["conv"] == ["N×8×8×8"]
    assert analysis.report("model", "block1").parameters == 8 * 8 * 9 + 8


def test_an_edit_works_out_again_only_what_follows_from_it():
    def drawn(width: int, last: int):
        layers = []
        for i in range(20):
            layers += [node(f"fc{i}", "nn.Linear", out_features=width + i), node(f"relu{i}", "nn.ReLU")]
        return project(*chain(*layers, node("fc", "nn.Linear", out_features=last), shape=["N", 7]))

    analyse(drawn(300, 10))
    before = evaluate.misses()
    analyse(drawn(300, 10))
    assert evaluate.misses() == before
    analyse(drawn(300, 11))
    assert evaluate.misses() == before + 1


def test_the_analysis_leaves_the_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    analyse(project(*chain(node("fc", "nn.Linear", out_features=977), node("drop", "nn.Dropout"))), DIGITS)
    assert torch.equal(torch.rand(4), expected)
