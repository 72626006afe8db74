"""Wires, nodes, blocks and inputs that are not as they should be."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import network, node

from broken.case import FC, FLAT, IN, NONE, Broken, drawn, on_chain


def graphs() -> Iterator[Broken]:
    end = node("output", "output", "fc")
    yield drawn("empty", "empty", None, curable=False)
    yield drawn(
        "no-output",
        "no-output",
        None,
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("fc", "nn.Linear", "flatten1"),
    )
    yield drawn(
        "no-input", "no-input", None, node("flatten1", "nn.Flatten"), node("fc", "nn.Linear", "flatten1"), end
    )
    yield drawn("not-wired", "not-wired", "fc", IN, node("flatten1", "nn.Flatten", "image"), FC, end)
    yield drawn(
        "output-not-wired",
        "not-wired",
        "output",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output"),
    )
    yield drawn(
        "add-half-wired",
        "not-wired",
        "add1",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("add1", "torch.add", "flatten1"),
        node("fc", "nn.Linear", "add1"),
        end,
    )
    yield drawn(
        "missing-node",
        "missing-node",
        "fc",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("fc", "nn.Linear", "gone"),
        end,
    )
    yield drawn(
        "circle",
        "circle",
        "add1",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("add1", "torch.add", "flatten1", "relu1"),
        node("relu1", "nn.ReLU", "add1"),
        node("fc", "nn.Linear", "relu1"),
        end,
        curable=False,
    )
    yield drawn(
        "unknown-type",
        "unknown-type",
        "x",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("x", "nn.Quantum", "flatten1"),
        node("fc", "nn.Linear", "x"),
        end,
    )
    yield drawn(
        "unknown-block",
        "unknown-block",
        "x",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("x", "block:Gone", "flatten1"),
        node("fc", "nn.Linear", "x"),
        end,
    )
    own = network(node("x", "input"), node("again", "block:Own", "x"), node("y", "output", "again"))
    yield drawn(
        "block-in-itself",
        "block-in-itself",
        "again",
        IN,
        node("flatten1", "nn.Flatten", "image"),
        node("x", "block:Own", "flatten1"),
        node("fc", "nn.Linear", "x"),
        end,
        blocks={"Own": own},
    )
    yield on_chain(
        "input-shape",
        "input-shape-unknown",
        "image",
        FLAT,
        node("fc", "nn.Linear", out_features=2),
        context=NONE,
        curable=False,
    )
    yield on_chain("input-differs", "input-differs", "image", FLAT, FC, shape=["N", 1, 28, 28])
    yield on_chain("bad-shape", "bad-shape", "image", FLAT, FC, shape=["N", 1, -28, 28])
    bad = network(
        node("x", "input"),
        node("conv", "nn.Conv2d", "x", in_channels=3, out_channels=4, kernel_size=3),
        node("y", "output", "conv"),
    )
    yield drawn(
        "in-a-block",
        "channels-mismatch",
        "conv",
        IN,
        node("block1", "block:Bad", "image"),
        node("flatten1", "nn.Flatten", "block1"),
        node("fc", "nn.Linear", "flatten1"),
        end,
        blocks={"Bad": bad},
    )
    yield drawn(
        "parameter-of-a-block",
        "unknown-parameter",
        "block1",
        IN,
        node("block1", "block:Fine", "image", depth=2),
        node("flatten1", "nn.Flatten", "block1"),
        node("fc", "nn.Linear", "flatten1"),
        end,
        blocks={"Fine": network(node("x", "input"), node("y", "output", "x"))},
    )
    yield drawn(
        "name", "bad-id", "1st", IN, node("1st", "nn.Flatten", "image"), node("fc", "nn.Linear", "1st"), end
    )
