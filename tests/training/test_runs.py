"""Run folders: named by time, never overwritten, listed and found again."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from studio import places
from studio.compiler.analysis import Context, N, TensorSpec
from studio.graph.model import ProjectData
from studio.training import runs
from studio.training.run import train


def record(folder: Path, **values: object) -> Path:
    runs.write_record(folder, {"format": runs.FORMAT, "version": 1, "status": "done", **values})
    return folder


def test_runs_of_the_same_second_have_folders_of_their_own(tmp_path: Path) -> None:
    folders = [record(runs.new_folder(tmp_path / "runs")) for _ in range(12)]

    assert len(set(folders)) == 12
    assert [info.folder for info in runs.list_runs(tmp_path / "runs")] == folders


def test_runs_are_listed_oldest_first_and_strangers_left_out(tmp_path: Path) -> None:
    names = ["2026-11-20_18-30-05_10", "2026-11-20_18-30-05", "2026-11-19_23-00-00", "2026-11-20_18-30-05_2"]
    for name in names:
        (tmp_path / name).mkdir()
        record(tmp_path / name)
    (tmp_path / "holiday photos").mkdir()
    (tmp_path / "2026-11-18_00-00-00").mkdir()
    (tmp_path / "2026-11-18_00-00-00" / "run.json").write_text("{")

    assert [info.id for info in runs.list_runs(tmp_path)] == [names[i] for i in (2, 1, 3, 0)]


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert runs.list_runs(tmp_path / "nowhere") == []


def test_runs_lie_beside_the_project(tmp_path: Path) -> None:
    assert runs.runs_folder(tmp_path / "digits.json") == tmp_path / "digits.runs"


def test_a_project_without_a_file_has_its_runs_in_the_persons_own_folder() -> None:
    assert runs.runs_folder(None).is_relative_to(places.user_data())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_project_where_nothing_may_be_written_has_its_runs_in_the_persons_own_folder(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o500)

    assert runs.runs_folder(tmp_path / "digits.json").is_relative_to(places.user_data())


def test_a_run_is_found_by_last_by_name_and_by_path(tmp_path: Path) -> None:
    first, second = (record(runs.new_folder(tmp_path)) for _ in range(2))

    assert runs.find_run("last", tmp_path) == second
    assert runs.find_run(first.name, tmp_path) == first
    assert runs.find_run(str(first), None) == first


@pytest.mark.parametrize("reference", ["last", "2020-01-01_00-00-00", "/nowhere/at/all"])
def test_a_run_that_is_not_there_is_told_so(tmp_path: Path, reference: str) -> None:
    with pytest.raises(runs.RunError, match="no run"):
        runs.find_run(reference, tmp_path)


def test_a_run_whose_process_is_gone_was_interrupted(tmp_path: Path) -> None:
    import platform

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name, pid in (("dead", gone.pid), ("alive", os.getpid())):
        (tmp_path / name).mkdir()
        record(tmp_path / name, status="running", process={"id": pid, "machine": platform.node()})

    assert {info.id: info.status for info in runs.list_runs(tmp_path)} == {
        "dead": "interrupted",
        "alive": "running",
    }


def test_a_metrics_line_cut_off_by_a_crash_is_left_out(tmp_path: Path) -> None:
    runs.append_metrics(tmp_path, {"epoch": 1, "train": {"r2": float("nan")}})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"epoch": 2, "tra')

    assert runs.metrics_of(tmp_path) == [{"epoch": 1, "train": {"r2": None}}]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": "other"}', '{"format": "netloom-run"}', "[" * 100_000]
)
def test_a_broken_record_is_told_by_its_file(tmp_path: Path, text: str) -> None:
    from studio.graph.model import ProjectData
    from studio.project import files

    (tmp_path / "run.json").write_text(text)
    (tmp_path / "project.json").write_text(files.dumps(ProjectData()))

    with pytest.raises(runs.RunError, match=r"run\.json"):
        runs.open_run(tmp_path)


def test_a_context_survives_json() -> None:
    context = Context((TensorSpec((N, 3, 8, 8)), TensorSpec((N,), "int64")), 4, "classification", ("a", "b"))

    assert runs.context_from_json(json.loads(json.dumps(runs.context_to_json(context)))) == context


def test_listing_runs_needs_no_torch(tmp_path: Path) -> None:
    record(runs.new_folder(tmp_path))
    code = (
        "import sys; from pathlib import Path; from studio.training.runs import list_runs; "
        f"print(len(list_runs(Path({str(tmp_path)!r}))), 'torch' in sys.modules)"
    )

    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert printed.split() == ["1", "False"]


def test_opening_a_run_leaves_the_random_numbers_of_a_training_alone(
    iris: Callable[..., ProjectData], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = train(iris(epochs=1), None, tmp_path)
    monkeypatch.setattr(torch, "manual_seed", lambda _: pytest.fail("the generator of all was seeded"))
    before = torch.random.get_rng_state()

    module = runs.open_run(str(trained.folder), tmp_path).load_module()

    assert torch.equal(torch.random.get_rng_state(), before)
    assert not any(value.is_meta for value in (*module.parameters(), *module.buffers()))
    assert module(torch.zeros(2, 4)).shape == (2, 3)
