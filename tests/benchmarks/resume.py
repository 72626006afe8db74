"""Kills a training at random moments and goes on, again and again: the final weights must be the same bits.

    python tests/benchmarks/resume.py [--kills 100] [--seed 0]

One run of the gallery's digits network is made undisturbed. Then runs of the same project are killed
(SIGKILL, no warning) after a random time, continued, killed again ... until they are done.
Printed are the kills, the runs they were spread over, how much was lost to each, and how many runs ended with
the same best and last weights, losses and metrics. The goal is all of them. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 300


def netloom(*arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "studio.cli", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def outcome(folder: Path) -> tuple[Any, ...]:
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    files = ("best.safetensors", "last.safetensors", "steps.safetensors")
    return *(line | {"seconds": 0} for line in lines), *((folder / name).read_bytes() for name in files)


def killed_until_done(project: Path, chance: random.Random, kills: int) -> tuple[Path, int, list[float]]:
    """A run that is killed at random until it is done: its folder, the kills, the seconds each one lost."""
    from studio.training.runs import list_runs, runs_folder

    arguments, made, lost = ["train", str(project)], 0, []
    while True:
        process = netloom(*arguments)
        if made < kills:
            time.sleep(chance.uniform(4.0, 12.0))
            if process.poll() is None:
                process.kill()
                made += 1
        process.wait()
        found = list_runs(runs_folder(project))
        if not found:
            continue  # killed before the run began
        folder = found[-1].folder
        if found[-1].status == "done":
            return folder, made, lost
        state = folder / "state.safetensors"
        newest = max(file.stat().st_mtime for file in folder.iterdir())
        lost.append(max(0.0, newest - state.stat().st_mtime) if state.exists() else float("nan"))
        if state.exists():
            arguments = ["train", str(project), "--resume", folder.name]
        else:
            for file in folder.iterdir():
                file.unlink()
            folder.rmdir()
            arguments = ["train", str(project)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        table = json.loads((ROOT / "projects" / "digits.json").read_text(encoding="utf-8"))
        table["training"] |= {"epochs": EPOCHS}
        whole = Path(name) / "whole.json"
        whole.write_text(json.dumps(table))
        netloom("train", str(whole)).wait()
        wanted = outcome(next((Path(name) / "whole.runs").iterdir()))
        made, runs, same, lost = 0, 0, 0, []
        while made < options.kills:
            project = Path(name) / f"run{runs}.json"
            project.write_text(json.dumps(table))
            folder, kills, gone = killed_until_done(project, chance, options.kills - made)
            made, runs, lost = made + kills, runs + 1, lost + gone
            same += outcome(folder) == wanted
            print(f"{made} kills, {runs} runs done, {same} with the same bits", flush=True)
    known = [seconds for seconds in lost if seconds == seconds]
    print(f"lost to a kill: median {statistics.median(known):.1f} s, most {max(known):.1f} s")
    return 0 if same == runs else 1


if __name__ == "__main__":
    raise SystemExit(main())
