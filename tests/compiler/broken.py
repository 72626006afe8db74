"""Broken networks, each with the code of its problem, and whether the first cure must make it whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drawing import DIABETES, DIGITS, IRIS, chain, network, node, project

from studio.compiler.analysis import Context, N, TensorSpec
from studio.graph.model import ProjectData

IMAGES = Context((TensorSpec((N, 3, 32, 32)),), 10, "classification")
WORDS = Context((TensorSpec((N, 20), "int64"),), 2, "classification")
SIGNAL = Context((TensorSpec((N, 20, 6)),), 2, "classification")
NONE = Context()


@dataclass(frozen=True)
class Broken:
    name: str
    project: ProjectData
    context: Context
    code: str
    node: str | None
    curable: bool = True


FLAT = node("flatten1", "nn.Flatten")
FC = node("fc", "nn.Linear")


def conv(id_: str = "conv1", **params: Any) -> Any:
    return node(id_, "nn.Conv2d", **{"out_channels": 8, "kernel_size": 3, **params})


def on_chain(
    name: str,
    code: str,
    at: str | None,
    *layers: Any,
    context: Context = DIGITS,
    curable: bool = True,
    **more: Any,
) -> Broken:
    return Broken(name, project(*chain(*layers, **more)), context, code, at, curable)


def drawn(
    name: str,
    code: str,
    at: str | None,
    *nodes: Any,
    context: Context = DIGITS,
    curable: bool = True,
    **more: Any,
) -> Broken:
    return Broken(name, project(*nodes, **more), context, code, at, curable)


IN = node("image", "input")


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


NONE_10 = Context((TensorSpec((N, 8)),), 10)


def kinds() -> Iterator[Broken]:
    embed = node("embedding1", "nn.Embedding", num_embeddings=100, embedding_dim=8)
    yield on_chain(
        "embedding-of-reals",
        "dtype-mismatch",
        "embedding1",
        embed,
        FLAT,
        node("fc", "nn.Linear", out_features=3),
        context=NONE,
        shape=["N", 12],
    )
    yield on_chain(
        "embedding-of-what-a-layer-gives",
        "dtype-mismatch",
        "embedding1",
        node("relu1", "nn.ReLU"),
        embed,
        FLAT,
        node("fc", "nn.Linear", out_features=3),
        context=NONE,
        shape=["N", 12],
    )
    yield on_chain(
        "linear-of-words",
        "dtype-mismatch",
        "fc1",
        node("fc1", "nn.Linear", out_features=4),
        FLAT,
        FC,
        context=WORDS,
    )
    yield drawn(
        "all-outputs",
        "tuple-output",
        "fc",
        IN,
        node("lstm1", "nn.LSTM", "image", hidden_size=8, batch_first=True),
        node("fc", "nn.Linear", "lstm1", out_features=2),
        node("output", "output", "fc"),
        context=Context((TensorSpec((N, 20, 6)),)),
    )
    yield drawn(
        "no-such-output",
        "no-such-output",
        "flatten1",
        IN,
        node("lstm1", "nn.LSTM", "image", hidden_size=8, batch_first=True),
        node("flatten1", "nn.Flatten", "lstm1:7"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )


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


ALL = [*widths(), *ranks(), *kernels(), *divisors(), *merges(), *shapes(), *kinds(), *params(), *graphs()]
