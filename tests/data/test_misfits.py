"""A split or an augmentation that does not fit the data is a problem of the project, and its cure holds."""

from __future__ import annotations

from typing import Any

import pytest

from studio import places
from studio.compiler.infer import analyse
from studio.graph.document import Change, Document
from studio.graph.model import ProjectData
from studio.project import files
from studio.training.objectives import context_of


def digits(**data: Any) -> ProjectData:
    project = files.open_project(places.gallery() / "digits.json").project
    settings = {**project.settings, "data": {**project.data, **data}}
    return ProjectData(project.name, project.networks, settings)


@pytest.mark.parametrize(
    ("data", "said", "label", "key", "left"),
    [
        (
            {"augmentation": [{"type": "flip"}, {"type": "mask_tokens"}]},
            "Mask words is for texts, and the data are images",
            "Take Mask words out of the augmentation",
            "augmentation",
            [{"type": "flip"}],
        ),
        (
            {"augmentation": [{"type": "twist"}]},
            "expected is one of the steps flip",
            "Take twist out of the augmentation",
            "augmentation",
            [],
        ),
        (
            {"split": {"test": 0.2, "by": "group", "group": "patient"}},
            "which needs a column of the file",
            "Split the data automatically",
            "split",
            {"test": 0.2},
        ),
    ],
)
def test_what_does_not_fit_is_a_problem_with_a_cure(
    data: dict[str, Any], said: str, label: str, key: str, left: Any
) -> None:
    project = digits(**data)

    [problem] = analyse(project, context_of(project)).errors

    assert said in str(problem.text)
    [cure] = problem.cures
    assert str(cure.label) == label
    document = Document(project)
    document.adopt(Change(cure.label, cure.operations))
    cured = document.data()
    assert cured.data[key] == left
    assert not analyse(cured, context_of(cured)).errors


def test_what_fits_is_no_problem() -> None:
    project = digits(augmentation=[{"type": "crop", "padding": 1}], split={"by": "stratified"})

    assert not analyse(project, context_of(project)).errors
