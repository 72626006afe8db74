"""Data of another kind, layers that PyTorch checks late, reshapes that are one too many, open lengths."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import DIGITS, IRIS, chain, network, node

from broken.case import FC, FLAT, IMAGES, IN, SIGNAL, WORDS, Broken, conv, drawn, on_chain
from studio.compiler.analysis import Context, N, TensorSpec

RELU = node("relu1", "nn.ReLU")
PAIR = Context((TensorSpec((N, 20, 6)), TensorSpec((N, 8))), 2, "classification")
TABLE = Context((TensorSpec((N, 20)),), 2, "classification")


def data() -> Iterator[Broken]:
    pool = node("pool1", "nn.MaxPool2d", kernel_size=2)
    cnn = (conv(padding=1), RELU, pool, conv("conv2"), node("relu2", "nn.ReLU"), FLAT, FC)
    yield on_chain("iris-into-a-cnn", "rank-mismatch", "conv1", *cnn, context=IRIS)
    words = (node("embed", "nn.Embedding", num_embeddings=50, embedding_dim=8), FLAT, FC)
    yield on_chain("numbers-into-an-embedding", "dtype-mismatch", "embed", *words, context=TABLE)
    yield on_chain("series-into-an-embedding", "dtype-mismatch", "embed", *words, context=SIGNAL)
    yield on_chain(
        "words-into-linear",
        "dtype-mismatch",
        "fc1",
        node("fc1", "nn.Linear", out_features=8),
        RELU,
        FC,
        context=WORDS,
    )
    yield on_chain(
        "table-too-narrow",
        "features-mismatch",
        "fc1",
        node("fc1", "nn.Linear", in_features=30, out_features=8),
        RELU,
        FC,
        context=IRIS,
    )
    grey = (conv(in_channels=1), RELU, FLAT, FC)
    yield on_chain("colour-into-grey", "channels-mismatch", "conv1", *grey, context=IMAGES)
    yield on_chain(
        "small-images", "kernel-too-large", "conv1", conv(kernel_size=11), RELU, FLAT, FC, context=DIGITS
    )


def conversions() -> Iterator[Broken]:
    whole = node("long1", "Tensor.long")
    fc = node("fc1", "nn.Linear", out_features=8)
    yield on_chain("whole-numbers-into-linear", "dtype-mismatch", "fc", FLAT, fc, RELU, whole, FC)
    yield on_chain("whole-numbers-as-answer", "dtype-mismatch", "long1", FLAT, FC, whole)
    yield on_chain(
        "whole-numbers-into-gelu", "dtype-mismatch", "gelu1", FLAT, whole, node("gelu1", "nn.GELU"), FC
    )
    yield drawn(
        "whole-numbers-as-key",
        "dtype-mismatch",
        "attend",
        IN,
        node("long1", "Tensor.long", "image"),
        node("attend", "nn.MultiheadAttention", "image", "long1", "image", num_heads=2, batch_first=True),
        node("flatten1", "nn.Flatten", "attend:0"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )


def transposed() -> Iterator[Broken]:
    up = node("up1", "nn.ConvTranspose2d", in_channels=9, out_channels=4, kernel_size=2, stride=2)
    yield on_chain("transposed-channels", "channels-mismatch", "up1", conv(), RELU, up, FLAT, FC)
    still = node("up1", "nn.ConvTranspose2d", out_channels=4, kernel_size=2, stride=0)
    yield on_chain("transposed-stride", "bad-parameter", "up1", conv(), RELU, still, FLAT, FC)


def reshapes() -> Iterator[Broken]:
    joined = node("joined", "torch.flatten", kwargs={"start_dim": 0, "end_dim": 1})
    yield on_chain(
        "batch-joined-far-up", "auto-batch", "fc", FLAT, joined, RELU, node("drop1", "nn.Dropout"), FC
    )
    turn = node("turn1", "torch.transpose", kwargs={"dim0": 1, "dim1": 2})
    wide = node("fc1", "nn.Linear", in_features=6, out_features=8)
    yield on_chain("turned-series", "features-mismatch", "fc1", turn, wide, RELU, FLAT, FC, context=SIGNAL)
    yield drawn(
        "flattened-query",
        "features-mismatch",
        "attend",
        IN,
        node("flat", "nn.Flatten", "image"),
        node(
            "attend",
            "nn.MultiheadAttention",
            "flat",
            "image",
            "image",
            embed_dim=6,
            num_heads=2,
            batch_first=True,
        ),
        node("flatten1", "nn.Flatten", "attend:0"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
    open_ = Context((), 2, "classification")
    yield on_chain("open-length", "open-length", "fc", FLAT, FC, context=open_, shape=["N", "L", 6])


def partners() -> Iterator[Broken]:
    yield drawn(
        "position-table",
        "shapes-differ",
        "add1",
        IN,
        node("embed", "nn.Embedding", "image", num_embeddings=9, embedding_dim=8),
        node("place", "param", shape=[30, 8]),
        node("add1", "torch.add", "embed", "place"),
        node("flatten1", "nn.Flatten", "add1"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=WORDS,
    )
    yield drawn(
        "query-and-key",
        "matmul-mismatch",
        "dot",
        IN,
        node("q", "nn.Linear", "image", out_features=8),
        node("k", "nn.Linear", "image", out_features=6),
        node("turn", "torch.transpose", "k", kwargs={"dim0": 1, "dim1": 2}),
        node("dot", "torch.matmul", "q", "turn"),
        node("flatten1", "nn.Flatten", "dot"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
    yield drawn(
        "attention-not-wired",
        "not-wired",
        "attend",
        IN,
        node("attend", "nn.MultiheadAttention", num_heads=2, batch_first=True),
        node("flatten1", "nn.Flatten", "attend:0"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        context=SIGNAL,
    )
    yield drawn(
        "two-inputs-cat",
        "shapes-differ",
        "cat1",
        node("series", "input"),
        node("facts", "input"),
        node("cat1", "torch.cat", ["series", "facts"], kwargs={"dim": 1}),
        node("fc", "nn.Linear", "cat1"),
        node("output", "output", "fc"),
        context=PAIR,
    )


def blocks() -> Iterator[Broken]:
    yield on_chain(
        "parameter-outside-a-block",
        "unknown-parameter",
        "conv1",
        conv(out_channels={"p": "width"}),
        RELU,
        FLAT,
        FC,
    )
    held = network(
        node("x", "input"),
        node("conv", "nn.Conv2d", "x", out_channels={"p": "width"}, kernel_size=3),
        node("y", "output", "conv"),
        channels=8,
    )
    yield drawn(
        "parameter-renamed",
        "unknown-parameter",
        "conv",
        IN,
        node("block1", "block:Held", "image", channels=8),
        node("flatten1", "nn.Flatten", "block1"),
        node("fc", "nn.Linear", "flatten1"),
        node("output", "output", "fc"),
        blocks={"Held": held},
    )
    yield on_chain(
        "groups-of-seven",
        "groups-divisibility",
        "conv2",
        conv(out_channels=7),
        RELU,
        conv("conv2", groups=3, out_channels=9),
        FLAT,
        FC,
    )
    yield on_chain(
        "text-in-an-embedding",
        "bad-parameter",
        "embed",
        node("embed", "nn.Embedding", num_embeddings=9, embedding_dim="8"),
        FLAT,
        FC,
        context=WORDS,
    )
    yield drawn(
        "batch-norm-of-one",
        "batch-norm-of-one",
        "bn1",
        *chain(
            FLAT,
            node("fc1", "nn.Linear", out_features=8, bias=False),
            node("bn1", "nn.BatchNorm1d"),
            RELU,
            FC,
        ),
        training={"batch_size": 1},
    )


def everything() -> Iterator[Broken]:
    for make in (data, conversions, transposed, reshapes, partners, blocks):
        yield from make()
