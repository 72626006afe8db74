"""Several processes that train one network: the same curves as one, one run, and an end that all hear of."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.graph.model import ProjectData
from studio.project import files
from studio.training import ranks, runs
from studio.training.apart import TrainingProcess
from studio.training.commands import Commands
from studio.training.progress import Progress
from studio.words import NetloomError
from tests.training.conftest import chain

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]


def project(**training: Any) -> ProjectData:
    network = chain(
        ("fc1", "nn.Linear", {"out_features": 16}),
        ("relu", "nn.ReLU", {}),
        ("drop", "nn.Dropout", {"p": training.pop("dropout", 0.0)}),
        ("fc2", "nn.Linear", {}),
    )
    data = {"source": "iris", "augmentation": training.pop("augmentation", None)}
    section = {"epochs": 4, "batch_size": 25, "optimizer": {"type": "Adam", "lr": 0.01}, **training}
    return ProjectData("Flowers", {"model": network}, {"data": data, "training": section})


def saved(folder: Path, made: ProjectData) -> Path:
    path = folder / "flowers.json"
    files.save(path, made)
    return path


def started(count: int, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`netloom` with these arguments, on so many processes."""
    command = [*ranks.command(count), "studio", *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=240, cwd=ROOT, check=False
    )


def events(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def test_two_processes_make_the_curve_of_one_with_the_same_batch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, project(augmentation=[{"type": "noise"}, {"type": "mask"}]))

    assert main(["train", str(path), "--json", "--set", "training.threads=1"]) == 0
    two = started(2, "train", path, "--json")

    assert two.returncode == 0, two.stderr[-3000:]
    alone, together = events(capsys.readouterr().out), events(two.stdout)
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


def test_a_window_follows_two_processes_and_hears_why_they_ended(tmp_path: Path) -> None:
    process, progress = TrainingProcess(), Progress()
    killing = threading.Thread(target=kill_the_second, args=(process, progress))
    killing.start()
    try:
        with pytest.raises(NetloomError, match="has gone without a word"):
            process.train(project(processes=2, epochs=100_000), None, tmp_path, progress, Commands())
    finally:
        process.close()
        killing.join()

    assert progress.step >= 5 and progress.epochs_done[0].validation["loss"] > 0
    (run,) = runs.list_runs(tmp_path)
    assert run.status == "failed" and runs.open_run(run.folder).record["processes"] == 2


def kill_the_second(process: TrainingProcess, progress: Progress) -> None:
    while not progress.epochs_done:
        time.sleep(0.02)
    assert process._child is not None
    parent = process._child._process.pid
    own = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and is_child(entry, parent)]
    (second,) = [e for e in own if b"RANK=1" in (e / "environ").read_bytes().split(b"\0")]
    os.kill(int(second.name), signal.SIGKILL)


def is_child(entry: Path, parent: int) -> bool:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == parent
    except OSError:
        return False


def test_resume_on_two_processes_ends_with_the_same_bits(tmp_path: Path) -> None:
    made = project(epochs=60, processes=2, dropout=0.3, optimizer={"type": "Adam", "lr": 0.001})
    process = TrainingProcess()
    try:
        whole = process.train(made, None, tmp_path / "whole", Progress(), Commands())
        commands, progress = Commands(), Progress()
        stopping = threading.Thread(target=stop_after, args=(progress, commands, 1))
        stopping.start()
        cut = process.train(made, None, tmp_path / "cut", progress, commands)
        stopping.join()
        assert cut.status == "stopped"
        ended = process.resume(cut.folder, None, Progress(), Commands())
    finally:
        process.close()

    assert ended.status == "done"
    files_of = [result.folder / "last.safetensors" for result in (whole, ended)]
    assert files_of[0].read_bytes() == files_of[1].read_bytes()


def stop_after(progress: Progress, commands: Commands, epochs: int) -> None:
    while len(progress.epochs_done) < epochs:
        time.sleep(0.005)
    commands.stop()


def test_one_process_alone_shares_with_nobody() -> None:
    assert (ranks.size(), ranks.number(), ranks.share(7)) == (1, 0, slice(0, 7))
    assert ranks.agreed(True) and not ranks.agreed(None)
