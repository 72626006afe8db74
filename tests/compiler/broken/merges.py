"""Sums, joins and products of shapes that differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drawing import IRIS, node

from broken.case import IN, SIGNAL, Broken, drawn


def merges() -> Iterator[Broken]:
    def residual(name: str, code: str, merge: Any, **changed: Any) -> Broken:
        return drawn(
            name,
            code,
            merge.id,
            IN,
            node("conv1", "nn.Conv2d", "image", out_channels=8, kernel_size=3, padding=1),
            node(
                "conv2",
                "nn.Conv2d",
                "conv1",
                **{"out_channels": 16, "kernel_size": 3, "padding": 1, **changed},
            ),
            merge,
            node("flatten1", "nn.Flatten", merge.id),
            node("fc", "nn.Linear", "flatten1"),
            node("output", "output", "fc"),
        )

    add = node("add1", "torch.add", "conv2", "conv1")
    yield residual("skip-channels", "shapes-differ", add)
    yield residual("skip-stride", "shapes-differ", add, stride=2)
    yield residual("skip-map", "shapes-differ", add, out_channels=8, padding=0)
    yield residual(
        "cat-maps",
        "shapes-differ",
        node("cat1", "torch.cat", ["conv2", "conv1"], kwargs={"dim": 1}),
        stride=2,
    )
    yield residual(
        "cat-dimension", "shapes-differ", node("cat1", "torch.cat", ["conv2", "conv1"], kwargs={"dim": 2})
    )
    yield residual(
        "stack", "shapes-differ", node("stack1", "torch.stack", ["conv2", "conv1"], kwargs={"dim": 1})
    )
    yield drawn(
        "add-widths",
        "shapes-differ",
        "add1",
        node("x", "input"),
        node("fc1", "nn.Linear", "x", out_features=8),
        node("add1", "torch.add", "fc1", "x"),
        node("fc", "nn.Linear", "add1"),
        node("output", "output", "fc"),
        context=IRIS,
    )
    yield drawn(
        "cat-ranks",
        "shapes-differ",
        "cat1",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("cat1", "torch.cat", ["flatten1", "image"], kwargs={"dim": 1}),
        node("fc", "nn.Linear", "cat1"),
        node("output", "output", "fc"),
    )
    yield drawn(
        "gate",
        "shapes-differ",
        "mul1",
        IN,
        node("conv1", "nn.Conv2d", "image", out_channels=8, kernel_size=3),
        node("pool1", "nn.AdaptiveAvgPool2d", "conv1", output_size=1),
        node("flatten1", "nn.Flatten", "pool1"),
        node("mul1", "torch.mul", "conv1", "flatten1"),
        node("flatten2", "nn.Flatten", "mul1"),
        node("fc", "nn.Linear", "flatten2"),
        node("output", "output", "fc"),
    )
    yield drawn(
        "matmul",
        "matmul-mismatch",
        "matmul1",
        IN,
        node("fc1", "nn.Linear", "image", out_features=6),
        node("matmul1", "torch.matmul", "image", "fc1"),
        node("flatten1", "nn.Flatten", "matmul1"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
