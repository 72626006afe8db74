"""A training script for a person's own files repeats the first epoch of the run to the last bit."""

from __future__ import annotations

import csv
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.compiler import beginnings
from studio.data.guessing import guess
from studio.data.sources import KINDS
from studio.export.training_script import ScriptError, training_script
from studio.graph.model import Network, ProjectData
from studio.training.objectives import context_of
from tests.data.test_images import draw
from tests.export.test_training_script import CLEAN, assert_tidy, told, trained

SAID = ("the film was a very good bad dull bright story with no end and it's over", "好 看 的 电影 !")
WORDS = " ".join(SAID).split()


def table(folder: Path) -> Path:
    """Numbers and categories with gaps, some far off, and a class."""
    draw_, rows = random.Random(0), []
    for i in range(300):
        age = "" if i % 17 == 3 else f"{draw_.gauss(40, 12):.2f}"
        fare = "NA" if i % 29 == 5 else f"{draw_.expovariate(0.03):.4f}"
        place = "" if i % 31 == 7 else draw_.choice(["north, far", "south", 'the "east"'])
        rows.append([f"n{i}x", age, fare, place, draw_.randint(1, 3), draw_.choice(["yes", "no"]), ""])
        rows[-1][6] = "" if i % 50 == 9 else f"{draw_.gauss(5, 2):.3f}"
    return written(folder / "people.csv", ["name", "age", " fare", "place", "rank", "target", "weight"], rows)


def texts(folder: Path) -> Path:
    draw_ = random.Random(1)
    rows = [[" ".join(draw_.choices(WORDS, k=draw_.randint(3, 14))).capitalize(), i % 2] for i in range(200)]
    return written(folder / "reviews.csv", ["review", "label"], rows)


def written(path: Path, head: list[str], rows: list[list[Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def images(folder: Path, *parts: str) -> Path:
    """Some larger than the others, one of them broken."""
    root = folder / "pets"
    for part in parts or ("",):
        for i in range(40):
            size = (12, 10) if i % 9 else (20, 16)
            draw(root / part / ("cat", "dog")[i % 2] / f"{'in/' if i % 7 == 0 else ''}{i}.png", size, seed=i)
        (root / part / "cat" / "torn.png").write_bytes(b"none")
    return root


def project(path: Path, told: dict[str, Any] | None = None, **data: Any) -> ProjectData:
    """A file as it is guessed, with the usual first network for it."""
    guessed = guess(path)
    reading = KINDS[guessed.source].look(guessed.root, told or {})
    section = {"source": guessed.source, "root": str(guessed.root), "reading": reading, **data}
    settings = {"data": section, "training": {"epochs": 1, "batch_size": 32, "device": "cpu", "seed": 3}}
    nodes = beginnings.nodes(context_of(ProjectData("Own", {"model": Network()}, settings)))
    return ProjectData("Own", {"model": Network(nodes={node.id: node for node in nodes})}, settings)


STEPS: list[dict[str, Any]] = [
    {"type": "outliers", "by": "quantiles", "low": 0.05, "high": 0.9, "columns": ["fare"]},
    {"type": "missing", "by": "constant", "value": 1.25, "columns": ["age"]},
    {"type": "missing", "by": "most_frequent"},
    {"type": "robust", "columns": ["fare", "age"]},
    {"type": "min_max", "columns": ["rank"]},
    {"type": "ordinal", "columns": ["place"]},
    {"type": "standardize", "columns": ["place", "weight"]},
]
TOKENS = {"type": "tokens", "by": "characters", "length": 20, "vocabulary": 30, "lower": False}
EXAMPLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "table": (table, {}),
    "table-steps": (table, {"preprocessing": STEPS}),
    "table-mean": (
        table,
        {
            "preprocessing": [
                {"type": "standardize"},
                {"type": "outliers", "deviations": 1.5},
                {"type": "missing", "by": "mean"},
            ],
            "augmentation": [{"type": "noise"}, {"type": "mask"}],
            "split": {"by": "random", "validation": 0.2, "test": 0.1, "seed": 5},
        },
    ),
    "table-numbers": (table, {"told": {"target": "weight"}}),
    "texts": (texts, {}),
    "texts-characters": (
        texts,
        {"preprocessing": [{**TOKENS, "shorten": "beginning", "fill": "beginning"}]},
    ),
    "images": (images, {"augmentation": [{"type": "flip"}, {"type": "crop", "padding": 1}]}),
    "images-parted": (lambda folder: images(folder, "train", "Test"), {}),
}


def assert_repeated(drawn: ProjectData, folder: Path, runs: Path) -> None:
    """Holds the weights and scores of a script against those of a run of its own."""
    expected, weights, _ = trained(drawn, runs)
    [file] = folder.glob("*.pt")
    given = torch.load(file, weights_only=True)
    assert set(given) == set(weights)
    for key, value in weights.items():
        assert torch.equal(given[key], value), key
    assert told(folder).get("validation", {}) == expected["validation"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ProjectData, Path]]:
    """Each example's project, and the folder where its script has run without our package."""
    found = {}
    for name, (file, data) in EXAMPLES.items():
        folder = tmp_path_factory.mktemp(name)
        drawn = project(file(folder), **data)
        text = training_script(drawn)
        assert_tidy(text)
        (folder / "script.py").write_text(text, encoding="utf-8")
        found[name] = (drawn, folder)
    scripts = [str(folder / "script.py") for _, folder in found.values()]
    done = subprocess.run(
        [sys.executable, "-I", "-c", CLEAN, *scripts], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_script_of_ones_own_file_repeats_the_first_epoch_to_the_last_bit(
    name: str, made: dict[str, tuple[ProjectData, Path]], tmp_path: Path
) -> None:
    assert_repeated(*made[name], tmp_path)


@pytest.mark.parametrize(
    ("file", "data", "said"),
    [
        (table, {"told": {"faults": "skip"}}, "skips no faulty rows"),
        (texts, {"preprocessing": [{**TOKENS, "by": "subwords"}]}, "“Texts become 20 pieces of words"),
        (texts, {"augmentation": [{"type": "mask_tokens"}]}, "does not change texts"),
        (images, {"preprocessing": [{"type": "grey"}]}, "cannot do the step"),
        (lambda folder: images(folder, "train", "val"), {}, "by chance or by class"),
    ],
)
def test_what_no_script_does_with_ones_own_file_is_refused_by_name(
    file: Any, data: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ScriptError, match=said):
        training_script(project(file(tmp_path), **data))


def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "poem.txt"
    path.write_text("the rose is red and the violet is blue\n" * 20)

    with pytest.raises(ScriptError, match="cannot read One long text"):
        training_script(project(path))
