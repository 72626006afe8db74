"""How long a click waits while PyTorch is imported behind the window.

    python tests/benchmarks/start_liveness.py

A clock in the window asks to be called every few milliseconds from the first paint until PyTorch is there; by
how much it comes late is what a click at that moment would wait. Needs a display (or
QT_QPA_PLATFORM=offscreen). PROJECT as an argument opens a project meanwhile, as a person would.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

EVERY_MS = 4


def main() -> int:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    with tempfile.TemporaryDirectory() as home:
        os.environ["NETLOOM_HOME"] = home
        return measure(Path(sys.argv[1]) if len(sys.argv) > 1 else None)


def measure(project: Path | None) -> int:
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from studio.app import main as start
    from studio.app.window import MainWindow

    late: list[float] = []
    last = [0.0]
    clock = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=EVERY_MS)

    def tick() -> None:
        now = time.perf_counter()
        late.append(max(0.0, (now - last[0]) * 1000 - EVERY_MS))
        last[0] = now

    clock.timeout.connect(tick)
    painted, ready = MainWindow.after_first_paint, MainWindow.engine_ready

    def begin(window: MainWindow) -> None:
        painted(window)
        last[0] = time.perf_counter()
        clock.start()

    def end(window: MainWindow) -> None:
        clock.stop()
        ready(window)
        window.leave_without_asking()

    failures: list[str] = []

    def give_up(engine: start.Engine, seconds: float, error: Exception | None) -> None:
        report(engine, seconds, error)
        if error is not None:
            failures.append(repr(error))
            QApplication.exit(1)

    report = start.Engine._report
    start.Engine._report = give_up  # type: ignore[method-assign]
    MainWindow.after_first_paint, MainWindow.engine_ready = begin, end  # type: ignore[method-assign]
    status = start.main(project)
    if failures:
        raise SystemExit(f"the engine could not be imported: {failures[0]}")
    late.sort()
    spent = sum(late) / 1000 + len(late) * EVERY_MS / 1000
    print(f"importing PyTorch behind the window took {spent:.2f} s, {len(late)} samples")
    for name, share in (("median", 0.5), ("90 %", 0.9), ("99 %", 0.99)):
        print(f"a click waits, {name:>6}  {late[int(share * (len(late) - 1))]:8.1f} ms")
    print(f"the longest wait       {late[-1]:8.1f} ms")
    print("waits over 50 ms:", ", ".join(f"{wait:.0f}" for wait in late if wait > 50) or "none")
    return status


if __name__ == "__main__":
    sys.exit(main())
