"""The project without a window: load, look, build, save."""

from __future__ import annotations

from pathlib import Path

import pytest

import studio
from studio import places
from studio.project.errors import ProjectError

DIGITS = places.gallery() / "digits.json"


def test_a_project_is_loaded_and_saved_as_it_was(tmp_path: Path) -> None:
    project = studio.load(DIGITS)
    saved = studio.save(project, tmp_path / "mine.json")
    assert saved.path == tmp_path / "mine.json"
    assert studio.load(tmp_path / "mine.json").document == project.document
    assert "model" in project.networks
    assert project.data["source"] == "digits"
    assert project.training


def test_a_project_saves_to_where_it_came_from(tmp_path: Path) -> None:
    studio.load(DIGITS).save(tmp_path / "mine.json")
    mine = studio.load(tmp_path / "mine.json")
    assert mine.save().path == tmp_path / "mine.json"


def test_a_project_without_a_file_asks_for_one() -> None:
    project = studio.Project(studio.load(DIGITS).document)
    with pytest.raises(ProjectError, match="Name one"):
        project.save()


def test_it_is_analysed_and_built_with_names_that_pytorch_users_expect() -> None:
    import torch

    project = studio.load(DIGITS)
    assert project.analyse().errors == ()
    module = project.build("model")
    names = {key.rpartition(".")[0] for key in module.state_dict()}
    assert names <= set(project.networks["model"].nodes)
    module.eval()
    assert module(torch.zeros(2, 1, 8, 8)).shape == (2, 10)


def test_a_module_in_memory_becomes_a_project_that_builds_it_again() -> None:
    import torch
    from torch import nn

    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2)).eval()
    images = torch.rand(2, 1, 8, 8)
    project = studio.from_module(module, images, "Small")
    assert project.name == "Small"
    assert project.report is not None and project.report.parameters == 330
    built = project.build().eval()
    built.load_state_dict(module.state_dict())
    assert torch.equal(built(images), module(images))


def test_what_studio_does_not_have_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        studio.nonsense  # noqa: B018
