"""The house stands as drawn: rooms on the rooms below them, and nothing heavy until it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ("torch", "torchvision", "numpy", "sklearn", "onnx", "PySide6", "pyqtgraph", "scipy")


def loaded_by(statement: str) -> set[str]:
    """Which heavy packages a fresh interpreter has after `statement`."""
    program = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=240, check=True
    )
    return set(done.stdout.split()) & set(HEAVY)


@pytest.mark.parametrize(
    "statement",
    [
        "import studio",
        "import studio; studio.load, studio.save, studio.Project",
        "import studio.graph.document, studio.graph.layout, studio.graph.validate",
        "import studio.project.files, studio.project.journal, studio.project.recovery, studio.project.schema",
        "import studio.catalog.entry, studio.compiler.analysis",
    ],
)
def test_light_rooms_load_neither_torch_nor_qt(statement: str) -> None:
    assert loaded_by(statement) == set()


def test_reading_a_file_is_what_loads_pydantic() -> None:
    program = "import sys, studio.project.files\nassert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, timeout=240, check=True)


def test_the_rooms_stand_on_each_other_as_drawn() -> None:
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_files_stay_rooms_one_can_overlook() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in sorted((ROOT / "studio").rglob("*.py"))
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 500
    }
    assert long == {}


def test_every_file_says_what_lives_in_it() -> None:
    mute = [
        str(file.relative_to(ROOT))
        for file in sorted((ROOT / "studio").rglob("*.py"))
        if not file.read_text(encoding="utf-8").startswith('"""')
    ]
    assert mute == []
