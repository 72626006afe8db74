"""Kills a program that edits and saves, at random moments, and counts what is lost.

    python tests/benchmarks/kill.py [ROUNDS]      200 rounds by default

Each round begins with what the one before left: the recovered work, else the file. Prints the figures and
ends with status 1 when a file was torn, or when more than the last two seconds of edits were missing.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from studio.graph.document import Document  # noqa: E402
from studio.graph.model import Network, Node, ProjectData  # noqa: E402
from studio.project import files, recovery  # noqa: E402
from studio.project.journal import Journal  # noqa: E402
from studio.words import Message  # noqa: E402

ALLOWED_SECONDS = 2.0
CARDS = 40


@dataclass(frozen=True, slots=True)
class Round:
    """What one kill left. `missing_seconds` is the age of the oldest edit that is gone, 0 without any."""

    edits: int
    saves: int
    missing_edits: int
    missing_seconds: float
    recovered: bool
    litter: int


def count(project: ProjectData) -> int:
    """How many edits a project has seen; every one adds a card, and old cards go."""
    done = int(project.training.get("edits", 0))
    cards = [f"n{number}" for number in range(max(1, done - CARDS + 1), done + 1)]
    assert sorted(project.networks["model"].nodes) == sorted(cards), "a project of another moment"
    return done


def edit_forever(path: Path, folder: Path, seed: int) -> None:
    """The program that is killed: edits, tells each edit on its standard output, saves now and then."""
    chance = random.Random(seed)
    found = recovery.find(folder)
    project = found[0].project() if found else _saved(path)
    document = Document(project)
    journal = Journal(folder, document, path, unsaved=bool(found))
    if found:
        journal.flush()
        for work in found:
            work.discard()
    done = count(project)
    _tell("begin", done)
    while True:
        done += 1
        with document.transaction(Message("Edit")) as edit:
            edit.add_node("model", Node(f"n{done}", "nn.ReLU", at=(0, 96 * done)))
            edit.remove_nodes("model", [f"n{done - CARDS}"] if done > CARDS else [])
            edit.set(("training", "edits"), done)
        _tell("edit", done)
        if chance.random() < 0.02:
            written = document.data()
            journal.flush()
            files.save(path, written)
            _tell("save", done)
            journal.saved(path, written)
        time.sleep(chance.random() * 0.02)


def _tell(what: str, number: int) -> None:
    os.write(1, f"{what} {number} {time.time()}\n".encode())


def _saved(path: Path) -> ProjectData:
    return files.load(path) if path.exists() else ProjectData("Killed", {"model": Network()})


def kill_once(path: Path, folder: Path, chance: random.Random) -> Round:
    """One program from start to end. Raises AssertionError when a file is torn or a journal too old."""
    command = [sys.executable, __file__, "--edit", str(path), str(folder), str(chance.randrange(10**9))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as program:
        assert program.stdout is not None
        first = program.stdout.readline()
        time.sleep(chance.random() * 0.8)
        program.send_signal(signal.SIGKILL)
        killed = time.time()
        told = [line.split() for line in (first + program.stdout.read()).decode().splitlines()]
    assert told and told[0][0] == "begin", "the program did not begin"
    edits = {int(number): float(when) for what, number, when in told if what == "edit"}
    saves = [int(number) for what, number, _ in told if what == "save"]
    in_file = count(_saved(path))
    assert in_file >= max(saves, default=0), "a save that was told is gone"
    works = recovery.find(folder)
    assert len(works) <= 1, "more than one journal"
    reached = in_file
    for work in works:
        reached = count(work.project())
        assert reached >= in_file, "the journal is older than the file"
    lost = [number for number in edits if number > reached]
    missing = killed - edits[min(lost)] if lost else 0.0
    litter = sum(1 for entry in path.parent.iterdir() if entry.name.endswith(".tmp.json"))
    return Round(len(edits), len(saves), len(lost), missing, bool(works), litter)


def run(rounds: int, seed: int) -> list[Round]:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["NETLOOM_HOME"] = scratch
        projects = Path(scratch) / "projects"
        projects.mkdir()
        folder = Path(scratch) / "recovery"
        return [kill_once(projects / "p.json", folder, chance) for _ in range(rounds)]


def main() -> int:
    if sys.argv[1:2] == ["--edit"]:
        edit_forever(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = random.randrange(10**6)
    results = run(rounds, seed)
    worst = max(result.missing_seconds for result in results)
    edits, saves = sum(r.edits for r in results), sum(r.saves for r in results)
    print(f"{rounds} kills (seed {seed}): {edits} edits, {saves} saves")
    print(f"project files torn: 0; journals used: {sum(r.recovered for r in results)}")
    print(f"edits missing: {sum(r.missing_edits for r in results)}, the oldest {worst:.2f} s before the kill")
    print(f"temporary files left at worst: {max(r.litter for r in results)}")
    return 0 if worst <= ALLOWED_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
