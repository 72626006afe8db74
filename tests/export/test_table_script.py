"""Every step for tables in a training script: the first epoch of the run to the last bit."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.export.training_script import training_script
from studio.graph.model import ProjectData
from tests.export.test_own_files_script import assert_repeated, project, written
from tests.export.test_training_script import CLEAN, TIDY

TOWNS = [f"town {i}" for i in range(12)]


def table(folder: Path) -> Path:
    """Numbers with gaps, dates with gaps, a category of many values, groups, and a class."""
    draw, rows = random.Random(0), []
    for i in range(240):
        numbers = ["" if draw.random() < 0.1 else f"{draw.gauss(10 * k, k + 1):.3f}" for k in range(4)]
        day = f"20{draw.randint(10, 24)}/{draw.randint(1, 12)}/{draw.randint(1, 28)} {i % 24}:{i % 60:02}"
        town = draw.choices(TOWNS, range(12, 0, -1))[0]
        kind = "yes" if draw.gauss(float(numbers[1] or 10), 1) > 10 else "no"
        rows.append([*numbers, "NA" if i % 40 == 7 else day, town, f"house {i % 30}", kind, i % 7 or ""])
    return written(folder / "homes.csv", ["a", "b", "c", "d", "when", "town", "house", "target", "n"], rows)


def steps(*listed: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {"preprocessing": list(listed), **data}


STANDARD, HOT, MEAN = {"type": "standardize"}, {"type": "one_hot"}, {"type": "missing", "by": "mean"}
EVERY = ["hour", "days", "year", "month", "day", "weekday", "day_of_year"]
EXAMPLES: dict[str, dict[str, Any]] = {
    "dates": {},
    "dates-parts": steps({"type": "dates", "parts": EVERY}, MEAN, STANDARD),
    "dates-filled": steps(MEAN, {"type": "dates", "parts": ["hour"]}, STANDARD),
    "neighbours": steps(STANDARD, {"type": "missing", "by": "neighbours", "neighbours": 3}),
    "rare": steps({"type": "rare", "most": 4}, MEAN, HOT),
    "left-out": steps({"type": "missing", "by": "drop", "columns": ["a", "b"]}, MEAN, STANDARD),
    "within": steps(
        {"type": "outliers", "then": "drop", "deviations": 1.5, "columns": ["a", "b"]},
        MEAN,
        {"type": "outliers", "by": "quantiles", "low": 0.1, "high": 0.9},
        STANDARD,
    ),
    "all-left-out": steps({"type": "missing", "by": "drop"}, {"type": "min_max"}),
    "best": steps(MEAN, HOT, {"type": "best", "keep": 5}, STANDARD),
    "best-variance": steps(MEAN, HOT, {"type": "best", "keep": 6, "by": "variance"}),
    "best-numbers": steps(MEAN, HOT, {"type": "best", "keep": 7, "by": "f_test"}, told={"target": "n"}),
    "directions": steps(MEAN, HOT, STANDARD, {"type": "pca", "components": 4}),
    "directions-white": steps(
        {"type": "missing", "by": "drop"},
        {"type": "missing", "by": "neighbours"},
        HOT,
        {"type": "pca", "components": 3, "whiten": True},
    ),
    "once": {"duplicates": "drop", "told": {"columns": [{"name": n, "type": "left out"} for n in "abc"]}},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ProjectData, Path]]:
    """Each example's project, and the folder where its script has run without our package."""
    return run_scripts(tmp_path_factory, {name: (table, data) for name, data in EXAMPLES.items()})


def run_scripts(
    made: pytest.TempPathFactory, examples: dict[str, tuple[Any, dict[str, Any]]]
) -> dict[str, tuple[ProjectData, Path]]:
    found = {}
    for name, (file, data) in examples.items():
        folder = made.mktemp(name)
        drawn = project(file(folder), **data)
        (folder / "script.py").write_text(training_script(drawn), encoding="utf-8")
        found[name] = (drawn, folder)
    scripts = [str(folder / "script.py") for _, folder in found.values()]
    assert_tidy(*scripts)
    command = [sys.executable, "-I", "-c", CLEAN, *scripts]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return found


def assert_tidy(*files: str) -> None:
    """Holds all of the files against `ruff` at once."""
    for command in TIDY:
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", *files]
        ran = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_step_for_tables_is_repeated_to_the_last_bit(
    name: str, made: dict[str, tuple[ProjectData, Path]], tmp_path: Path
) -> None:
    assert_repeated(*made[name], tmp_path)
