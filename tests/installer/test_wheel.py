"""What the wheel holds. That it works where it is installed is shown by installer/check_wheel.sh."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files of a wheel built from this tree, without network."""
    pytest.importorskip("hatchling", reason="building needs hatchling, one of the developers' packages")
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = out.glob("netloom-*.whl")
    return set(ZipFile(wheel).namelist())


def shipped(folder: str) -> set[str]:
    return {
        f"studio/{path.relative_to(ROOT).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not path.name.startswith(".") and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_the_resources(names: set[str]) -> None:
    wanted = shipped("resources")

    assert any(name.endswith(".svg") for name in wanted)
    assert "studio/resources/export/predict.py" in wanted
    assert wanted <= names


def test_the_wheel_holds_the_gallery(names: set[str]) -> None:
    pages = {f"studio/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "projects/pages").glob("*.*")}

    for example in ("digits", "iris", "diabetes"):
        assert f"studio/projects/{example}.json" in names
        assert f"studio/projects/pages/{example}.zh_CN.md" in names
    assert pages <= names


def test_the_wheel_holds_the_code_and_neither_tests_nor_runs(names: set[str]) -> None:
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "studio").rglob("*.py")}

    assert modules <= names
    assert not [name for name in names if name.startswith(("tests/", "resources/", "projects/"))]
    assert not [name for name in names if ".runs/" in name]
