"""The commands, one after the other as a person would use them, on the bundled examples."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.cli import COMMANDS
from studio.graph.model import ProjectData
from studio.project import files

from .conftest import Netloom

FEW = ("--set", "training.epochs=1")


def test_help_lists_the_commands_and_ends_with_0(netloom: Netloom) -> None:
    said = netloom("--help")

    assert said.status == 0
    assert all(f"\n    {name} " in said.out for name in COMMANDS)


def test_help_loads_neither_torch_nor_qt_nor_numpy() -> None:
    asked = (
        "import sys; from studio.cli import main; main(['--help']); "
        "print([name for name in ('torch', 'PySide6', 'numpy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("arguments", [(), ("train",), ("export",), ("window",)])
def test_texts_follow_the_language_that_is_asked_for(netloom: Netloom, arguments: tuple[str, ...]) -> None:
    english = netloom(*arguments, "--help")
    chinese = netloom(*arguments, "--help", "--language", "zh_CN")

    assert "show this and end" in english.out
    assert "显示" in chinese.out and "show this" not in chinese.out


def test_texts_follow_the_system(netloom: Netloom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert "显示" in netloom("--help").out
    assert "show this" in netloom("--language", "en", "--help").out


def test_a_language_that_is_not_known_is_wrong_use(netloom: Netloom) -> None:
    said = netloom("new", "--language", "fr")

    assert said.status == 2
    assert "zh_CN" in said.err


def test_new_lists_the_examples_and_copies_one(netloom: Netloom, tmp_path: Path) -> None:
    assert "digits" in netloom("new").out

    said = netloom("new", "iris", "mine.json")

    assert said.status == 0
    assert isinstance(files.load(tmp_path / "mine.json"), ProjectData)


def test_new_never_overwrites_without_being_told(netloom: Netloom, tmp_path: Path) -> None:
    (tmp_path / "iris.json").write_text("mine", encoding="utf-8")

    refused = netloom("new", "iris")
    assert (refused.status, (tmp_path / "iris.json").read_text(encoding="utf-8")) == (3, "mine")
    assert "--replace" in refused.err

    replaced = netloom("new", "iris", "--replace", "--json")
    assert replaced.events == [{"event": "written", "file": "iris.json", "replaced": True}]


def test_check_tells_shapes_and_costs(netloom: Netloom) -> None:
    netloom("new", "digits")

    text = netloom("check", "digits.json")
    assert text.status == 0
    assert "N×32×8×8" in text.out and "No problems." in text.out

    *nodes, end = netloom("check", "digits.json", "--json").events
    assert {node["node"]: node["outputs"] for node in nodes}["conv1"] == [["N", "32", "8", "8"]]
    assert end["errors"] == 0 and end["networks"]["model"]["parameters"] == 53002


def test_code_prints_a_file_that_runs(netloom: Netloom) -> None:
    netloom("new", "digits")

    said = netloom("code", "digits.json")

    assert said.status == 0
    compile(said.out, "digits.py", "exec")
    assert "class Model(nn.Module)" in said.out
    assert netloom("code", "digits.json", "--network", "other").status == 2


def test_an_edited_source_is_read_back_into_the_project(netloom: Netloom, tmp_path: Path) -> None:
    netloom("new", "digits")
    before = Path("digits.json").read_text()
    source = netloom("code", "digits.json").out

    Path("model.py").write_text(source)
    assert netloom("code", "--read", "model.py", "digits.json").out == "digits.json says the same already.\n"
    assert Path("digits.json").read_text() == before

    Path("model.py").write_text(source.replace("nn.Linear(256, 128)", "nn.Linear(256, 200)"))
    assert netloom("code", "--read", "model.py", "digits.json").out == "Read into digits.json.\n"
    assert "nn.Linear(256, 200)" in netloom("code", "digits.json").out
    assert Path("digits.json").read_text() == before.replace('"out_features": 128', '"out_features": 200')


def test_a_source_that_is_no_network_is_refused_with_its_lines(netloom: Netloom) -> None:
    netloom("new", "iris")
    before = Path("iris.json").read_text()
    source = netloom("code", "iris.json").out
    Path("model.py").write_text(source.replace("nn.ReLU()", "make_relu()") + "print(1)\n")

    said = netloom("code", "iris.json", "--read", "model.py")

    assert said.status == 1
    lines = [line.partition(": ") for line in said.err.splitlines()]
    assert [place for place, _, _ in lines[:2]] == ["model.py:12", "model.py:14"]
    assert "make_relu() is nothing that a network can hold." in said.err
    assert "print(1) is no part of a network: only imports and classes are." in said.err
    assert Path("iris.json").read_text() == before


def test_code_prints_a_script_that_trains(netloom: Netloom) -> None:
    netloom("new", "iris")

    said = netloom("code", "iris.json", "--training")

    assert said.status == 0
    compile(said.out, "train.py", "exec")
    assert "def main() -> None:" in said.out
    assert netloom("code", "iris.json", "--training", "--network", "model").status == 2


def test_train_evaluate_runs_and_export_follow_each_other(netloom: Netloom, tmp_path: Path) -> None:
    netloom("new", "digits")

    trained = netloom("train", "digits.json", *FEW, "--json")
    assert trained.status == 0
    start, epoch, end = trained.events
    assert (start["event"], epoch["event"], end["event"]) == ("start", "epoch", "end")

    (listed,) = netloom("runs", "digits.json", "--json").events
    assert (listed["run"], listed["status"]) == (end["run"], "done")
    assert listed["best"]["validation"] == epoch["validation"]

    (tested,) = netloom("evaluate", "digits.json", "--json").events
    assert tested["metrics"] == pytest.approx(end["test"])
    verdict = tested["verdict"]
    assert verdict["metrics"]["accuracy"] == pytest.approx(end["test"]["accuracy"])
    assert sum(map(sum, verdict["confusion"])) == verdict["samples"] == tested["samples"]
    low, high = verdict["intervals"]["f1_macro"]
    assert low < verdict["metrics"]["f1_macro"] < high
    table = netloom("evaluate", "digits.json").out
    assert "roc_auc" in table and " – " in table
    (validated,) = netloom(
        "evaluate", "digits.json", "--run", end["run"], "--split", "validation", "--json"
    ).events
    assert validated["metrics"] == pytest.approx(epoch["validation"])

    exported = netloom("export", "digits.json", "--run", "last", "--format", "pt2", "--out", "d", "--json")
    assert exported.status == 0
    (report,) = exported.events
    assert report["files"] == ["d.pt2"] and (tmp_path / "d.pt2").stat().st_size > 1000
    assert report["largest_deviation"] <= report["tolerance"]


def test_projects_are_trained_one_after_the_other_whatever_one_of_them_is(
    netloom: Netloom, tmp_path: Path
) -> None:
    netloom("new", "iris", "a.json")
    netloom("new", "iris", "c.json")
    (tmp_path / "b.json").write_text("{")
    said = netloom("train", "a.json", "b.json", "c.json", *FEW)
    assert said.status == 3 and "b.json" in said.err
    assert all(any(tmp_path.glob(f"{name}.runs/*/best.safetensors")) for name in "ac")
    assert netloom("train", "a.json", "c.json", "--resume", "last").status == 2


def test_runs_are_compared_and_their_numbers_written(netloom: Netloom, tmp_path: Path) -> None:
    netloom("new", "iris")
    for seed in (0, 1):
        assert netloom("train", "iris.json", *FEW, "--set", f"training.seed={seed}").status == 0
    first, second = (event["run"] for event in netloom("runs", "iris.json", "--json").events)
    said = netloom("runs", "iris.json", "--compare", first, second)
    assert said.status == 0 and "training.seed" in said.out and "Both are right" in said.out
    (table,) = netloom("runs", "iris.json", "--compare", first, second, "--json").events
    assert table["differences"]["training.seed"] == ["0", "1"]
    assert set(table["samples"]) == {"first", "second", "right", "wrong"}
    assert netloom("runs", "iris.json", "--csv", "runs.csv").status == 0
    assert (tmp_path / "runs.csv").read_text().startswith("run,series,step,epoch,value\n")


def test_a_run_begins_with_a_checkpoint_of_another(netloom: Netloom, tmp_path: Path) -> None:
    netloom("new", "iris")
    netloom("train", "iris.json", *FEW)
    run = next(tmp_path.glob("iris.runs/*/best.safetensors")).parent
    (run / "step-3.safetensors").write_bytes((run / "last.safetensors").read_bytes())
    for reference in ("last/step-3", f"{run.name}/last", str(run / "step-3.safetensors")):
        start, *_ = netloom("train", "iris.json", *FEW, "--from", reference, "--json").events
        assert start["start"]["from"].endswith(".safetensors"), reference
        assert start["start"]["kept"]
    assert netloom("evaluate", "iris.json", "--run", run.name, "--weights", "step-3", "--json").status == 0
    assert "no" in netloom("evaluate", "iris.json", "--run", run.name, "--weights", "step-9").err


def test_runs_of_a_project_without_any(netloom: Netloom) -> None:
    netloom("new", "iris")

    assert "no runs yet" in netloom("runs", "iris.json").out
    assert netloom("runs", "iris.json", "--json").out == ""


def test_evaluate_says_when_the_data_is_not_what_it_was(netloom: Netloom, tmp_path: Path) -> None:
    netloom("new", "iris")
    netloom("train", "iris.json", *FEW)
    record = next(tmp_path.glob("iris.runs/*/run.json"))
    table = json.loads(record.read_text(encoding="utf-8"))
    table["data"]["fingerprint"] = "another"
    record.write_text(json.dumps(table), encoding="utf-8")

    said = netloom("evaluate", "iris.json", "--json")

    assert "has changed" in said.err
    assert said.events[0]["same_data"] is False


def test_doctor_finds_this_machine_fit(netloom: Netloom) -> None:
    text = netloom("doctor")
    assert text.status == 0
    assert "torch" in text.out

    findings = {found["name"]: found["state"] for found in netloom("doctor", "--json").events}
    assert findings["torch"] == findings["resources"] == findings["own folder"] == "ok"


def test_doctor_ends_with_1_where_a_need_is_missing(
    netloom: Netloom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)

    said = netloom("doctor")

    assert said.status == 1
    assert "--setup" in said.out


def test_a_reader_that_stops_reading_is_no_error(
    netloom: Netloom, netloom_process: Callable[..., subprocess.Popen[str]]
) -> None:
    netloom("new", "digits")
    checking = netloom_process("check", "digits.json", "--json")

    assert checking.stdout is not None and checking.stderr is not None
    checking.stdout.close()

    assert checking.stderr.read() == ""
    assert checking.wait() == 0
