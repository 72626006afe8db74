"""A Python that has never heard of Netloom: an isolated interpreter that sees chosen packages only."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

SITE = Path(sysconfig.get_paths()["purelib"])

FORBIDDEN = ("studio", "torch", "onnx", "sklearn", "PySide6")


def interpreter_with(packages: tuple[str, ...], folder: Path) -> list[str]:
    """The command line of an interpreter that can import `packages` and the standard library, nothing else.

    `folder` receives links to the packages and to the shared libraries beside them.
    """
    folder.mkdir(parents=True)
    for package in packages:
        for part in (package, f"{package}.libs"):
            if (SITE / part).exists():
                (folder / part).symlink_to(SITE / part)
    start = (
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(folder)!r})\n"
        f"for name in {FORBIDDEN!r}:\n"
        "    try:\n"
        "        __import__(name)\n"
        "    except ImportError:\n"
        "        continue\n"
        "    raise SystemExit(f'{name} can be imported: this interpreter is not clean')\n"
        "sys.argv = sys.argv[1:]\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    return [sys.executable, "-I", "-S", "-c", start]


def run(command: list[str], script: Path, *arguments: object) -> str:
    """Runs `script` there and gives what it printed; its errors fail the test with their text."""
    done = subprocess.run(
        [*command, str(script), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
