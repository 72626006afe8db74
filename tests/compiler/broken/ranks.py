"""Too many or too few dimensions, and windows that do not fit the map."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import node

from broken.case import FC, FLAT, IN, Broken, conv, drawn, on_chain
from studio.compiler.analysis import Context, N, TensorSpec


def ranks() -> Iterator[Broken]:
    yield on_chain(
        "conv-after-flatten", "rank-mismatch", "conv1", FLAT, conv(), node("flatten2", "nn.Flatten"), FC
    )
    plain = Context((TensorSpec((N, 28, 28)),), 10, "classification")
    yield on_chain("conv-without-channels", "rank-mismatch", "conv1", conv(), FLAT, FC, context=plain)
    table = Context((TensorSpec((N, 64)),), 10, "classification")
    yield on_chain("conv-on-a-table", "rank-mismatch", "conv1", conv(), FLAT, FC, context=table)
    yield on_chain("norm-of-another-rank", "rank-mismatch", "bn1", FLAT, node("bn1", "nn.BatchNorm2d"), FC)
    yield on_chain(
        "norm-1d-on-images", "rank-mismatch", "bn1", conv(), node("bn1", "nn.BatchNorm1d"), FLAT, FC
    )
    pool = node("pool1", "nn.MaxPool1d", kernel_size=2)
    yield on_chain("pool-1d-on-images", "rank-mismatch", "pool1", conv(), pool, FLAT, FC)
    adaptive = node("pool1", "nn.AdaptiveAvgPool2d", output_size=1)
    yield on_chain("pool-2d-on-a-vector", "rank-mismatch", "pool1", FLAT, adaptive, FC)
    yield drawn(
        "lstm-on-images",
        "rank-mismatch",
        "gru1",
        IN,
        node("gru1", "nn.GRU", "image", hidden_size=8, batch_first=True),
        node("flatten1", "nn.Flatten", "gru1:0"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
    )

    drop = node("drop1", "nn.Dropout2d", p=0.2)
    yield on_chain("dropout-of-another-rank", "rank-mismatch", "drop1", FLAT, drop, FC)
    border = node("pad1", "nn.ReflectionPad1d", padding=1)
    yield on_chain("padding-of-another-rank", "rank-mismatch", "pad1", border, FLAT, FC)


def kernels() -> Iterator[Broken]:
    yield on_chain(
        "kernel-too-large",
        "kernel-too-large",
        "conv2",
        conv(stride=3),
        conv("conv2", kernel_size=5),
        FLAT,
        FC,
    )
    pools = [node(f"pool{i}", "nn.MaxPool2d", kernel_size=2) for i in range(1, 5)]
    yield on_chain("pooled-away", "kernel-too-large", "pool4", *pools, FLAT, FC)
    wide = node("pool1", "nn.MaxPool2d", kernel_size=3, padding=2)
    yield on_chain("pool-padding", "padding-too-large", "pool1", wide, FLAT, FC)
    mirror = node("pad1", "nn.ReflectionPad2d", padding=9)
    yield on_chain("reflection-padding", "padding-too-large", "pad1", mirror, FLAT, FC)
    yield on_chain("same-and-stride", "same-stride", "conv1", conv(padding="same", stride=2), FLAT, FC)
    up = node("up1", "nn.ConvTranspose2d", out_channels=4, kernel_size=3, output_padding=2)
    yield on_chain("output-padding", "padding-too-large", "up1", up, FLAT, FC)
