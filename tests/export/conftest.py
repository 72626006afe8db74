"""Trained runs to export: the gallery's own, after an epoch, and untrained networks standing in for runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from studio import places
from studio.compiler.analysis import Context
from studio.data.preprocessing import Preprocessing
from studio.graph.model import Network, Node, ProjectData
from studio.project import files
from studio.training.runs import Run, open_run
from studio.training.settings import Settings, read


def _trained(name: str, folder: Path) -> Run:
    from studio.training.run import train

    project = files.load(places.gallery() / f"{name}.json")
    training = {**project.training, "epochs": 1}
    project = replace(project, settings={**project.settings, "training": training})
    return open_run(train(project, folder, folder / f"{name}.runs").folder)


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _trained("digits", tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="session")
def diabetes_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return _trained("diabetes", tmp_path_factory.mktemp("diabetes"))


@dataclass(frozen=True)
class Untrained:
    """Has what the exporters ask of a run; its module is freshly built, so any network can be tried."""

    project: ProjectData
    settings: Settings = field(default_factory=lambda: read({}))
    context: Context = field(default_factory=Context)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)

    def load_module(self, which: str = "best", apart: bool = False) -> Any:
        from studio.compiler.build import build

        return build(self.project, "model", self.context, seed=1).eval()


Layers = list[tuple[str, dict[str, Any]]]


def chain(shape: list[Any], layers: Layers, dtype: str = "float32") -> Untrained:
    """A network whose layers follow each other: `(type, params)`, for a function its literal kwargs."""
    nodes = {"x": Node("x", "input", {"shape": shape, "dtype": dtype})}
    before = "x"
    for index, (type_, values) in enumerate(layers):
        name = f"n{index}"
        module = type_.startswith("nn.")
        nodes[name] = Node(name, type_, values if module else {}, ({"n": before},), {} if module else values)
        before = name
    nodes["y"] = Node("y", "output", {}, ({"n": before},))
    return Untrained(ProjectData("Chain", {"model": Network(nodes)}))


@pytest.fixture
def make_chain() -> Callable[..., Untrained]:
    return chain
