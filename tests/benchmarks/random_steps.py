"""Random steps on the canvas, many of them: what must hold after each is in tests/app/canvas/steps.py.

    python -m tests.benchmarks.random_steps [--steps 100000] [--portion 500] [--log FILE]

Each portion has a canvas and a seed of its own and becomes a line of the log; started again with that log,
the run goes on behind it. A portion that fails is written down and done again by `--seed`. Exit status 1 when
one failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NETLOOM_HOME", tempfile.mkdtemp())

from PySide6.QtWidgets import QApplication

from tests.app.canvas.steps import Failure, Machine


def portion(seed: int, steps: int) -> str:
    """Does the steps of one seed; returns what did not hold, or nothing."""
    machine = Machine(seed)
    try:
        machine.run(steps)
    except Failure as failure:
        traceback.print_exc()
        return str(failure)
    finally:
        machine.close()
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--portion", type=int, default=500)
    parser.add_argument("--log", type=Path)
    parser.add_argument("--seed", type=int, help="one portion alone")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first portion")
    chosen = parser.parse_args()
    app = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    if chosen.seed is not None:
        return int(bool(portion(chosen.seed, chosen.portion)))
    lines = chosen.log.read_text().splitlines() if chosen.log and chosen.log.exists() else []
    told = [json.loads(line) for line in lines]
    passed = sum(entry["steps"] for entry in told if not entry["fault"])
    seed = max((entry["seed"] + 1 for entry in told), default=chosen.first)
    faults = [entry["fault"] for entry in told if entry["fault"]]
    while passed < chosen.steps:
        started = time.process_time()
        fault = portion(seed, chosen.portion)
        seconds = round(time.process_time() - started, 1)
        passed += 0 if fault else chosen.portion
        faults += [fault] if fault else []
        entry = {"seed": seed, "steps": chosen.portion, "seconds": seconds, "fault": fault}
        if chosen.log:
            with chosen.log.open("a") as log:
                log.write(json.dumps(entry) + "\n")
        print(f"{passed} steps passed, {len(faults)} portions failed, {seconds} s of processor", flush=True)
        seed += 1
    return int(bool(faults))


if __name__ == "__main__":
    sys.exit(main())
