"""`netloom train` as a person or a script meets it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from studio import places, words
from studio.cli import main
from studio.project import files
from studio.training import runs


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    return Path(shutil.copy(places.gallery() / "iris.json", tmp_path / "iris.json"))


def events(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_tells_start_each_epoch_and_end(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["train", str(iris), "--set", "training.epochs=2", "--json"])

    first, one, two, last = events(capsys.readouterr().out)
    assert status == 0
    assert [e["event"] for e in (first, one, two, last)] == ["start", "epoch", "epoch", "end"]
    assert first["run"] == last["run"]
    assert Path(last["run"]).parent == iris.with_name("iris.runs")
    assert [one["epoch"], two["epoch"]] == [1, 2]
    assert set(one["train"]) == set(one["validation"]) == {"loss", "accuracy"}
    assert set(last["best"]) >= {"epoch", "validation"}
    assert set(last["test"]) == {"loss", "accuracy"}
    assert last["samples_per_second"] > 0


def test_set_changes_this_run_and_not_the_file(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = iris.read_bytes()

    main(["train", str(iris), "--set", "training.epochs=1", "--set", "training.optimizer.type=SGD"])

    assert iris.read_bytes() == before
    run = runs.open_run("last", runs.runs_folder(iris))
    assert (run.settings.epochs, run.settings.optimizer.type) == (1, "SGD")
    assert run.settings.optimizer.params["lr"] == files.load(iris).training["optimizer"]["lr"]


def test_the_schedule_in_use_has_keys_of_its_own(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changes = ("epochs=1", "schedule=StepLR", "schedule.gamma=0.5", "schedule.unit=steps")
    main(["train", str(iris), *(word for change in changes for word in ("--set", f"training.{change}"))])

    run = runs.open_run("last", runs.runs_folder(iris))
    assert run.settings.options.schedule.type == "StepLR"
    assert run.settings.options.schedule.params == {"step_size": 10, "gamma": 0.5, "unit": "steps"}


def test_another_data_set_needs_only_its_name(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(iris), "--set", "data.source=wine", "--set", "training.epochs=1"]) == 0


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["--set", "training.epoch=2"], 2, "Did you mean training.epochs"),
        (["--set", "model=2"], 2, "There is no setting model"),
        (["--set", "training.epochs"], 2, "has no value"),
        (["--set", "training.epochs=many"], 1, "training.epochs is 'many'"),
        (["--set", "training.epochs=NaN"], 1, "training.epochs is nan"),
        (["--set", "training.optimizer.type=Magic"], 1, "training.optimizer.type is 'Magic'"),
        (["--set", "data.source=diabetes"], 1, "Set it to regression"),
        (["--device", "cuda:99"], 1, "training.device is cuda:99"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_by_the_exit_status(
    iris: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], status: int, text: str
) -> None:
    assert main(["train", str(iris), *arguments]) == status

    said = capsys.readouterr()
    assert text in said.err
    assert "Traceback" not in said.err
    assert not iris.with_name("iris.runs").exists()


def test_a_data_folder_that_is_not_there_is_a_failed_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    digits = shutil.copy(places.gallery() / "digits.json", tmp_path)

    status = main(["train", str(digits), "--set", "data.source=mnist", "--set", "data.root=nowhere"])

    assert status == 3
    assert f"There is no folder {tmp_path / 'nowhere'}" in capsys.readouterr().err


def test_with_json_an_error_is_an_object_too(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(iris), "--json", "--set", "training.epochs=0"])

    (error,) = events(capsys.readouterr().out)
    assert (error["event"], error["status"]) == ("error", 1)


def test_a_project_that_is_not_there_is_a_failed_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", str(tmp_path / "none.json")]) == 3


def test_people_read_a_line_an_epoch(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", str(iris), "--set", "training.epochs=2"])

    said = capsys.readouterr().out
    assert "epoch 2/2" in said
    assert "validation: loss" in said
    assert str(iris.with_name("iris.runs")) in said


def test_the_lines_come_in_chinese_too(iris: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words.set_language("zh_CN")

    main(["train", str(iris), "--set", "training.epochs=1", "--language", "zh_CN"])

    assert "准确率" in (said := capsys.readouterr().out) or "验证" in said


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent otherwise there")
def test_ctrl_c_ends_with_130_and_keeps_the_weights(iris: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "studio.cli",
        "train",
        str(iris),
        "--json",
        "--set",
        "training.epochs=1000000",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "epoch":
        pass

    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=240)

    end = events(out)[-1]
    assert process.returncode == 130
    assert (end["event"], end["status"]) == ("end", "stopped")
    assert (Path(end["run"]) / "best.safetensors").is_file()
    assert (Path(end["run"]) / "last.safetensors").is_file()


def test_a_run_that_was_cut_off_goes_on(
    iris: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("studio.training.position.Keeper.due", lambda self: True)
        patched.setattr("studio.training.loop.evaluate", cut)
        main(["train", str(iris), "--set", "training.epochs=2"])
    folder = runs.list_runs(runs.runs_folder(iris))[0].folder
    capsys.readouterr()
    assert main(["train", str(iris), "--resume", "last", "--json"]) == 0
    first, *_, last = events(capsys.readouterr().out)
    assert (first["run"], last["run"], last["status"]) == (str(folder), str(folder), "done")
    assert len(first["resumed"]) == 1
    assert main(["train", str(iris), "--resume", "last"]) != 0
    assert "done" in capsys.readouterr().err
    assert main(["train", str(iris), "--resume", "last", "--device", "cpu"]) == 2
