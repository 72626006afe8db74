"""Names that people expect, and that a PyTorch module can have."""

from __future__ import annotations

import pytest

from studio.graph import naming


@pytest.mark.parametrize(
    ("type_", "base"),
    [
        ("nn.Conv2d", "conv"),
        ("nn.ConvTranspose1d", "deconv"),
        ("nn.Linear", "fc"),
        ("nn.ReLU", "relu"),
        ("nn.BatchNorm2d", "bn"),
        ("nn.MaxPool2d", "pool"),
        ("nn.AdaptiveAvgPool2d", "avgpool"),
        ("nn.LSTM", "lstm"),
        ("nn.Dropout2d", "drop"),
        ("nn.MultiheadAttention", "attention"),
        ("nn.TransformerEncoderLayer", "transformer_encoder_layer"),
        ("F.max_pool2d", "max_pool"),
        ("torch.cat", "cat"),
        ("Tensor.view", "view"),
        ("block:Residual", "residual"),
        ("block:My block!", "my_block"),
        ("block:3D", "node_3_d"),
        ("input", "input"),
    ],
)
def test_the_base_of_a_name_follows_the_type(type_: str, base: str) -> None:
    assert naming.base_name(type_) == base


def test_fresh_names_count_up_and_the_first_input_has_no_number() -> None:
    assert naming.fresh("conv", {"conv1", "conv2"}) == "conv3"
    assert naming.fresh("input", set()) == "input"
    assert naming.fresh("input", {"input"}) == "input2"
    assert naming.fresh("relu6", {"relu6_1"}) == "relu6_2"


@pytest.mark.parametrize("id_", ["conv1", "layer1.0.conv1", "0", "_fc", "größe", "层1"])
def test_names_that_work(id_: str) -> None:
    assert naming.fault(id_) is None


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "a b",
        "1a",
        "a..b",
        ".a",
        "a.",
        "a-",
        "lambda",
        "layer.class",
        "forward",
        "train",
        "a.parameters",
        "__init__",
    ],
)
def test_names_that_do_not_work(id_: str) -> None:
    assert naming.fault(id_) is not None


@pytest.mark.parametrize(
    "type_", ["nn.Conv2d", "block:class", "block:", "torch.lambda", "F.relu6", "op.not_"]
)
def test_every_fresh_name_works(type_: str) -> None:
    assert naming.fault(naming.fresh(naming.base_name(type_), set())) is None
