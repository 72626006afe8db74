"""Designs that run and are doubtful: each is pointed out once, on its node, and its first cure settles it."""

from __future__ import annotations

import pytest
from broken.case import IMAGES
from drawing import DIABETES, DIGITS, chain, network, node, project
from test_problems import cured

from studio.compiler.analysis import Context, N, TensorSpec
from studio.compiler.infer import analyse

FLAT, FC, RELU = node("flatten1", "nn.Flatten"), node("fc", "nn.Linear"), node("relu1", "nn.ReLU")
FC1 = node("fc1", "nn.Linear", out_features=32)
CONV = node("conv1", "nn.Conv2d", out_channels=8, kernel_size=3)
NORM = node("bn1", "nn.BatchNorm2d")
LAST = Context((TensorSpec((N, 32, 32, 3)),), 10, "classification")


def told(drawn, context=DIGITS):
    return [(p.code, p.severity, p.node) for p in analyse(drawn, context).problems]


@pytest.mark.parametrize(
    ("code", "severity", "at", "layers", "context", "training"),
    [
        ("softmax-before-loss", "warning", "s", (FLAT, FC, node("s", "nn.Softmax", dim=1)), DIGITS, {}),
        ("softmax-before-loss", "warning", "s", (FLAT, FC, node("s", "torch.sigmoid")), DIGITS, {}),
        ("sigmoid-before-loss", "warning", "s", (FLAT, FC, node("s", "nn.Sigmoid")), DIGITS, {"loss": "bce"}),
        ("nll-without-log", "warning", "fc", (FLAT, FC), DIGITS, {"loss": "nll"}),
        ("rectified-output", "warning", "relu1", (FC, RELU), DIABETES, {}),
        ("no-nonlinearity", "warning", "fc", (FLAT, FC1, FC), DIGITS, {}),
        ("no-nonlinearity", "warning", "fc", (FLAT, FC1, node("drop1", "nn.Dropout"), FC), DIGITS, {}),
        ("no-nonlinearity", "warning", "fc", (CONV, FLAT, FC), DIGITS, {}),
        ("bias-before-norm", "hint", "conv1", (CONV, NORM, RELU, FLAT, FC), DIGITS, {}),
        ("channels-last", "warning", "conv1", (CONV, RELU, FLAT, FC), LAST, {}),
    ],
)  # fmt: skip
def test_a_doubtful_design_is_pointed_out_with_a_cure(code, severity, at, layers, context, training):
    drawn = project(*chain(*layers), training=training)
    assert told(drawn, context) == [(code, severity, at)]
    (problem,) = analyse(drawn, context).problems
    assert not analyse(cured(drawn, problem.cures[0]), context).problems


def test_batch_norm_on_single_samples_stops_training_where_a_channel_has_one_value():
    one = {"batch_size": 1}
    flat = project(*chain(FLAT, FC1, node("bn1", "nn.BatchNorm1d"), RELU, FC), training=one)
    assert ("batch-norm-of-one", "error", "bn1") in told(flat)
    maps = project(*chain(CONV, NORM, RELU, FLAT, FC), training=one)
    assert ("batch-norm-of-one", "warning", "bn1") in told(maps)


@pytest.mark.parametrize(
    "layers",
    [
        (FLAT, node("narrow", "nn.Linear", out_features=2), FC),
        (CONV, node("point", "nn.Conv2d", out_channels=4, kernel_size=1), RELU, FLAT, FC),
        (CONV, node("bn1", "nn.BatchNorm2d"), RELU, FLAT, FC1, node("tanh1", "nn.Tanh"), FC),
    ],
    ids=["low rank", "pointwise", "bent"],
)  # fmt: skip
def test_what_is_meant_is_not_complained_about(layers):
    assert not [p for p in told(project(*chain(*layers))) if p[1] != "hint"]


def test_layers_that_share_a_source_are_no_chain():
    drawn = project(
        node("image", "input"),
        node("up", "nn.Linear", "image", out_features=16),
        node("q", "nn.Linear", "up", out_features=16),
        node("k", "nn.Linear", "up", out_features=16),
        node("mul1", "torch.mul", "q", "k"),
        node("fc", "nn.Linear", "mul1"),
        node("output", "output", "fc"),
    )
    assert told(drawn, DIABETES) == []


def test_all_loose_nodes_are_one_quiet_hint():
    loose = [node(f"loose{i}", "nn.Conv2d", out_channels=4, kernel_size=3) for i in range(7)]
    drawn = project(*chain(FLAT, FC), *loose, node("branch", "nn.ReLU", "flatten1"))
    assert told(drawn) == [("unused", "hint", "loose0")]
    (problem,) = analyse(drawn, DIGITS).problems
    assert "8" in str(problem.text)
    assert told(cured(drawn, problem.cures[0])) == []


def test_a_block_is_told_once_whatever_the_number_of_its_uses():
    block = network(node("x", "input"), node("conv", "nn.Conv2d", "x", out_channels=3, kernel_size=1),
                    node("bn", "nn.BatchNorm2d", "conv"), node("y", "output", "bn"))  # fmt: skip
    uses = [node(f"block{i}", "block:Norm") for i in range(4)]
    drawn = project(*chain(*uses, FLAT, FC), blocks={"Norm": block})
    assert told(drawn, IMAGES) == [("bias-before-norm", "hint", "conv")]


def test_a_cure_may_take_several_steps_where_one_alone_leaves_another_problem():
    wrong = (
        node("conv1", "nn.Conv2d", in_channels=3, out_channels=8, kernel_size=3), RELU,
        node("conv2", "nn.Conv2d", in_channels=4, out_channels=8, kernel_size=3), FLAT, FC,
    )  # fmt: skip
    drawn = project(*chain(*wrong))
    (problem,) = analyse(drawn, DIGITS).errors
    assert problem.node == "conv1"
    assert not analyse(cured(drawn, problem.cures[0]), DIGITS).errors
