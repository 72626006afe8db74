"""Several processes that train one network: the same curves as one, one run, and an end that all hear of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.graph.model import ProjectData
from studio.project import files
from studio.training import ranks, runs
from tests.training.conftest import chain

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def project(**training: Any) -> ProjectData:
    network = chain(
        ("fc1", "nn.Linear", {"out_features": 16}), ("relu", "nn.ReLU", {}), ("fc2", "nn.Linear", {})
    )
    section = {"epochs": 4, "batch_size": 25, "optimizer": {"type": "Adam", "lr": 0.01}, **training}
    return ProjectData("Flowers", {"model": network}, {"data": {"source": "iris"}, "training": section})


def saved(folder: Path, made: ProjectData) -> Path:
    path = folder / "flowers.json"
    files.save(path, made)
    return path


def started(count: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`netloom` with these arguments, on so many processes."""
    by_torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    command = [sys.executable, *(by_torchrun if count > 1 else []), "-m", "studio", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=240, cwd=ROOT, check=False
    )


def events(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_two_processes_make_the_curve_of_one_with_the_same_batch(tmp_path: Path) -> None:
    path = saved(tmp_path, project())

    one = started(1, "train", path, "--json")
    two = started(2, "train", path, "--json")

    assert (one.returncode, two.returncode) == (0, 0), two.stderr[-3000:]
    alone, together = events(one.stdout), events(two.stdout)
    assert [e["event"] for e in together] == ["start", *["epoch"] * 4, "end"]
    for a, b in zip(alone[1:-1], together[1:-1], strict=True):
        for part in ("train", "validation"):
            assert b[part] == pytest.approx(a[part], rel=2e-5, abs=1e-6)
    assert together[-1]["test"] == pytest.approx(alone[-1]["test"], rel=1e-4)
    listed = runs.list_runs(runs.runs_folder(path))
    assert [run.status for run in listed] == ["done", "done"]
    assert [runs.open_run(run.folder).record["processes"] for run in listed] == [1, 2]


def test_an_error_of_one_ends_all_with_its_words(tmp_path: Path) -> None:
    path = saved(tmp_path, project(optimizer={"type": "SGD", "lr": 1e30}))

    ended = started(2, "train", path)

    assert ended.returncode != 0
    assert "The loss became" in ended.stderr
    (run,) = runs.list_runs(runs.runs_folder(path))
    assert run.status == "failed"


def test_one_process_alone_shares_with_nobody() -> None:
    assert (ranks.size(), ranks.number(), ranks.share(7)) == (1, 0, slice(0, 7))
    assert ranks.agreed(True) and not ranks.agreed(None)
