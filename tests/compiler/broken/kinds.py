"""Whole numbers for real ones, and several outputs where one is wanted."""

from __future__ import annotations

from collections.abc import Iterator

from drawing import node

from broken.case import FC, FLAT, IN, NONE, SIGNAL, WORDS, Broken, drawn, on_chain
from studio.compiler.analysis import Context, N, TensorSpec


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
