"""Kills a training at random moments and goes on, again and again: the final weights must be the same bits.

    python -m tests.benchmarks.resume [--kills 100] [--seed 0]

One run of the gallery's digits network is made undisturbed. Then runs of the same project are killed
(SIGKILL, no warning) at a random moment of their training, continued, killed again ... until they are done.
Moments are counted in the training's own processor time, so that they are spread over it on a busy machine
as on a quiet one. Printed are the kills, the runs they were spread over, how much was lost to each, and how
many runs ended with the same best and last weights, losses and metrics. The goal is all of them. Linux only.

Every training is a process of its own, forked from one that has PyTorch loaded already.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 60
MOST_S = 2.0
"""of processor time that a training may have before it is killed"""
CONTEXT = multiprocessing.get_context("forkserver")


def _train(arguments: tuple[str, ...]) -> None:
    from studio import cli

    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    sys.exit(cli.main(arguments))


def netloom(*arguments: str) -> ForkServerProcess:
    process = CONTEXT.Process(target=_train, args=(arguments,))
    process.start()
    return process


def spent(process: ForkServerProcess) -> float:
    """The seconds of processor time of a process; infinite for one that has ended."""
    try:
        told = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("inf")
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK") if told[0] != "Z" else float("inf")


def wait_for_training(process: ForkServerProcess, folder: Path) -> None:
    """Until the run's record names the process, or that has ended."""
    while process.is_alive():
        for record in folder.glob("*/run.json"):
            try:
                told = json.loads(record.read_text())
            except (OSError, ValueError):
                continue
            if told["status"] == "running" and told["process"]["id"] == process.pid:
                return
        time.sleep(0.02)


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
            wait_for_training(process, runs_folder(project))
            end = spent(process) + chance.uniform(0.0, MOST_S)
            while spent(process) < end:
                time.sleep(0.005)
            if process.is_alive():
                process.kill()
                made += 1
        process.join()
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
    CONTEXT.set_forkserver_preload(
        ["torch", "studio.training.run", "studio.training.loop", "studio.cli.train"]
    )
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        table = json.loads((ROOT / "projects" / "digits.json").read_text(encoding="utf-8"))
        table["training"] |= {"epochs": EPOCHS}
        whole = Path(name) / "whole.json"
        whole.write_text(json.dumps(table))
        began = time.perf_counter()
        process = netloom("train", str(whole))
        while (so_far := spent(process)) < float("inf"):
            taken = so_far
            time.sleep(0.02)
        process.join()
        print(f"undisturbed: {taken:.1f} s of the processor, {time.perf_counter() - began:.0f} s", flush=True)
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
