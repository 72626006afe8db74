"""Two people, one file: `netloom diff`, `netloom merge`, and what is left to choose as problems."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studio import places
from studio.cli import main
from studio.compiler.infer import analyse
from studio.graph.document import Change, Document
from studio.project import files
from studio.training import objectives
from studio.words import Message


@pytest.fixture
def versions(tmp_path: Path) -> dict[str, Path]:
    """The digits example, and two versions of it that change one setting and one layer differently."""
    made = {name: tmp_path / f"{name}.json" for name in ("base", "ours", "theirs")}
    for path in made.values():
        shutil.copy(places.gallery() / "digits.json", path)
    for name, width, epochs in (("ours", 48, 20), ("theirs", 24, 7)):
        document = Document(files.load(made[name]))
        with document.transaction(Message("Edit")) as edit:
            edit.set_param("model", "conv1", "out_channels", width)
            edit.set(("training", "epochs"), epochs)
        files.save(made[name], document.data())
    return made


def test_differences_are_printed_a_line_each(
    versions: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", str(versions["base"]), str(versions["theirs"])]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["model.conv1.out_channels", "training.epochs"]
    assert lines[1].endswith("20 → 7")

    assert main(["diff", str(versions["base"]), str(versions["theirs"]), "--json"]) == 0
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert objects[0]["place"] == ["networks", "model", "nodes", "conv1", "params", "out_channels"]
    assert objects[-1] == {"event": "end", "differences": 2}


def test_what_is_left_to_choose_is_a_problem_with_both_sides_as_cures(
    versions: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["merge", *(str(versions[name]) for name in ("base", "ours", "theirs"))]) == 1
    assert "out_channels: ours 48, theirs 24" in capsys.readouterr().err

    merged = files.load(versions["ours"])
    assert merged.training["epochs"] == 7
    (problem,) = [
        p for p in analyse(merged, objectives.context_of(merged)).problems if p.code == "two-versions"
    ]
    assert (problem.network, problem.node, problem.severity) == ("model", "conv1", "warning")
    assert [str(cure.label) for cure in problem.cures] == ["Keep 48", "Take 24"]
    for cure, width in zip(problem.cures, (48, 24), strict=True):
        document = Document(merged)
        document.adopt(Change(cure.label, cure.operations))
        assert document.node("model", "conv1").params["out_channels"] == width
        assert "conflicts" not in document.settings


def test_a_figure_marks_what_is_new(versions: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    out = versions["base"].with_name("figure.svg")
    command = ["figure", str(versions["theirs"]), "--out", str(out), "--against", str(versions["base"])]

    assert main([*command, "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["file"] == str(out)
    assert 'fill="#9A6700"' in out.read_text()
    assert main([*command[:3], "figure.gif"]) == 2
    assert main(["figure", str(versions["base"]), "--out", str(out), "--style", "poster"]) == 3


def test_it_serves_as_the_merge_driver_of_git(tmp_path: Path, versions: dict[str, Path]) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    tree = tmp_path / "tree"
    tree.mkdir()

    def git(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments],
            cwd=tree, check=check, capture_output=True, text=True,
        )  # fmt: skip

    def commit(version: Path, **changes: object) -> None:
        table = json.loads(version.read_text())
        table["training"].update(changes)
        (tree / "net.json").write_text(json.dumps(table))
        git("add", "-A")
        git("commit", "-m", "x")

    git("init", "-b", "main")
    git("config", "merge.netloom.driver", f"{sys.executable} -m studio merge %O %A %B")
    (tree / ".gitattributes").write_text("*.json merge=netloom\n")
    commit(versions["base"])
    git("checkout", "-b", "other")
    commit(versions["base"], batch_size=32)
    git("checkout", "main")
    commit(versions["base"], epochs=9)

    git("merge", "other")

    merged = files.load(tree / "net.json")
    assert (merged.training["epochs"], merged.training["batch_size"]) == (9, 32)


def test_files_that_are_no_projects_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")

    assert main(["diff", str(broken), str(broken)]) == 3
    assert "broken.json" in capsys.readouterr().err
