"""A time series in a training script: the first epoch of the run to the last bit."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from studio.export.training_script import ScriptError, training_script
from studio.graph.model import ProjectData
from tests.export.test_own_files_script import assert_repeated, project
from tests.export.test_table_script import run_scripts


def series(folder: Path) -> Path:
    """Two columns, one of them with a trend, day by day."""
    path = folder / "load.csv"
    rows = (
        f"20{10 + i // 336}-{1 + i // 28 % 12:02}-{1 + i % 28:02},{math.sin(i / 5):.4f},{i / 7 + i % 5:.3f}"
        for i in range(260)
    )
    path.write_text("date,wind,load\n" + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


STANDARD, DIFFERENCE = {"type": "standardize"}, {"type": "difference"}
EXAMPLES: dict[str, tuple[Any, dict[str, Any]]] = {
    "series": (series, {}),
    "series-ahead": (
        series,
        {"told": {"window": 10, "horizon": 3, "targets": ["wind", "load"]}, "preprocessing": []},
    ),
    "series-differences": (series, {"preprocessing": [{**DIFFERENCE, "order": 2}, STANDARD]}),
    "series-folds": (series, {"split": {"folds": 3, "fold": 2, "test": 0.2}}),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[ProjectData, Path]]:
    """Each example's project, and the folder where its script has run without our package."""
    return run_scripts(tmp_path_factory, EXAMPLES)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_series_is_repeated_to_the_last_bit(
    name: str, made: dict[str, tuple[ProjectData, Path]], tmp_path: Path
) -> None:
    assert_repeated(*made[name], tmp_path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"told": {"calendar": True}}, "“Dates become"),
        ({"preprocessing": [{"type": "scale_each"}]}, "“Each window in its own scale”"),
        ({"preprocessing": [STANDARD, DIFFERENCE]}, "“Standardise”"),
    ],
)
def test_what_no_script_does_with_a_series_is_refused_by_name(
    data: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ScriptError, match=said):
        training_script(project(series(tmp_path), **data))
