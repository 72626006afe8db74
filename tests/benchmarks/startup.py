"""Time from process start to the first painted window, beside the time of importing torch alone.

    python tests/benchmarks/startup.py [ROUNDS]

Both are measured in fresh processes, in turn, so that the machine's mood falls on both alike. The first round
of each warms the file cache and is not counted. Needs a display (or QT_QPA_PLATFORM=offscreen).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 1.0

WINDOW = "import sys; from studio.app.main import main; sys.exit(main(None))"
POLL_SECONDS = 0.005
PATIENCE_SECONDS = 30.0


def first_paint(folder: Path) -> float:
    """Seconds from starting the interpreter to the event after the first paint."""
    report = folder / "report.txt"
    report.unlink(missing_ok=True)
    environment = os.environ | {"NETLOOM_STARTUP_REPORT": str(report), "NETLOOM_HOME": str(folder / "home")}
    began = time.time()
    process = subprocess.Popen([sys.executable, "-c", WINDOW], cwd=ROOT, env=environment)
    try:
        while True:
            told = report.read_text() if report.is_file() else ""
            if "painted" in told:
                break
            if process.poll() is not None or time.time() - began > PATIENCE_SECONDS:
                raise SystemExit("the window did not come up")
            time.sleep(POLL_SECONDS)
    finally:
        process.terminate()
        process.wait()
    times = dict(line.split() for line in told.splitlines())
    return float(times["painted"]) - began


def torch_alone() -> float:
    """Seconds of a process that imports torch and ends."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import torch"], cwd=ROOT, check=True)
    return time.perf_counter() - began


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    windows, torches = [], []
    with tempfile.TemporaryDirectory() as name:
        for turn in range(rounds + 1):
            window, torch = first_paint(Path(name)), torch_alone()
            if turn:
                windows.append(window)
                torches.append(torch)
    paint, alone = statistics.median(windows), statistics.median(torches)
    print(f"rounds                 {rounds}")
    print(f"start to first paint   median {paint:.3f} s   {min(windows):.3f} to {max(windows):.3f}")
    print(f"importing torch alone  median {alone:.3f} s   {min(torches):.3f} to {max(torches):.3f}")
    print(f"the window is there in {paint / alone:.2f} of the time of importing torch")
    return 0 if paint <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
