"""New shapes, dimensions and indices that do not go."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drawing import node

from broken.case import FC, FLAT, NONE_10, Broken, on_chain


def shapes() -> Iterator[Broken]:
    def reshaped(name: str, code: str, shape: Any) -> Broken:
        return on_chain(
            name, code, "reshape1", node("reshape1", "torch.reshape", kwargs={"shape": shape}), FC
        )

    yield reshaped("fixed-batch", "hard-coded-batch", [32, -1])
    yield reshaped("fixed-batch-of-one", "hard-coded-batch", [1, 64])
    yield reshaped("wrong-size", "reshape-mismatch", [-1, 65])
    yield on_chain(
        "joined-batch", "auto-batch", "fc", node("f", "torch.flatten", kwargs={"start_dim": 0}), FC
    )
    unflatten = node("unflatten1", "nn.Unflatten", dim=1, unflattened_size=[3, 4, 4])
    yield on_chain(
        "unflatten", "reshape-mismatch", "unflatten1", FLAT, unflatten, node("f2", "nn.Flatten"), FC
    )
    swap = node("permute1", "torch.permute", kwargs={"dims": [0, 2, 1]})
    yield on_chain("permute", "permute-mismatch", "permute1", swap, FLAT, FC)
    soft = node("softmax1", "nn.Softmax", dim=5)
    yield on_chain("dimension", "no-such-dimension", "softmax1", FLAT, FC, soft, context=NONE_10)
    mean = node("mean1", "torch.mean", kwargs={"dim": [4]})
    yield on_chain("mean-dimension", "no-such-dimension", "mean1", mean, FLAT, FC)
    pick = node("pick1", "op.getitem", {"n": "image"}, {"t": [{"slice": [None, None, None]}, 3]})
    yield on_chain("index", "no-such-index", "pick1", pick, FLAT, FC)
    whole = node("mean1", "torch.mean", kwargs={"dim": [0]})
    yield on_chain("batch-lost", "batch-lost", "output", FLAT, FC, whole)
