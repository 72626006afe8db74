"""Small projects and data that train in a blink."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from studio.compiler.analysis import Context, N, TensorSpec
from studio.data.prepare import Prepared, Split
from studio.data.preprocessing import Preprocessing
from studio.graph.model import Network, Node, ProjectData


def chain(*layers: tuple[str, str, dict[str, Any]]) -> Network:
    """A network in which each layer feeds the next: (id, type, params)."""
    nodes: dict[str, Node] = {"x": Node("x", "input")}
    before = "x"
    for name, kind, params in layers:
        nodes[name] = Node(name, kind, params, ({"n": before},))
        before = name
    nodes["y"] = Node("y", "output", args=({"n": before},))
    return Network(nodes)


@pytest.fixture
def iris() -> Callable[..., ProjectData]:
    """A perceptron with dropout on iris; keywords change the training section."""

    def make(**training: Any) -> ProjectData:
        network = chain(
            ("fc1", "nn.Linear", {"out_features": 8}),
            ("relu", "nn.ReLU", {}),
            ("drop", "nn.Dropout", {"p": 0.2}),
            ("fc2", "nn.Linear", {}),
        )
        section = {"epochs": 3, "batch_size": 16, "optimizer": {"type": "Adam", "lr": 0.01}, **training}
        return ProjectData("Flowers", {"model": network}, {"data": {"source": "iris"}, "training": section})

    return make


@pytest.fixture
def diabetes() -> Callable[..., ProjectData]:
    """Linear regression on diabetes."""

    def make(**training: Any) -> ProjectData:
        section = {"epochs": 3, "batch_size": 32, "optimizer": {"type": "Adam", "lr": 0.01}, **training}
        return ProjectData(
            "Patients",
            {"model": chain(("linear", "nn.Linear", {}))},
            {"data": {"source": "diabetes"}, "training": section},
        )

    return make


@pytest.fixture
def blobs() -> Prepared:
    """Two clouds of points in the plane that a straight line tells apart: 90 to train on, 30, 30."""
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(150) % 2
    x = torch.randn(150, 2, generator=generator) + 4.0 * (y.unsqueeze(1) - 0.5)
    parts = [Split(x[a:b], y[a:b]) for a, b in ((0, 90), (90, 120), (120, 150))]
    context = Context((TensorSpec((N, 2)),), 2, "classification", ("left", "right"))
    return Prepared(*parts, context, Preprocessing(), "blobs", "blobs", ("left", "right"))
