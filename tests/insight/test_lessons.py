"""Every project of the gallery has a lesson that can be read, and exercises that are still to be solved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from studio.catalog import signatures, table
from studio.compiler.analysis import Analysis
from studio.compiler.infer import analyse
from studio.graph.model import ProjectData
from studio.insight import gallery as shown
from studio.insight import lessons
from studio.insight.exercises import KINDS, Standing, Trained
from studio.insight.lessons import Lesson, LessonError
from studio.places import gallery
from studio.project import files
from studio.training.objectives import KINDS as OBJECTIVES
from studio.training.objectives import context_of
from studio.training.settings import read
from studio.words import LANGUAGES

PROJECTS = sorted(path.stem for path in gallery().glob("*.json"))
HEADINGS = 4
"""what it is, what to look at, what to change, what should happen"""


@cache
def known(name: str) -> tuple[ProjectData, Analysis]:
    project = files.load(gallery() / f"{name}.json")
    return project, analyse(project, context_of(project))


def metrics(project: ProjectData) -> set[str]:
    settings = read(project.training, context_of(project).task)
    kind = OBJECTIVES[settings.objective]
    return {"loss", *kind.metrics, *kind.at_the_end}


def checks(lesson: Lesson) -> Iterator[dict[str, object]]:
    return (dict(check) for exercise in lesson.exercises for check in exercise.checks)


def test_every_lesson_has_its_project() -> None:
    assert shown.lessons() == PROJECTS


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_has_a_picture_and_a_page_in_every_language(name: str) -> None:
    lesson = lessons.load(name)

    assert (gallery() / f"{name}.png").stat().st_size > 0
    for language in LANGUAGES:
        page = lesson.page(language)
        assert page.count("\n## ") >= HEADINGS, f"{lesson.pages[language]}: its parts are headed by ##"
        assert len(page.splitlines()) <= 60
    assert any("\u4e00" <= sign <= "\u9fff" for sign in lesson.page("zh_CN"))


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_has_no_problem(name: str) -> None:
    _, analysis = known(name)

    said = [str(problem.text) for problem in (*analysis.errors, *analysis.of("warning"))]
    assert said == []


@pytest.mark.parametrize("name", PROJECTS)
def test_a_floor_is_of_a_metric_that_the_project_has(name: str) -> None:
    project, _ = known(name)
    floor = lessons.load(name).floor

    assert floor.metric in metrics(project)
    assert all(floor.sources.values())


@pytest.mark.parametrize("name", PROJECTS)
def test_there_are_three_exercises_and_none_is_solved_at_the_start(name: str) -> None:
    project, analysis = known(name)
    lesson = lessons.load(name)
    assert len(lesson.exercises) == 3

    at_the_start = Standing(project, analysis, project)
    for exercise in lesson.exercises:
        assert exercise.missing(at_the_start), f"{name}: solved as it comes: {exercise.text('en')}"


@pytest.mark.parametrize("name", PROJECTS)
def test_exercises_name_what_there_is(name: str) -> None:
    project, _ = known(name)
    settings_known = ("data.", "training.")
    for check in checks(lessons.load(name)):
        if "network" in check:
            assert check["network"] in project.networks
        match check["type"]:
            case "node" | "parameter":
                said = check["node"]
                for type_ in [said] if isinstance(said, str) else said:  # type: ignore[union-attr,attr-defined]
                    assert table.entry(type_) or type_.startswith("block:"), type_
                    if "parameter" in check:
                        own = project.networks.get(type_.removeprefix("block:"))
                        known_here = own.parameters if own is not None else ()
                        name_ = str(check["parameter"])
                        assert name_ in known_here or signatures.parameter(type_, name_), check
            case "metric":
                assert check["metric"] in metrics(project), check
            case "setting":
                assert str(check["key"]).startswith(settings_known), check


@pytest.mark.parametrize("name", PROJECTS)
def test_what_an_exercise_misses_is_said_in_both_languages(name: str) -> None:
    from studio import words

    project, analysis = known(name)
    standing = Standing(project, analysis, project, Trained(project, {}))
    for check in checks(lessons.load(name)):
        text = KINDS[str(check["type"])].missing(check, standing)
        for language in LANGUAGES:
            words.set_language(language)
            assert "{" not in str(text), check


@pytest.mark.realdata
@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_fits_the_data_that_it_asks_for(name: str, shared_data: Path) -> None:
    lesson = lessons.load(name)
    project, _, note = lesson.in_folder(shared_data)
    if project is None:
        pytest.skip(str(note))

    there, told = context_of(project), context_of(lesson.original())
    assert (there.inputs, there.outputs) == (told.inputs, told.outputs)


def test_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    project, _, note = lessons.load("mnist_cnn").in_folder(tmp_path)

    assert project is None
    assert str(note).startswith("needs mnist from https://")


def test_every_project_is_in_a_group() -> None:
    grouped = [name for group in shown.GROUPS for name in group.names]

    assert len(grouped) == len(set(grouped))
    assert [example.name for example in shown.examples()] == [n for n in grouped if n in PROJECTS]


def write(folder: Path, content: object) -> Path:
    (folder / "pages").mkdir()
    (folder / "pages" / "mine.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


FLOOR = {"split": "test", "metric": "accuracy", "at_least": 0.9, "source": {"en": "a", "zh_CN": "b"}}
TASK = {"en": "a", "zh_CN": "b"}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ([], "$"),
        ({"floor": FLOOR, "data": None, "exercises": []}, "exercises"),
        ({"floor": FLOOR | {"split": "all"}, "data": None, "exercises": []}, "floor.split"),
        ({"floor": FLOOR | {"at_most": 1}, "data": None, "exercises": []}, "floor"),
        ({"floor": FLOOR | {"source": {"en": "a"}}, "data": None, "exercises": []}, "floor.source"),
        ({"floor": FLOOR, "data": {"folder": "x"}, "exercises": []}, "data"),
        ({"floor": FLOOR, "data": None, "exercises": [{"en": "a", "checks": []}]}, "exercises[0]"),
        (
            {"floor": FLOOR, "data": None, "exercises": [TASK | {"checks": [{"type": "nod"}]}]},
            "exercises[0].checks[0].type",
        ),
        (
            {"floor": FLOOR, "data": None, "exercises": [TASK | {"checks": [{"type": "node"}]}]},
            "exercises[0].checks[0]",
        ),
        (
            {
                "floor": FLOOR,
                "data": None,
                "exercises": [TASK | {"checks": [{"type": "setting", "key": "training.epochs"}]}],
            },
            "exercises[0].checks[0]",
        ),
    ],
)
def test_a_lesson_that_is_not_well_formed_says_where(content: object, place: str, tmp_path: Path) -> None:
    with pytest.raises(LessonError) as caught:
        lessons.load("mine", write(tmp_path, content))

    assert f"mine.json: {place}:" in str(caught.value)


def test_a_copy_knows_its_lesson_and_says_no_more_of_the_gallery() -> None:
    project = files.load(gallery() / "digits.json")

    copy = shown.own_copy(project, "digits")

    assert shown.lesson_of(copy) == "digits"
    assert shown.lesson_of(project) is None
    assert "about" not in copy.settings
    assert copy.networks == project.networks
