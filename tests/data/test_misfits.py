"""Steps, splits and augmentation that do not fit the data are problems, with cures that hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio import places
from studio.compiler import beginnings
from studio.compiler.infer import analyse
from studio.data import settings
from studio.data.sources import table
from studio.graph.document import Change, Document
from studio.graph.model import Network, ProjectData
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


# -- preprocessing -------------------------------------------------------------------------------


@pytest.fixture
def table_of(tmp_path: Path) -> Callable[..., ProjectData]:
    """A project for a table of two numbers, or none, and a category, with a network of that width."""

    def made(*preprocessing: Any, numbers: bool = True, **data: Any) -> ProjectData:
        path = tmp_path / "people.csv"
        head, row = ("age,height,", "{i},{h},") if numbers else ("", "")
        rows = [row.format(i=20 + i % 9, h=150 + i * 7 % 31) + f"{'abc'[i % 3]},{i % 2}" for i in range(40)]
        path.write_text("\n".join([f"{head}kind,target", *rows]) + "\n", encoding="utf-8")
        section = {"source": "table", "root": str(path), "reading": table.look(path, {}), **data}
        if preprocessing:
            section["preprocessing"] = list(preprocessing)
        nodes = beginnings.nodes(context_of(ProjectData("T", {"model": Network()}, {"data": section})))
        network = Network(nodes={node.id: node for node in nodes})
        return ProjectData("T", {"model": network}, {"data": section})

    return made


def cured(project: ProjectData) -> list[tuple[str, Any]]:
    """Each cure of the only error, with the list of steps that it leaves; all of them hold."""
    [problem] = analyse(project, context_of(project)).errors
    found = []
    for cure in problem.cures:
        document = Document(project)
        document.adopt(Change(cure.label, cure.operations))
        after = document.data()
        assert not analyse(after, context_of(after)).errors
        found.append((str(cure.label), after.data["preprocessing"]))
    return found


def test_a_step_on_a_column_that_is_gone_keeps_the_others(table_of: Callable[..., ProjectData]) -> None:
    project = table_of({"type": "robust", "columns": ["age", "weight"]})

    assert cured(project)[:3] == [
        ("Leave weight out of Scale by the quartiles", [{"type": "robust", "columns": ["age"]}]),
        ("Do Scale by the quartiles to every column that it fits", [{"type": "robust"}]),
        ("Take Scale by the quartiles out of the preprocessing", []),
    ]


def test_a_step_for_numbers_before_they_are_made_can_be_moved(table_of: Callable[..., ProjectData]) -> None:
    pca, scale, one_hot = {"type": "pca"}, {"type": "standardize"}, {"type": "one_hot"}

    labels, lists = zip(*cured(table_of(pca, one_hot)), strict=True)
    assert lists[0] == [one_hot, pca] and labels[0].startswith("Do Main directions (PCA) after ")

    labels, lists = zip(*cured(table_of(scale, pca)), strict=True)
    assert lists == ([scale, one_hot, pca], [scale])


def test_too_many_columns_are_brought_to_as_many_as_there_are(table_of: Callable[..., ProjectData]) -> None:
    [first, *_] = cured(table_of({"type": "one_hot"}, {"type": "best", "keep": 50}))

    assert first == (
        "Set Columns that stay of The best columns to 5",
        [{"type": "one_hot"}, {"type": "best", "keep": 5}],
    )


def test_wrong_options_and_steps_are_put_right(table_of: Callable[..., ProjectData]) -> None:
    [first, *_] = cured(table_of({"type": "missing", "by": "magic"}))
    assert first[1] == [{"type": "missing", "by": "median"}]

    [first, *_] = cured(table_of({"type": "standardize", "strength": 3}))
    assert first == ("Leave strength of Standardise out", [{"type": "standardize"}])

    assert [left for _, left in cured(table_of("twist"))] == [[]]


def test_a_table_of_categories_only_is_not_standardised_unless_it_is_said(
    table_of: Callable[..., ProjectData],
) -> None:
    project = table_of(numbers=False)
    assert not analyse(project, context_of(project)).problems
    assert [step.kind.type for step in settings.read(project.data).steps if step.kind] == [
        "missing",
        "one_hot",
    ]

    [first, *_] = cured(table_of({"type": "standardize"}, numbers=False))
    assert first[1] == [{"type": "one_hot"}, {"type": "standardize"}]


def test_a_crop_larger_than_the_images_is_fitted_to_them() -> None:
    [first, last] = cured(digits(preprocessing=[{"type": "crop", "height": 40, "width": 6}]))

    assert first[1] == [{"type": "crop", "height": 8, "width": 6}] and last[1] == []


def test_another_setting_that_cannot_be_read_is_a_problem_too(table_of: Callable[..., ProjectData]) -> None:
    project = table_of(duplicates="all")

    [problem] = analyse(project, context_of(project)).errors

    assert "data.duplicates" in str(problem.text)
    assert [str(cure.label) for cure in problem.cures] == ["Set data.duplicates to 'keep'"]
