"""Modules as a person writes them, beside the drawing of the same network. Names and keys are equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - its usual name
from drawing import chain, network, node, project
from torch import Tensor, nn

from studio.graph.model import ProjectData


class Lenet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool = nn.AvgPool2d(2)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.pool(torch.tanh(self.conv1(image)))
        x = self.pool(torch.tanh(self.conv2(x)))
        x = torch.flatten(x, 1)
        return self.fc3(torch.tanh(self.fc2(torch.tanh(self.fc1(x)))))


def lenet() -> ProjectData:
    return project(
        *chain(
            node("conv1", "nn.Conv2d", out_channels=6, kernel_size=5, padding=2),
            node("tanh1", "torch.tanh"),
            node("pool", "nn.AvgPool2d", kernel_size=2),
            node("conv2", "nn.Conv2d", out_channels=16, kernel_size=5),
            node("tanh2", "torch.tanh"),
            node("pool2", "nn.AvgPool2d", path="pool"),
            node("flatten1", "torch.flatten", kwargs={"start_dim": 1}),
            node("fc1", "nn.Linear", out_features=120),
            node("tanh3", "torch.tanh"),
            node("fc2", "nn.Linear", out_features=84),
            node("tanh4", "torch.tanh"),
            node("fc3", "nn.Linear", out_features=10),
            shape=["N", 1, 28, 28],
        )
    )


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)
        self.skip = nn.Conv2d(inputs, channels, 1, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.skip(x))


class ResidualNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.block1 = ResidualBlock(8, 16)
        self.block2 = ResidualBlock(16, 32, stride=2)
        self.fc = nn.Linear(32, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.block2(self.block1(self.stem(image)))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def residual_net() -> ProjectData:
    width = {"p": "channels"}
    block = network(
        node("x", "input"),
        node(
            "conv1",
            "nn.Conv2d",
            "x",
            out_channels=width,
            kernel_size=3,
            stride={"p": "stride"},
            padding=1,
            bias=False,
        ),
        node("bn1", "nn.BatchNorm2d", "conv1"),
        node("relu1", "F.relu", "bn1"),
        node("conv2", "nn.Conv2d", "relu1", out_channels=width, kernel_size=3, padding=1, bias=False),
        node("bn2", "nn.BatchNorm2d", "conv2"),
        node("skip", "nn.Conv2d", "x", out_channels=width, kernel_size=1, stride={"p": "stride"}),
        node("add1", "torch.add", "bn2", "skip"),
        node("relu2", "F.relu", "add1"),
        node("y", "output", "relu2"),
        channels=64,
        stride=1,
    )
    return project(
        *chain(
            node("stem", "nn.Conv2d", out_channels=8, kernel_size=3, padding=1),
            node("block1", "block:residual block", channels=16),
            node("block2", "block:residual block", channels=32, stride=2),
            node("pool1", "F.adaptive_avg_pool2d", kwargs={"output_size": 1}),
            node("flatten1", "torch.flatten", kwargs={"start_dim": 1}),
            node("fc", "nn.Linear", out_features=10),
            shape=["N", 3, 16, 16],
        ),
        blocks={"residual block": block},
    )


class LstmClassifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 12)
        self.lstm = nn.LSTM(12, 16, num_layers=2, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(32, 4)

    def forward(self, words: Tensor) -> Tensor:
        output, (h_n, _) = self.lstm(self.embedding(words))
        return self.fc(output[:, -1]) + self.fc(torch.cat([h_n[0], h_n[1]], dim=1))


def lstm_classifier() -> ProjectData:
    whole = {"slice": [None, None, None]}
    return project(
        node("words", "input", shape=["N", 9], dtype="int64"),
        node("embedding", "nn.Embedding", "words", num_embeddings=50, embedding_dim=12),
        node(
            "lstm", "nn.LSTM", "embedding", hidden_size=16, num_layers=2, batch_first=True, bidirectional=True
        ),
        node("last", "op.getitem", "lstm:0", {"t": [whole, -1]}),
        node("fc", "nn.Linear", "last", out_features=4),
        node("forwards", "op.getitem", "lstm:1", 0),
        node("backwards", "op.getitem", "lstm:1", 1),
        node("cat1", "torch.cat", ["forwards", "backwards"], kwargs={"dim": 1}),
        node("fc_again", "nn.Linear", "cat1", path="fc"),
        node("add1", "torch.add", "fc", "fc_again"),
        node("output", "output", "add1"),
    )


class SmallTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(40, 16)
        self.position = nn.Parameter(torch.zeros(1, 7, 16))
        self.encoder1 = nn.TransformerEncoderLayer(16, 4, dim_feedforward=32, dropout=0.0, batch_first=True)
        self.attention = nn.MultiheadAttention(16, 2, batch_first=True)
        self.ln = nn.LayerNorm(16)
        self.fc = nn.Linear(16, 3)

    def forward(self, words: Tensor) -> Tensor:
        x = self.encoder1(self.embedding(words) + self.position)
        attended, _ = self.attention(x, x, x)
        return self.fc(self.ln(x + attended).mean(dim=1))


def small_transformer() -> ProjectData:
    return project(
        node("words", "input", shape=["N", 7], dtype="int64"),
        node("embedding", "nn.Embedding", "words", num_embeddings=40, embedding_dim=16),
        node("position", "param", shape=[1, 7, 16], init="zeros"),
        node("add1", "torch.add", "embedding", "position"),
        node(
            "encoder1",
            "nn.TransformerEncoderLayer",
            "add1",
            nhead=4,
            dim_feedforward=32,
            dropout=0.0,
            batch_first=True,
        ),
        node(
            "attention",
            "nn.MultiheadAttention",
            "encoder1",
            "encoder1",
            "encoder1",
            num_heads=2,
            batch_first=True,
        ),
        node("add2", "torch.add", "encoder1", "attention:0"),
        node("ln", "nn.LayerNorm", "add2"),
        node("mean1", "torch.mean", "ln", kwargs={"dim": [1]}),
        node("fc", "nn.Linear", "mean1", out_features=3),
        node("output", "output", "fc"),
    )


class Perceptron(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features)


def perceptron() -> ProjectData:
    return project(
        *chain(
            node("layers.0", "nn.Linear", out_features=16),
            node("layers.1", "nn.ReLU"),
            node("layers.2", "nn.Dropout", p=0.2),
            node("layers.3", "nn.Linear", out_features=3),
            shape=["N", 4],
        )
    )


class TwoWays(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.image = nn.Linear(12, 8)
        self.encoder.text = nn.Linear(5, 8)
        self.mean = nn.Linear(16, 4)
        self.spread = nn.Linear(16, 4)
        self.register_buffer("scale", torch.ones(4))

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        both = torch.cat([torch.relu(self.encoder.image(left)), self.encoder.text(right)], dim=1)
        return self.mean(both) * self.scale, torch.clamp(self.spread(both), min=-2.0, max=2.0) - 1


def two_ways() -> ProjectData:
    return project(
        node("left", "input", shape=["N", 12]),
        node("right", "input", shape=["N", 5]),
        node("encoder.image", "nn.Linear", "left", out_features=8),
        node("relu1", "torch.relu", "encoder.image"),
        node("encoder.text", "nn.Linear", "right", out_features=8),
        node("cat1", "torch.cat", ["relu1", "encoder.text"], kwargs={"dim": 1}),
        node("mean", "nn.Linear", "cat1", out_features=4),
        node("scale", "buffer", shape=[4], init="ones"),
        node("mul1", "torch.mul", "mean", "scale"),
        node("spread", "nn.Linear", "cat1", out_features=4),
        node("clamp1", "torch.clamp", "spread", kwargs={"min": -2.0, "max": 2.0}),
        node("sub1", "torch.sub", "clamp1", 1),
        node("first", "output", "mul1"),
        node("second", "output", "sub1"),
    )


@dataclass(frozen=True)
class Pair:
    name: str
    written: Callable[[], nn.Module]
    drawn: Callable[[], ProjectData]
    inputs: Callable[[int], tuple[Tensor, ...]]


PAIRS = [
    Pair("lenet", Lenet, lenet, lambda n: (torch.rand(n, 1, 28, 28),)),
    Pair("residual-net", ResidualNet, residual_net, lambda n: (torch.rand(n, 3, 16, 16),)),
    Pair("lstm", LstmClassifier, lstm_classifier, lambda n: (torch.randint(0, 50, (n, 9)),)),
    Pair("transformer", SmallTransformer, small_transformer, lambda n: (torch.randint(0, 40, (n, 7)),)),
    Pair("perceptron", Perceptron, perceptron, lambda n: (torch.rand(n, 4),)),
    Pair("two-ways", TwoWays, two_ways, lambda n: (torch.rand(n, 12), torch.rand(n, 5))),
]
