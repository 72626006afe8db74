"""Runs that wait, from one window to the next."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from studio.graph.model import Network, ProjectData
from studio.training.waiting import Shelf, Waiting


def run(name: str, folder: Path, base: Path | None = None) -> Waiting:
    return Waiting(ProjectData(name, {"model": Network()}, {"training": {"epochs": 3}}), base, folder)


def test_what_one_left_is_taken_over_once_and_in_order(tmp_path: Path) -> None:
    place = tmp_path / "queue"
    first = Shelf(place)
    runs = [run("a", tmp_path / "a.runs", tmp_path), run("数字", tmp_path / "b.runs")]
    first.write(runs)
    second = Shelf(place)
    assert second.take_over() == ([], []), "its window still has it"
    first.close()
    own = run("own", tmp_path)
    assert second.take_over([own]) == (runs, [])
    assert second.take_over([*runs, own]) == ([], [])
    second.close()
    third = Shelf(place)
    assert third.take_over() == ([*runs, own], [])
    third.write([])
    assert list(place.iterdir()) == []


def test_the_list_of_a_process_that_was_killed_is_taken_over(tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from tests.training.test_waiting import run\n"
        "from studio.training.waiting import Shelf\n"
        "Shelf(Path(sys.argv[1])).write([run('a', Path('a.runs'))])\n"
        "os._exit(9)\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=root, check=False)
    assert ended.returncode == 9
    assert Shelf(tmp_path).take_over() == ([run("a", Path("a.runs"))], [])


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"format":"netloom-queue","version":2,"runs":[]}', b"\xff"]
)
def test_a_list_that_cannot_be_read_is_named_and_left(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "spoilt.json").write_bytes(content)
    good = Shelf(tmp_path)
    good.write([run("a", tmp_path)])
    good.close()
    found, faults = Shelf(tmp_path).take_over()
    assert [waiting.project.name for waiting in found] == ["a"]
    assert [str(tmp_path / "spoilt.json") in str(fault) for fault in faults] == [True]
    assert (tmp_path / "spoilt.json").read_bytes() == content
