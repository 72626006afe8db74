"""Groups and heads that do not divide."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import node

from broken.case import FC, FLAT, IN, SIGNAL, Broken, conv, drawn, on_chain


def divisors() -> Iterator[Broken]:
    yield on_chain("groups", "groups-divisibility", "conv2", conv(), conv("conv2", groups=3), FLAT, FC)
    yield on_chain(
        "groups-output",
        "groups-divisibility",
        "conv2",
        conv(),
        conv("conv2", groups=4, out_channels=6),
        FLAT,
        FC,
    )
    norm = node("gn1", "nn.GroupNorm", num_groups=3)
    yield on_chain("group-norm", "groups-divisibility", "gn1", conv(), norm, FLAT, FC)
    heads = node("encoder1", "nn.TransformerEncoderLayer", nhead=4, dim_feedforward=16, batch_first=True)
    yield on_chain("heads", "heads-divisibility", "encoder1", heads, FLAT, FC, context=SIGNAL)
    yield drawn(
        "attention-heads",
        "heads-divisibility",
        "attention1",
        IN,
        node("attention1", "nn.MultiheadAttention", "image", "image", "image", num_heads=4, batch_first=True),
        node("flatten1", "nn.Flatten", "attention1:0"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
    shuffle = node("shuffle1", "nn.PixelShuffle", upscale_factor=3)
    yield on_chain("pixel-shuffle", "channels-divisibility", "shuffle1", conv(), shuffle, FLAT, FC)
