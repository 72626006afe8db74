"""Parameters that are missing, wrong or far too large."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import node

from broken.case import FC, FLAT, IN, NONE_10, SIGNAL, Broken, conv, drawn, on_chain
from studio.compiler.analysis import Context, N, TensorSpec


def params() -> Iterator[Broken]:
    yield on_chain("unknown-parameter", "unknown-parameter", "conv1", conv(filters=3), FLAT, FC)
    yield on_chain(
        "missing-parameter",
        "missing-parameter",
        "conv1",
        node("conv1", "nn.Conv2d", out_channels=4),
        FLAT,
        FC,
    )
    yield on_chain("missing-parameters", "missing-parameter", "conv1", node("conv1", "nn.Conv2d"), FLAT, FC)
    yield on_chain("negative", "bad-parameter", "conv1", conv(out_channels=-8), FLAT, FC)
    yield on_chain("zero-stride", "bad-parameter", "conv1", conv(stride=0), FLAT, FC)
    yield on_chain("share", "bad-parameter", "drop1", node("drop1", "nn.Dropout", p=50), FLAT, FC)
    yield on_chain("fraction", "bad-parameter", "conv1", conv(out_channels=8.5), FLAT, FC)
    yield on_chain("text", "bad-parameter", "conv1", conv(out_channels="8"), FLAT, FC)
    yield on_chain("word", "bad-parameter", "conv1", conv(padding=1, padding_mode="mirror"), FLAT, FC)
    yield on_chain("no-data", "outputs-unknown", "fc", FLAT, FC, context=Context((TensorSpec((N, 4)),)))
    huge = node("fc1", "nn.Linear", in_features=10**6, out_features=10**6)
    yield on_chain("huge", "too-large", "fc1", huge, FC, context=NONE_10)
    yield on_chain(
        "overflow", "too-large", "fc1", node("fc1", "nn.Linear", out_features=10**25), FC, context=NONE_10
    )
    yield on_chain("overflow-storage", "too-large", "c", conv("c", out_channels=10**18), FLAT, FC)
    deep = node("gru1", "nn.GRU", hidden_size=4, num_layers=10**9, batch_first=True)
    yield drawn(
        "deep",
        "too-large",
        "gru1",
        IN,
        node("gru1", deep.type, "image", **deep.params),
        node("flatten1", "nn.Flatten", "gru1:0"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
    yield on_chain(
        "enlarged", "too-large", "up1", node("up1", "nn.Upsample", scale_factor=1e6), FLAT, FC, curable=False
    )
