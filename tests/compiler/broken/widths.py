"""Layers that were told another width than what comes in or what the data wants."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import DIABETES, node

from broken.case import FC, FLAT, IN, SIGNAL, Broken, conv, drawn, on_chain
from studio.compiler.analysis import Context, N, TensorSpec


def widths() -> Iterator[Broken]:
    wrong = node("fc", "nn.Linear", in_features=400, out_features=10)
    yield on_chain("linear-width", "features-mismatch", "fc", FLAT, wrong)
    unflattened = node("fc", "nn.Linear", in_features=288, out_features=10)
    yield on_chain("linear-without-flatten", "features-mismatch", "fc", conv(), unflattened)
    odd = node("fc", "nn.Linear", in_features=77, out_features=10)
    yield on_chain("linear-without-flatten-wrong-width", "features-mismatch", "fc", conv(), odd)
    yield on_chain("conv-channels", "channels-mismatch", "conv1", conv(in_channels=3), FLAT, FC)
    last = Context((TensorSpec((N, 32, 32, 3)),), 10, "classification")
    yield on_chain("channels-last", "channels-mismatch", "conv1", conv(in_channels=3), FLAT, FC, context=last)
    norm = node("bn1", "nn.BatchNorm2d", num_features=16)
    yield on_chain("batch-norm-channels", "channels-mismatch", "bn1", conv(), norm, FLAT, FC)
    layer = node("ln1", "nn.LayerNorm", normalized_shape=[65])
    yield on_chain("layer-norm-shape", "features-mismatch", "ln1", FLAT, layer, FC)
    lstm = node("lstm1", "nn.LSTM", input_size=5, hidden_size=8, batch_first=True)
    yield drawn(
        "lstm-width",
        "features-mismatch",
        "lstm1",
        IN,
        node("lstm1", lstm.type, "image", **lstm.params),
        node("last", "op.getitem", "lstm1:0", {"t": [{"slice": [None, None, None]}, -1]}),
        node("fc", "nn.Linear", "last"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
    yield on_chain("output-width", "output-width", "fc", FLAT, node("fc", "nn.Linear", out_features=12))
    yield on_chain(
        "regression-width", "output-width", "fc", node("fc", "nn.Linear", out_features=4), context=DIABETES
    )
    yield on_chain("output-not-flat", "output-shape", "fc", conv(), node("fc", "nn.Linear", out_features=10))
    yield on_chain("output-is-a-map", "output-shape", "conv1", conv())
    yield on_chain("output-without-linear", "output-width", "flatten1", conv(), FLAT)
    fixed = node("fc2", "nn.Linear", in_features=32, out_features=10)
    yield on_chain(
        "two-widths", "features-mismatch", "fc2", FLAT, node("fc1", "nn.Linear", out_features=64), fixed
    )
