"""Small good networks of every common kind, to be broken: name, document, what the data says."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import DIABETES, DIGITS, IRIS, chain, network, node, project

from studio.compiler.analysis import Context, N, TensorSpec
from studio.graph.model import Node, ProjectData

PHOTOS = Context((TensorSpec((N, 3, 32, 32)),), 10, "classification")
SIGNAL = Context((TensorSpec((N, 6, 40)),), 4, "classification")
STEPS = Context((TensorSpec((N, 20, 6)),), 3, "classification")
WORDS = Context((TensorSpec((N, 24), "int64"),), 2, "classification")
PAIR = Context((TensorSpec((N, 3, 16, 16)), TensorSpec((N, 5))), 4, "classification")
OPEN = Context()

Good = tuple[str, ProjectData, Context]


def _conv(id_: str, source: str | None = None, width: int = 8, **params: object) -> Node:
    sources = () if source is None else (source,)
    return node(
        id_, "nn.Conv2d", *sources, **{"out_channels": width, "kernel_size": 3, "padding": 1, **params}
    )


def _head(source: str) -> tuple[Node, ...]:
    return (node("fc", "nn.Linear", source), node("output", "output", "fc"))


def networks() -> Iterator[Good]:
    yield from _chains()
    yield from _branches()
    yield from _sequences()


def _chains() -> Iterator[Good]:
    relu = [node(f"relu{i}", "nn.ReLU") for i in range(5)]
    yield (
        "lenet",
        project(
            *chain(
                _conv("conv1", width=6),
                relu[0],
                node("pool1", "nn.MaxPool2d", kernel_size=2),
                _conv("conv2", width=16, padding=0),
                relu[1],
                node("flatten", "nn.Flatten"),
                node("fc1", "nn.Linear", out_features=32),
                relu[2],
                node("fc2", "nn.Linear"),
            )
        ),
        DIGITS,
    )
    yield (
        "table",
        project(
            *chain(
                node("fc1", "nn.Linear", out_features=16),
                node("bn1", "nn.BatchNorm1d"),
                relu[0],
                node("drop1", "nn.Dropout", p=0.2),
                node("fc2", "nn.Linear", out_features=12),
                relu[1],
                node("fc3", "nn.Linear"),
            )
        ),
        IRIS,
    )
    yield (
        "regression",
        project(
            *chain(
                node("norm", "nn.LayerNorm"),
                node("fc1", "nn.Linear", out_features=20),
                node("gelu", "nn.GELU"),
                node("fc2", "nn.Linear"),
            )
        ),
        DIABETES,
    )
    yield (
        "vgg",
        project(
            *chain(
                _conv("conv1"),
                node("bn1", "nn.BatchNorm2d"),
                relu[0],
                _conv("conv2", groups=2),
                node("gn", "nn.GroupNorm", num_groups=4),
                relu[1],
                node("drop", "nn.Dropout2d", p=0.1),
                node("pool", "nn.AdaptiveAvgPool2d", output_size=1),
                node("flatten", "nn.Flatten"),
                node("fc", "nn.Linear"),
            )
        ),
        PHOTOS,
    )
    yield (
        "signal",
        project(
            *chain(
                node("conv1", "nn.Conv1d", out_channels=8, kernel_size=5),
                relu[0],
                node("pool1", "nn.MaxPool1d", kernel_size=2),
                node("conv2", "nn.Conv1d", out_channels=12, kernel_size=3),
                node("bn", "nn.BatchNorm1d"),
                relu[1],
                node("pool2", "nn.AdaptiveAvgPool1d", output_size=1),
                node("flatten", "nn.Flatten"),
                node("fc", "nn.Linear"),
            )
        ),
        SIGNAL,
    )
    yield (
        "autoencoder",
        project(
            *chain(
                _conv("conv1", stride=2),
                relu[0],
                _conv("conv2", width=16, stride=2),
                relu[1],
                node("up1", "nn.ConvTranspose2d", out_channels=8, kernel_size=2, stride=2),
                relu[2],
                node("up2", "nn.ConvTranspose2d", out_channels=3, kernel_size=2, stride=2),
                node("sigmoid", "nn.Sigmoid"),
                shape=["N", 3, 32, 32],
            )
        ),
        OPEN,
    )


def _branches() -> Iterator[Good]:
    image = node("image", "input")
    yield (
        "residual",
        project(
            image,
            _conv("stem", "image"),
            _conv("conv1", "stem"),
            node("relu", "nn.ReLU", "conv1"),
            _conv("conv2", "relu"),
            node("add", "torch.add", "conv2", "stem"),
            node("relu2", "nn.ReLU", "add"),
            node("pool", "nn.AdaptiveAvgPool2d", "relu2", output_size=1),
            node("flatten", "nn.Flatten", "pool"),
            *_head("flatten"),
        ),
        PHOTOS,
    )
    block = network(
        node("x", "input"),
        node("conv", "nn.Conv2d", "x", out_channels={"p": "width"}, kernel_size=3, padding=1),
        node("bn", "nn.BatchNorm2d", "conv"),
        node("act", "nn.ReLU", "bn"),
        node("add", "torch.add", "act", "x"),
        node("y", "output", "add"),
        width=8,
    )
    yield (
        "blocks",
        project(
            image,
            _conv("stem", "image"),
            node("block1", "block:Residual", "stem", width=8),
            node("block2", "block:Residual", "block1", width=8),
            node("pool", "nn.AdaptiveMaxPool2d", "block2", output_size=2),
            node("flatten", "nn.Flatten", "pool"),
            *_head("flatten"),
            blocks={"Residual": block},
        ),
        PHOTOS,
    )
    yield (
        "inception",
        project(
            image,
            _conv("narrow", "image", 4, kernel_size=1, padding=0),
            _conv("wide", "image", 6, kernel_size=5, padding=2),
            node("cat", "torch.cat", ["narrow", "wide"], kwargs={"dim": 1}),
            node("bn", "nn.BatchNorm2d", "cat"),
            node("relu", "nn.ReLU", "bn"),
            node("flatten", "nn.Flatten", "relu"),
            *_head("flatten"),
        ),
        PHOTOS,
    )
    yield (
        "unet",
        project(
            node("image", "input", shape=["N", 3, 32, 32]),
            _conv("down1", "image"),
            node("r1", "nn.ReLU", "down1"),
            node("pool", "nn.MaxPool2d", "r1", kernel_size=2),
            _conv("deep", "pool", 16),
            node("r2", "nn.ReLU", "deep"),
            node("up", "nn.ConvTranspose2d", "r2", out_channels=8, kernel_size=2, stride=2),
            node("cat", "torch.cat", ["r1", "up"], kwargs={"dim": 1}),
            _conv("last", "cat", 2),
            node("output", "output", "last"),
        ),
        OPEN,
    )
    yield (
        "gate",
        project(
            image,
            _conv("conv", "image"),
            node("pool", "nn.AdaptiveAvgPool2d", "conv", output_size=1),
            _conv("squeeze", "pool", 4, kernel_size=1, padding=0),
            node("relu", "nn.ReLU", "squeeze"),
            _conv("excite", "relu", 8, kernel_size=1, padding=0),
            node("sigmoid", "nn.Sigmoid", "excite"),
            node("mul", "torch.mul", "conv", "sigmoid"),
            node("flatten", "nn.Flatten", "mul"),
            *_head("flatten"),
        ),
        PHOTOS,
    )
    yield (
        "two inputs",
        project(
            node("picture", "input"),
            node("facts", "input"),
            _conv("conv", "picture"),
            node("relu", "nn.ReLU", "conv"),
            node("pool", "nn.AdaptiveAvgPool2d", "relu", output_size=1),
            node("flatten", "nn.Flatten", "pool"),
            node("dense", "nn.Linear", "facts", out_features=8),
            node("relu2", "nn.ReLU", "dense"),
            node("cat", "torch.cat", ["flatten", "relu2"], kwargs={"dim": 1}),
            *_head("cat"),
        ),
        PAIR,
    )


def _sequences() -> Iterator[Good]:
    last = {"t": [{"slice": [None, None, None]}, -1]}
    image = node("image", "input")
    yield (
        "lstm",
        project(
            image,
            node("lstm", "nn.LSTM", "image", hidden_size=12, batch_first=True),
            node("last", "op.getitem", "lstm:0", last),
            *_head("last"),
        ),
        STEPS,
    )
    yield (
        "gru of words",
        project(
            image,
            node("embed", "nn.Embedding", "image", num_embeddings=50, embedding_dim=8),
            node("gru", "nn.GRU", "embed", hidden_size=10, batch_first=True, num_layers=2),
            node("last", "op.getitem", "gru:0", last),
            node("drop", "nn.Dropout", "last", p=0.1),
            *_head("drop"),
        ),
        WORDS,
    )
    yield (
        "transformer",
        project(
            image,
            node("embed", "nn.Embedding", "image", num_embeddings=50, embedding_dim=16),
            node("place", "param", shape=[24, 16], init="normal"),
            node("add", "torch.add", "embed", "place"),
            node(
                "encoder1", "nn.TransformerEncoderLayer", "add", nhead=4, dim_feedforward=32, batch_first=True
            ),
            node(
                "encoder2",
                "nn.TransformerEncoderLayer",
                "encoder1",
                nhead=4,
                dim_feedforward=32,
                batch_first=True,
            ),
            node("mean", "torch.mean", "encoder2", kwargs={"dim": [1]}),
            *_head("mean"),
        ),
        WORDS,
    )
    yield (
        "attention",
        project(
            image,
            node("up", "nn.Linear", "image", out_features=16),
            node("attend", "nn.MultiheadAttention", "up", "up", "up", num_heads=4, batch_first=True),
            node("add", "torch.add", "up", "attend:0"),
            node("norm", "nn.LayerNorm", "add"),
            node("mean", "torch.mean", "norm", kwargs={"dim": [1]}),
            *_head("mean"),
        ),
        STEPS,
    )
    yield (
        "attention that is told by position where nothing stands",
        project(
            image,
            node("embed", "nn.Embedding", "image", num_embeddings=50, embedding_dim=16),
            node("padding", "torch.eq", "image", kwargs={"other": 0}),
            node(
                "attend",
                "nn.MultiheadAttention",
                *["embed"] * 3,
                "padding",
                num_heads=4,
                batch_first=True,
            ),
            node("largest", "torch.amax", "attend:0", kwargs={"dim": [1]}),
            *_head("largest"),
        ),
        WORDS,
    )
    yield (
        "patches",
        project(
            image,
            node("patch", "nn.Conv2d", "image", out_channels=16, kernel_size=8, stride=8),
            node("flat", "torch.flatten", "patch", kwargs={"start_dim": 2}),
            node("turn", "torch.transpose", "flat", kwargs={"dim0": 1, "dim1": 2}),
            node("norm", "nn.LayerNorm", "turn"),
            node(
                "encoder", "nn.TransformerEncoderLayer", "norm", nhead=4, dim_feedforward=32, batch_first=True
            ),
            node("mean", "torch.mean", "encoder", kwargs={"dim": [1]}),
            *_head("mean"),
        ),
        PHOTOS,
    )
    yield (
        "scores",
        project(
            image,
            node("q", "nn.Linear", "image", out_features=8),
            node("k", "nn.Linear", "image", out_features=8),
            node("turn", "torch.transpose", "k", kwargs={"dim0": 1, "dim1": 2}),
            node("dot", "torch.matmul", "q", "turn"),
            node("soft", "torch.softmax", "dot", kwargs={"dim": -1}),
            node("mix", "torch.matmul", "soft", "image"),
            node("flatten", "nn.Flatten", "mix"),
            *_head("flatten"),
        ),
        STEPS,
    )
