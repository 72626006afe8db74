"""The installer's scripts in a clone of their own, with a Python that only pretends to install.

Everything outside is a stand-in that writes down how it was called: no network, no apt, nothing installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TOOLS = (
    "bash env cat cut sort grep awk sed head tail find df dirname basename mkdir mktemp rm mv cp ls chmod "
    "sha256sum seq sleep uname tr printf flock id"
)

# Makes "virtual environments" of copies of itself, and notes what pip is told.
PYTHON = f"""case "$*" in
  "-m venv --clear "*)
    mkdir -p "$4/bin"
    touch "$4/pyvenv.cfg"
    cp "$0" "$4/bin/python"
    printf '#!/bin/bash\\necho "netloom $*" >>"$NOTES"\\n' >"$4/bin/netloom"
    chmod +x "$4/bin/netloom" ;;
  "-m pip --version") ;;
  "-m pip install "*)
    echo "$*" >>"$NOTES"
    [[ -z ${{PIP_FAILS:-}} ]] ;;
  *"import venv, ensurepip"*) ;;
  *"import missing"*) printf '%s' "${{MISSING:-}}" ;;
  *why_no_window*) [[ -n ${{DISPLAY:-}} ]] ;;
  *) exec {sys.executable} "$@" ;;
esac
"""


@dataclass
class Clone:
    """A folder with the installer in it, and the world around it."""

    folder: Path
    tools: Path
    environment: dict[str, str]

    @property
    def venv(self) -> Path:
        return self.folder / ".venv"

    @property
    def notes(self) -> list[str]:
        """What pip, apt and netloom were told, in order."""
        path = self.folder.parent / "notes"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    @property
    def installs(self) -> list[str]:
        return [line for line in self.notes if line.startswith("-m pip install")]

    def tool(self, name: str, script: str) -> None:
        (self.tools / name).unlink(missing_ok=True)
        (self.tools / name).write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        (self.tools / name).chmod(0o755)

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "installer/run.sh", *arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """A fresh clone on a machine with Python, where the person may not install with apt."""
    folder, tools, home = tmp_path / "clone", tmp_path / "tools", tmp_path / "home"
    shutil.copytree(ROOT / "installer", folder / "installer")
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "resources" / "fonts").mkdir(parents=True)
    (folder / "resources" / "fonts" / "chinese.otf").touch()
    tools.mkdir()
    home.mkdir()
    for name in TOOLS.split():
        if (real := shutil.which(name)) is not None:
            (tools / name).symlink_to(real)
    made = Clone(
        folder,
        tools,
        {"PATH": str(tools), "HOME": str(home), "NOTES": str(tmp_path / "notes"), "LC_ALL": "C.UTF-8"},
    )
    made.tool("python3", PYTHON)
    made.tool("id", "echo 1000")
    return made


@pytest.fixture
def apt(clone: Clone) -> Clone:
    """The same machine, where the person may install with apt."""
    clone.tool("id", "echo 0")
    clone.tool("apt-get", 'echo "apt-get $*" >>"$NOTES"')
    return clone
