"""The gallery keeps what it promises."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from studio.data.sources import SOURCES
from studio.places import gallery
from studio.project import files
from studio.training.run import train

PROJECTS = sorted(path.stem for path in gallery().glob("*.json"))


@pytest.mark.parametrize(
    ("name", "metric", "least"), [("digits", "accuracy", 0.97), ("iris", "accuracy", 0.93)]
)
def test_a_classifier_reaches_its_accuracy(name: str, metric: str, least: float, tmp_path: Path) -> None:
    result = train(files.load(gallery() / f"{name}.json"), None, tmp_path)

    assert result.best is not None
    assert result.best["validation"][metric] >= least
    assert result.test[metric] >= 0.93


def test_diabetes_explains_half_of_what_differs(tmp_path: Path) -> None:
    result = train(files.load(gallery() / "diabetes.json"), None, tmp_path)

    assert result.test["r2"] > 0.5
    assert 40 < result.test["mae"] < 50


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_tells_what_it_is_in_both_languages(name: str) -> None:
    about = files.load(gallery() / f"{name}.json").settings["about"]

    for language in ("en", "zh_CN"):
        assert about[language]["title"]
        assert about[language]["text"]
    assert about["score"]
    assert about["seconds"] > 0


@pytest.mark.parametrize("name", PROJECTS)
def test_a_project_lies_in_the_file_as_we_write_it(name: str) -> None:
    path = gallery() / f"{name}.json"

    assert files.dumps(files.load(path)) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("source", [name for name, info in SOURCES.items() if info.shape[0] in (1, 3)])
def test_the_digits_network_takes_images_of_any_source(source: str) -> None:
    from studio.compiler.infer import analyse
    from studio.data.prepare import context_of

    project = files.load(gallery() / "digits.json")
    context = context_of({"source": source})
    if len(context.inputs[0].shape) != 4:
        pytest.skip("a table, not images")

    assert analyse(project, context).errors == ()


@pytest.mark.realdata
@pytest.mark.slow
def test_the_digits_network_reaches_98_percent_on_mnist_in_one_epoch(
    shared_data: Path, tmp_path: Path
) -> None:
    if not (shared_data / "mnist").is_dir():
        pytest.skip(f"no MNIST in {shared_data}")
    project = files.load(Path(shutil.copy(gallery() / "digits.json", tmp_path)))
    data = {**project.data, "source": "mnist", "root": str(shared_data / "mnist")}
    training = {**project.training, "epochs": 1}

    result = train(replace(project, settings={"data": data, "training": training}), None, tmp_path)

    assert result.test["accuracy"] >= 0.98
