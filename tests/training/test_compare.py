"""In what runs differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from studio.graph.model import ProjectData
from studio.training import labels
from studio.training.compare import differences
from studio.training.run import train

Make = Callable[..., ProjectData]


def wider(project: ProjectData) -> ProjectData:
    model = project.networks["model"]
    fc1 = replace(model.nodes["fc1"], params={"out_features": 16}, at=(500, 500))
    return replace(project, networks={"model": replace(model, nodes={**model.nodes, "fc1": fc1})})


def test_settings_networks_and_results_are_named_by_their_place(iris: Make, tmp_path: Path) -> None:
    first = train(iris(epochs=1), None, tmp_path).folder
    second = train(wider(iris(epochs=2)), None, tmp_path).folder
    found = dict(differences([first, second]))
    assert found["training.epochs"] == ("1", "2")
    assert found["model.fc1.out_features"] == ("8", "16")
    assert found["result.parameters"] == ("67", "131")
    assert "result.test.accuracy" in found or "result.test.loss" in found
    assert not any("batch_size" in place or ".at" in place for place in found)


def test_a_layer_that_only_one_run_has_is_empty_in_the_other(iris: Make, tmp_path: Path) -> None:
    project = iris(epochs=1)
    model = project.networks["model"]
    fewer = {name: node for name, node in model.nodes.items() if name != "drop"}
    fewer["fc2"] = replace(fewer["fc2"], args=({"n": "relu"},))
    other = replace(project, networks={"model": replace(model, nodes=fewer)})
    found = dict(differences([train(p, None, tmp_path).folder for p in (project, other)]))
    assert found["model.drop"] == ("nn.Dropout ← relu", "")
    assert found["model.fc2"] == ("nn.Linear ← drop", "nn.Linear ← relu")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"title": 5, "star": "yes"}'])
def test_labels_that_cannot_be_read_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / labels.FILE).write_text(content)
    assert labels.read(tmp_path).star is False
