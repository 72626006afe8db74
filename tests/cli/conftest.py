"""The command line as a person's shell sees it: arguments in, status and two streams out."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import studio
from studio import cli


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines; anything else there fails."""
        return [json.loads(line) for line in self.out.splitlines()]


Netloom = Callable[..., Said]


@pytest.fixture
def netloom(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Netloom:
    """Runs `netloom` in this process, in an empty folder, with an English system."""
    monkeypatch.chdir(tmp_path)
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_GB.UTF-8")

    def run(*arguments: object) -> Said:
        capfd.readouterr()
        status = cli.main([str(argument) for argument in arguments])
        return Said(status, *capfd.readouterr())

    return run


@pytest.fixture
def netloom_process(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """Starts `netloom` in a process of its own, for what one process cannot show: limits, closed pipes."""

    def start(*arguments: object, largest_file: int | None = None) -> subprocess.Popen[str]:
        def limit() -> None:
            if largest_file is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))

        return subprocess.Popen(
            [sys.executable, "-m", "studio.cli", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": str(Path(studio.__file__).parent.parent),
                "PYTHONDONTWRITEBYTECODE": "1",  # Python would keep what the limit cut off
            },
            preexec_fn=limit,
        )

    return start


def project_text(nodes: list[dict[str, Any]], **sections: Any) -> str:
    """A project file of one network."""
    table = {
        "format": "netloom-project",
        "version": 1,
        "name": "Tried",
        "networks": {"model": {"nodes": nodes}},
    }
    return json.dumps({**table, **sections})


def linear(out_features: int, source: str = "x") -> dict[str, Any]:
    return {
        "id": "fc",
        "type": "nn.Linear",
        "params": {"out_features": out_features},
        "args": [{"n": source}],
        "at": [0, 96],
    }


X = {"id": "x", "type": "input", "params": {"shape": ["N", 4]}, "at": [0, 0]}
Y = {"id": "y", "type": "output", "args": [{"n": "fc"}], "at": [0, 192]}
