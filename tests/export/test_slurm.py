"""The Slurm script of an exported folder: bash reads it, and it trains the project that lies beside it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from studio import places
from studio.cli import main
from studio.export import slurm
from studio.export.formats import ExportError
from studio.project import files


@pytest.mark.parametrize("given", ["", "4", "0x2", "2x", "axb", "2x4x1"])
def test_nodes_that_cannot_be_read_are_refused_with_an_example(given: str) -> None:
    with pytest.raises(ExportError, match="write 2x4"):
        slurm.parse(given)


def test_the_script_is_bash_and_asks_for_what_was_said(tmp_path: Path) -> None:
    project = files.load(places.gallery() / "iris.json")

    _, script = slurm.add(tmp_path, project, slurm.parse("2x4"))

    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    said = script.read_text()
    for line in ("--nodes=2", "--gpus-per-node=4", "--nproc-per-node 4", "-m studio train project.json"):
        assert line in said
    assert files.load(tmp_path / "project.json") == project
    assert "--gpus-per-node" not in slurm.text(project, slurm.parse("3x0"))


def test_srun_is_given_a_command_that_torchrun_takes(tmp_path: Path) -> None:
    """With Slurm's own programs played by others, the script calls torchrun with every argument in place.

    The list of hosts is longer than a pipe holds: a reader that leaves after one name would end the script.
    """
    slurm.add(tmp_path, files.load(places.gallery() / "iris.json"), slurm.parse("2x1"))
    for name, body in {"scontrol": "seq -f node%g 1 20000", "srun": 'printf "%s\\n" "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    known = {"SLURM_SUBMIT_DIR": str(tmp_path), "SLURM_JOB_NODELIST": "node[1-20000]", "SLURM_NNODES": "2"}

    ran = subprocess.run(
        ["bash", tmp_path / "train.slurm", "--resume", "last"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_JOB_ID": "7", **known},
    )

    words = ran.stdout.split()
    assert words[0] == "torchrun" and words[-6:] == [
        "-m",
        "studio",
        "train",
        "project.json",
        "--resume",
        "last",
    ]
    assert "node1:29500" in words


def test_the_folder_gets_project_and_script_by_one_option(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(shutil.copy(places.gallery() / "iris.json", tmp_path / "iris.json"))
    assert main(["train", str(path), "--set", "training.epochs=1"]) == 0
    out = tmp_path / "out"

    assert main(["export", str(path), "--format", "folder", "--out", str(out), "--slurm", "1x2"]) == 0
    assert {"predict.py", "project.json", "train.slurm"} <= {file.name for file in out.iterdir()}
    assert main(["export", str(path), "--format", "onnx", "--out", str(out), "--slurm", "1x2"]) == 2
