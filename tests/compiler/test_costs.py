"""Multiply-adds are those of PyTorch's own counter, and of the textbook where that leaves some out."""

from __future__ import annotations

import pytest
import torch
from drawing import node, project
from torch.utils.flop_counter import FlopCounterMode

from studio.compiler.build import build
from studio.compiler.infer import analyse

STEPS, WIDTH, HIDDEN = 20, 6, 8
SERIES = ["N", STEPS, WIDTH]
MAPS = ["N", 4, 5, 5]


def costs(layer, shape, *more):
    drawn = project(
        node("x", "input", shape=shape),
        *more,
        layer,
        node("y", "output", f"{layer.id}:0" if layer.id == "many" else layer.id),
    )
    return drawn, analyse(drawn).networks["model"]


def gates(count, width=WIDTH):
    return STEPS * count * HIDDEN * (width + HIDDEN)


_RNN = {"hidden_size": HIDDEN, "batch_first": True}
_CASES = [
    (node("conv", "nn.Conv2d", "x", out_channels=8, kernel_size=3, groups=2), MAPS, 8 * 2 * 9 * 9),
    (node("up", "nn.ConvTranspose2d", "x", out_channels=8, kernel_size=2, stride=2), MAPS, 4 * 8 * 4 * 25),
    (node("up", "nn.ConvTranspose2d", "x", out_channels=8, kernel_size=3, groups=2), MAPS, 4 * 4 * 9 * 25),
    (node("fc", "nn.Linear", "x", out_features=7), SERIES, STEPS * WIDTH * 7),
    (node("many", "nn.LSTM", "x", **_RNN), SERIES, gates(4)),
    (node("many", "nn.LSTM", "x", num_layers=2, bidirectional=True, **_RNN), SERIES,
     2 * gates(4) + 2 * gates(4, 2 * HIDDEN)),
    (node("many", "nn.GRU", "x", **_RNN), SERIES, gates(3)),
    (node("many", "nn.RNN", "x", **_RNN), SERIES, gates(1)),
    (node("many", "nn.MultiheadAttention", "x", "x", "x", num_heads=2, batch_first=True), SERIES,
     4 * STEPS * WIDTH * WIDTH + 2 * STEPS * STEPS * WIDTH),
    (node("layer", "nn.TransformerEncoderLayer", "x", nhead=2, dim_feedforward=16, batch_first=True), SERIES,
     4 * STEPS * WIDTH * WIDTH + 2 * STEPS * STEPS * WIDTH + 2 * STEPS * WIDTH * 16),
    (node("sdpa", "F.scaled_dot_product_attention", "x", "x", "x"), SERIES, 2 * STEPS * STEPS * WIDTH),
    (node("mm", "torch.matmul", "x", "turn"), SERIES, STEPS * STEPS * WIDTH),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape", "wanted"), _CASES, ids=lambda case: getattr(case, "type", ""))
def test_multiply_adds_are_those_of_the_textbook_and_of_pytorchs_counter(layer, shape, wanted):
    turn = node("turn", "torch.transpose", "x", kwargs={"dim0": 1, "dim1": 2})
    drawn, report = costs(layer, shape, *([turn] if layer.type == "torch.matmul" else []))
    assert report.multiply_adds == wanted
    module, x = build(drawn), torch.randn(2, *shape[1:])
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        given = module(x)
    if not layer.type.startswith(("nn.LSTM", "nn.GRU", "nn.RNN")):  # one operator on the CPU
        assert counter.get_total_flops() / 2 / 2 == wanted
    assert report.parameters == sum(p.numel() for p in module.parameters())
    assert given.dtype == torch.float32


def test_products_that_pytorchs_counter_leaves_out_are_counted():
    drawn = project(
        node("a", "input", shape=["N", 4]),
        node("b", "input", shape=["N", 5]),
        node("both", "nn.Bilinear", "a", "b", out_features=8),
        node("y", "output", "both"),
    )
    assert analyse(drawn).networks["model"].multiply_adds == 4 * 5 * 8


def test_activation_bytes_are_those_of_every_output():
    layer = node("many", "nn.LSTM", "x", **_RNN)
    _, report = costs(layer, SERIES)
    assert report.nodes["many"].activation_bytes == 4 * (STEPS * HIDDEN + 2 * HIDDEN)
