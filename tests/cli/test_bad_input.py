"""Bad input: each with a clear sentence on standard error, the right status, and nothing lost."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio import places

from .conftest import Netloom, Said, X, Y, linear, project_text

PROBLEM, WRONG_USE, FILE = 1, 2, 3

UNREADABLE = {
    "empty": "",
    "blank": " \n",
    "truncated": (places.gallery() / "digits.json").read_text(encoding="utf-8")[:500],
    "not JSON": "digits = 3",
    "another JSON": '{"name": "package.json"}',
    "a list": "[1, 2]",
    "binary": "\x00\x01\x02",
    "deep": "[" * 100_000,
}


Process = Callable[..., subprocess.Popen[str]]


def finished(process: subprocess.Popen[str]) -> Said:
    out, err = process.communicate(timeout=240)
    return Said(process.returncode, out, err)


def told(said: Said, status: int, *words: str) -> None:
    """One clear sentence and no traceback."""
    assert said.status == status, said.err
    assert said.err.startswith("netloom: ")
    assert "Traceback" not in said.err and "did not expect" not in said.err
    for word in words:
        assert word in said.err


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("command", ["check", "train", "runs", "code"])
def test_a_file_that_is_no_project(netloom: Netloom, tmp_path: Path, kind: str, command: str) -> None:
    (tmp_path / "p.json").write_text(UNREADABLE[kind], encoding="utf-8")

    said = netloom(command, "p.json")

    told(said, FILE, "p.json")
    assert said.out == ""
    assert (tmp_path / "p.json").read_text(encoding="utf-8") == UNREADABLE[kind]


def test_a_file_that_does_not_exist(netloom: Netloom) -> None:
    told(netloom("check", "nowhere.json"), FILE, "nowhere.json")


def test_an_error_is_one_json_object_too(netloom: Netloom) -> None:
    said = netloom("check", "nowhere.json", "--json")

    (event,) = said.events
    assert (event["event"], event["status"]) == ("error", FILE)
    assert event["message"] in said.err


def test_a_newer_version_is_read_with_a_word(netloom: Netloom, tmp_path: Path) -> None:
    table = json.loads(project_text([X, linear(3), Y]))
    table |= {"version": 99, "hologram": True}
    (tmp_path / "p.json").write_text(json.dumps(table), encoding="utf-8")

    said = netloom("check", "p.json")

    told(said, 0, "newer")
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8")) == table


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([X, {**linear(3), "type": "nn.Hologram"}, Y], ["nn.Hologram"]),
        ([X, linear(3, "ghost"), Y], ["ghost"]),
        (
            [
                X,
                {**linear(4, "b"), "id": "a"},
                {**linear(4, "a"), "id": "b"},
                {**Y, "args": [{"n": "b"}]},
            ],
            ["a", "b"],
        ),
        ([X, linear(10**12), Y], ["fc"]),
    ],
    ids=["unknown type", "missing reference", "cycle", "10^12 parameters"],
)
def test_a_network_with_an_error_is_checked_but_neither_trained_nor_printed(
    netloom: Netloom, tmp_path: Path, nodes: list[dict[str, Any]], words: list[str]
) -> None:
    text = project_text(nodes, data={"source": "iris"})
    (tmp_path / "p.json").write_text(text, encoding="utf-8")

    checked = netloom("check", "p.json")
    assert checked.status == PROBLEM
    assert "error: " in checked.out and all(word in checked.out for word in words)

    told(netloom("train", "p.json"), PROBLEM)
    told(netloom("code", "p.json"), PROBLEM)
    assert (tmp_path / "p.json").read_text(encoding="utf-8") == text


@pytest.mark.parametrize("source", ["mnist", "fashion_mnist", "cifar10", "cifar100"])
def test_a_data_folder_that_is_missing_or_holds_other_files(
    netloom: Netloom, tmp_path: Path, source: str
) -> None:
    netloom("new", "digits")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "holiday.jpg").write_bytes(b"not a data set")

    for folder in ("nowhere", "other"):
        said = netloom(
            "train", "digits.json", "--set", f"data.source={source}", "--set", f"data.root={folder}"
        )
        told(said, FILE, folder)
    assert not list(tmp_path.glob("digits.runs/*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "digits.json", "--set", "training.epoch=3"),
        ("train", "digits.json", "--set", "training.epochs"),
        ("train", "digits.json", "--speed", "9"),
        ("export", "digits.json", "--format", "onnx"),
        ("export", "digits.json", "--format", "hologram", "--out", "x"),
        ("evaluate", "digits.json", "--split", "holdout"),
        ("new", "hologram"),
        ("check",),
        ("trian", "digits.json"),
        ("trian",),
    ],
)
def test_wrong_use_ends_with_2(netloom: Netloom, arguments: tuple[str, ...]) -> None:
    netloom("new", "digits")

    told(netloom(*arguments), WRONG_USE)


def test_a_run_that_does_not_exist(netloom: Netloom) -> None:
    netloom("new", "digits")

    for reference in ("last", "2001-01-01_00-00-00"):
        told(netloom("evaluate", "digits.json", "--run", reference), FILE)


@pytest.fixture
def trained(netloom: Netloom) -> None:
    netloom("new", "iris")
    assert netloom("train", "iris.json", "--set", "training.epochs=1").status == 0


@pytest.mark.usefixtures("trained")
def test_an_export_into_a_folder_that_is_missing_or_may_not_be_written(netloom: Netloom) -> None:
    for place in ("nowhere/iris.pt", "/proc/iris.pt"):
        told(netloom("export", "iris.json", "--format", "state_dict", "--out", place), FILE, place)


@pytest.mark.usefixtures("trained")
@pytest.mark.parametrize("format", ["state_dict", "safetensors", "folder"])
def test_no_room_for_an_export(netloom_process: Process, tmp_path: Path, format: str) -> None:
    """A limit on the size of files stands in for a disk that is full: the system refuses the bytes alike."""
    asked = ("export", "iris.json", "--format", format, "--out", "out")
    exporting = netloom_process(*asked, largest_file=512)

    told(finished(exporting), FILE, "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["iris.json", "iris.runs"]


def test_no_room_for_a_project(netloom_process: Process, tmp_path: Path) -> None:
    copying = netloom_process("new", "digits", "d.json", largest_file=512)

    told(finished(copying), FILE, "d.json")
    assert list(tmp_path.iterdir()) == []


def test_a_window_without_a_display_is_refused_in_words(
    netloom: Netloom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)

    told(netloom(), FILE, "no display", "netloom --help")


def test_a_display_that_does_not_answer_is_refused_in_words(
    netloom: Netloom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DISPLAY", ":987")

    told(netloom(), FILE, ":987")


def test_what_nobody_expected_goes_to_the_log_with_one_sentence(
    netloom: Netloom, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.cli import checkup

    def broken() -> None:
        raise ZeroDivisionError("a slip of ours")

    monkeypatch.setattr(checkup, "examine", broken)

    said = netloom("doctor")

    assert said.status == FILE
    assert said.err.count("\n") == 1
    assert "a slip of ours" in said.err
    assert "Traceback" in (own_home / "logs" / "netloom.log").read_text(encoding="utf-8")
