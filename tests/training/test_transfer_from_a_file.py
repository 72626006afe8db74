"""Transfer from a file, end to end: what others trained by themselves helps where there are few samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

import studio
from studio.data.sources import KINDS
from studio.graph.model import ProjectData
from studio.training import machine
from studio.training.run import train
from studio.training.runs import open_run

FEW = 0.94
"""the share of the samples that test: about a dozen of each class are left to learn from"""


class Theirs(nn.Module):
    """A network of somebody's who never heard of us, with names of its own."""

    def __init__(self, classes: int = 5) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 24, 3, padding=1)
        self.stem_norm = nn.BatchNorm2d(24)
        self.deep = nn.Conv2d(24, 24, 3, padding=1)
        self.deep_norm = nn.BatchNorm2d(24)
        self.pool = nn.AdaptiveAvgPool2d(2)
        self.head = nn.Linear(96, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.stem_norm(self.stem(x)))
        x = torch.relu(self.deep_norm(self.deep(x)))
        return self.head(torch.flatten(self.pool(x), 1))


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    found = load_digits()
    return found.images[:, None].astype(np.float32), found.target


@pytest.fixture(scope="module")
def file(digits: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that tell 0 to 4 apart, learned in plain PyTorch and kept as others keep them."""
    x, y = (torch.from_numpy(part[digits[1] < 5]) for part in digits)
    x = (x - x.mean()) / x.std()
    with torch.random.fork_rng(devices=[]), machine.using_threads(1):
        torch.manual_seed(0)
        model = Theirs()
        optimizer = torch.optim.Adam(model.parameters(), 0.003)
        for epoch in range(4):
            for some in torch.randperm(len(x), generator=torch.Generator().manual_seed(epoch)).split(32):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[some]), y[some]).backward()
                optimizer.step()
    path = tmp_path_factory.mktemp("theirs") / "theirs.pth"
    torch.save({"state_dict": {f"module.{name}": value for name, value in model.state_dict().items()}}, path)
    return path


def project(digits: tuple[np.ndarray, np.ndarray], folder: Path) -> ProjectData:
    """Their network on the canvas, frozen but for its head, and few samples of 5 to 9."""
    x, y = digits
    np.savez(folder / "few.npz", x=x[y >= 5], y=y[y >= 5] - 5)
    reading = KINDS["arrays"].look(folder / "few.npz", {})
    split = {"validation": 0.02, "test": FEW, "seed": 0}
    drawn = studio.from_module(Theirs(), torch.zeros(2, 1, 8, 8), "Theirs").document
    model = drawn.networks["model"]
    nodes = {
        id_: replace(node, extra={"learning": "frozen"})
        if node.type in ("nn.Conv2d", "nn.BatchNorm2d")
        else node
        for id_, node in model.nodes.items()
    }
    data = {"source": "arrays", "root": str(folder / "few.npz"), "reading": reading, "split": split}
    training = {"epochs": 40, "batch_size": 16, "seed": 0, "threads": 1}
    training["optimizer"] = {"type": "Adam", "lr": 0.01}
    return replace(
        drawn,
        networks={**drawn.networks, "model": replace(model, nodes=nodes)},
        settings={"data": data, "training": training},
    )


def test_a_frozen_network_with_weights_of_a_file_beats_one_with_drawn_ones(
    digits: tuple[np.ndarray, np.ndarray], file: Path, tmp_path: Path
) -> None:
    fresh = project(digits, tmp_path)
    told = replace(fresh, settings={**fresh.settings, "training": {**fresh.training, "weights": str(file)}})

    with_weights, without = (train(p, tmp_path, tmp_path / "runs", device="cpu") for p in (told, fresh))

    kept = torch.load(file, weights_only=True)["state_dict"]["module.deep.weight"]
    found = open_run(with_weights.folder).load_module().state_dict()["deep.weight"]
    assert torch.equal(found, kept)
    assert with_weights.test["accuracy"] > without.test["accuracy"] + 0.02
