"""Every way to part the data in a training script: the first epoch of the run to the last bit."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from studio.graph.model import ProjectData
from tests.export.test_own_files_script import assert_repeated, written
from tests.export.test_table_script import run_scripts


def table(folder: Path) -> Path:
    """A class, a number, groups, times in three forms, and parts that the file tells."""
    draw, rows = random.Random(0), []
    for i in range(200):
        a, b = (f"{draw.gauss(0, 1):.3f}" for _ in range(2))
        day, part = f"{1 + i % 28:02}.{1 + i % 12:02}.2024", draw.choices(["train", "Test"], [4, 1])[0]
        iso = f"2024-{1 + i % 12:02}-{1 + i % 28:02}"
        known = ["validation", "training"][i % 5 > 0]
        rows.append([a, b, f"case {i * 7 % 40}", i * 37 % 90, day, iso, part, known, "yno"[i % 3 > 0]])
    head = ["a", "b", "patient", "hour", "day", "iso", "part", "known", "target"]
    return written(folder / "cases.csv", head, rows)


def texts(folder: Path) -> Path:
    draw = random.Random(1)
    words = ["a", "good", "bad", "film", "story", "very", "dull", "bright"]
    rows = [[" ".join(draw.choices(words, k=9)), i % 2, f"by {i % 11}"] for i in range(120)]
    return written(folder / "reviews.csv", ["review", "label", "author"], rows)


def split(**said: Any) -> dict[str, Any]:
    return {"split": {"validation": 0.2, "test": 0.15, "seed": 4, **said}}


OUT = {"told": {"columns": [{"name": name, "type": "left out"} for name in ("part", "known", "day")]}}
EXAMPLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "folds": (table, split(folds=5, fold=2)),
    "folds-random": (table, split(by="random", folds=3, test=0)),
    "groups": (table, split(by="group", group="patient")),
    "groups-alone": (table, split(by="group", group="patient", test=0)),
    "groups-folds": (table, split(by="group", group="patient", folds=4, fold=3)),
    "time": (table, split(by="time", time="hour")),
    "time-days": (table, split(by="time", time="day")),
    "time-dates": (table, split(by="time", time="iso", test=0)),
    "time-folds": (table, split(by="time", time="hour", folds=3, fold=2)),
    "given": (table, split(by="given", given="part")),
    "given-left-out": (table, {**split(by="given", given="known", validation=0), **OUT}),
    "given-folds": (table, split(by="given", given="known", folds=2, fold=1)),
    "given-numbers": (table, {**split(by="given", given="part"), "told": {"target": "b"}}),
    "texts-groups": (texts, split(by="group", group="author")),
    "texts-once": (texts, {**split(folds=2), "duplicates": "drop"}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ProjectData, Path]]:
    """Each example's project, and the folder where its script has run without our package."""
    return run_scripts(tmp_path_factory, EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_way_to_part_the_data_is_repeated_to_the_last_bit(
    name: str, made: dict[str, tuple[ProjectData, Path]], tmp_path: Path
) -> None:
    assert_repeated(*made[name], tmp_path)
