"""A window with a project, opened and closed again and again: what is left, and what it takes in memory.

    python tests/benchmarks/open_close.py [TIMES]

Prints after every tenth time the top-level widgets, running threads and ticking timers that are left, and the
resident memory. Ends with status 1 where more is left than after the first ten, or where memory grew by more
than 1 MB a time over the second half.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("NETLOOM_HOME", tempfile.mkdtemp())
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

from studio import places
from studio.app.appearance import Appearance
from studio.app.preferences import Preferences
from studio.app.session import Session
from studio.app.startup import CURVES
from studio.app.window import MainWindow

EXAMPLES = ("digits", "iris", "diabetes")
ALLOWED = 1.0
"""MB a time"""


def main(times: int) -> int:
    import studio.app.curves.panel
    import studio.training.objectives  # noqa: F401 - both imported once, as at a start

    app = QApplication.instance() or QApplication([])
    preferences = Preferences()
    preferences.tour_seen = True
    appearance = Appearance(app, preferences)  # type: ignore[arg-type]
    seen: list[tuple[int, int, int, float]] = []
    print(f"{'times':>5} {'widgets':>8} {'threads':>8} {'timers':>7} {'MB':>8} {'s each':>7}")
    for number in range(1, times + 1):
        began = time.perf_counter()
        once(preferences, appearance, EXAMPLES[number % len(EXAMPLES)])
        took = time.perf_counter() - began
        if number % 10 == 0 or number == times:
            seen.append((*left(), resident()))
            print(
                f"{number:5} {seen[-1][0]:8} {seen[-1][1]:8} {seen[-1][2]:7} {seen[-1][3]:8.1f} {took:7.2f}"
            )
    half = seen[len(seen) // 2 :]
    growth = (half[-1][3] - half[0][3]) / max(1, 10 * (len(half) - 1))
    more = [after - before for before, after in zip(seen[0][:3], seen[-1][:3], strict=True)]
    print(f"left more than after the first ten: {more}; memory a time over the second half: {growth:.2f} MB")
    return int(any(count > 0 for count in more) or growth > ALLOWED)


def once(preferences: Preferences, appearance: Appearance, example: str) -> None:
    """A window is made, shows a project and its panels, and goes."""
    window = MainWindow(Session(), preferences, appearance)
    window.module_imported(CURVES)
    window.session.set_engine_ready()
    window.resize(1600, 1000)
    window.show()
    window.files.open_example(places.gallery() / f"{example}.json")
    until(lambda: window.files.active and bool(window.session.analysis.networks))
    until(lambda: all(page.panel is not None for page in window.workspace.pages.values()))
    window.leave_without_asking()
    window.deleteLater()
    settle()


def until(condition: object, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        if time.monotonic() > end:
            raise SystemExit("the window did not come to rest")
        QCoreApplication.processEvents()
        time.sleep(0.002)


def settle() -> None:
    QThreadPool.globalInstance().waitForDone(10_000)
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete))
        QCoreApplication.processEvents()
    gc.collect()
    QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete))


def left() -> tuple[int, int, int]:
    """Top-level widgets, running threads, ticking timers."""
    held = [o for o in gc.get_objects() if issubclass(type(o), QThread | QTimer) and shiboken6.isValid(o)]
    threads = sum(1 for o in held if isinstance(o, QThread) and o.isRunning())
    timers = sum(1 for o in held if isinstance(o, QTimer) and o.isActive())
    return len(QApplication.topLevelWidgets()), threads, timers


def resident() -> float:
    """Megabytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
