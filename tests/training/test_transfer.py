"""Transfer learning: a frozen network with torchvision's weights, of which only the new layer learns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torchvision import models

from studio.data.sources import KINDS
from studio.graph.model import ProjectData
from studio.importing import sources
from studio.places import gallery
from studio.project import files
from studio.training import start
from studio.training.run import train

PICTURES, SIDE = 12, 16


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where torchvision keeps what it downloads."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return tmp_path / "torch" / "hub" / "checkpoints"


@pytest.fixture
def project(tmp_path: Path) -> ProjectData:
    """The example, on a few pictures of two classes."""
    generator = torch.Generator().manual_seed(0)
    for number in range(PICTURES):
        folder = tmp_path / "pictures" / ("ab"[number % 2])
        folder.mkdir(parents=True, exist_ok=True)
        pixels = torch.randint(0, 256, (SIDE, SIDE, 3), generator=generator, dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(folder / f"{number}.png")
    example = files.load(gallery() / "transfer.json")
    reading = KINDS["images"].look(tmp_path / "pictures", {})
    data = {"source": "images", "root": str(tmp_path / "pictures"), "reading": reading}
    split = {"validation": 0.2, "test": 0.2, "seed": 0}
    training = {**example.training, "epochs": 1, "batch_size": 4, "threads": 1}
    return replace(example, settings={"data": {**data, "split": split}, "training": training})


def test_weights_that_were_not_downloaded_are_named_with_the_cure(cache: Path) -> None:
    with pytest.raises(start.NotDownloadedError, match="netloom import torchvision:resnet18 --download"):
        start.find("torchvision:resnet18", None, cache)


def test_a_network_that_torchvision_has_no_weights_of_is_told() -> None:
    with pytest.raises(sources.SourceError, match="resnet18"):
        start.find("torchvision:resnet1", None, Path())


@pytest.mark.slow
def test_only_the_new_layer_learns(cache: Path, project: ProjectData, tmp_path: Path) -> None:
    torch.manual_seed(0)
    trained = models.resnet18().state_dict()
    cache.mkdir(parents=True)
    torch.save(trained, sources.trained_file("resnet18"))

    forecast = start.forecast(project, tmp_path, tmp_path)
    result = train(project, tmp_path, tmp_path / "runs", device="cpu")

    assert forecast is not None
    assert forecast.fresh == ("fc",)
    kept = load_file(result.folder / "last.safetensors")
    assert kept["fc.weight"].shape == (2, 512)
    for name, tensor in trained.items():
        if not name.startswith("fc."):
            assert torch.equal(kept[name], tensor), name
