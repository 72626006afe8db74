"""`netloom gallery` and `netloom new`: the examples, held against their floors and copied."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from studio import places
from studio.cli import main
from studio.insight import gallery
from studio.project import files


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A gallery of iris, of one epoch, with the floor that `edit` gives it."""
    pages = tmp_path / "pages"
    pages.mkdir()
    project = json.loads((places.gallery() / "iris.json").read_text(encoding="utf-8"))
    project["training"]["epochs"] = 3
    (tmp_path / "iris.json").write_text(json.dumps(project), encoding="utf-8")
    lesson = (places.gallery() / "pages" / "iris.json").read_text(encoding="utf-8")
    (pages / "iris.json").write_text(lesson, encoding="utf-8")
    monkeypatch.setattr(places, "gallery", lambda: tmp_path)
    return tmp_path


def edit(folder: Path, **changes: object) -> None:
    path = folder / "pages" / "iris.json"
    table = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(table | changes), encoding="utf-8")


def floor(least: float) -> dict[str, object]:
    source = {"en": "a guess", "zh_CN": "猜测"}
    return {"split": "test", "metric": "accuracy", "at_least": least, "source": source}


def test_a_project_above_its_floor_is_reached_and_its_graph_scores_the_same(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(small, floor=floor(0.1))

    assert main(["gallery", "--json"]) == 0

    project, end = told(capsys)
    assert project["status"] == "reached"
    assert project["onnx"] == pytest.approx(project["score"])
    assert end["reached"] == 1


def test_a_project_below_its_floor_is_a_problem(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(small, floor=floor(1.01))

    assert main(["gallery", "iris"]) == 1

    assert "below" in capsys.readouterr().out


def test_a_project_whose_data_is_not_there_is_named_and_left_out(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(small, data={"folder": "iris/iris.csv", "from": "https://example.org"})

    assert main(["gallery", "--json", "--data", str(tmp_path / "none")]) == 0

    project, end = told(capsys)
    assert project["status"] == "skipped"
    assert "iris/iris.csv" in str(project["note"])
    assert end["skipped"] == 1


@pytest.mark.slow
def test_the_folds_of_a_project_are_scored_together(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(small, floor=floor(0.1) | {"split": "folds"})
    project = json.loads((small / "iris.json").read_text(encoding="utf-8"))
    project["data"]["split"]["folds"] = 2
    (small / "iris.json").write_text(json.dumps(project), encoding="utf-8")

    assert main(["gallery", "--json"]) == 0

    scored = told(capsys)[0]
    assert scored["onnx"] == pytest.approx(scored["score"])


def test_an_unknown_example_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery", "irs"]) == 2
    assert "iris" in capsys.readouterr().err


def test_a_new_project_knows_its_lesson(tmp_path: Path) -> None:
    assert main(["new", "digits", str(tmp_path / "mine.json")]) == 0

    assert gallery.lesson_of(files.load(tmp_path / "mine.json")) == "digits"


def test_the_examples_are_listed_by_groups(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "First steps"
    assert sum(line.startswith("  ") for line in lines) == len(gallery.examples())
