"""A window with a project, opened and closed again and again: what is left, and what it takes in memory.

    python tests/benchmarks/open_close.py [TIMES]

Prints after every tenth time the top-level widgets, running threads and ticking timers that are left, the
Python objects of the window's own classes, and the resident memory: as it is, and when the C library has
handed back what it only kept for later. Ends with status 1 where more widgets, threads or timers are left
than after the first ten, where a tenth of an object a time or more is, or where that memory grew by more
than 0.3 MB a time over the last seven tenths (the slope of the line through them). A hundred times take
some five minutes on a quiet machine with two cores.
"""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
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
ALLOWED = 0.3
"""MB a time"""


def main(times: int) -> int:
    import studio.app.curves.panel
    import studio.training.objectives  # noqa: F401 - both imported once, as at a start

    app = QApplication.instance() or QApplication([])
    preferences = Preferences()
    preferences.tour_seen = True
    appearance = Appearance(app, preferences)  # type: ignore[arg-type]
    seen: list[Left] = []
    heads = "".join(
        f"{head:>9}" for head in ("widgets", "threads", "timers", "objects", "MB", "held MB", "s")
    )
    print(f"times{heads}")
    for number in range(1, times + 1):
        began = time.perf_counter()
        once(preferences, appearance, EXAMPLES[number % len(EXAMPLES)])
        took = time.perf_counter() - began
        if number % 10 == 0 or number == times:
            seen.append(left(number))
            counts = " ".join(f"{count:8}" for count in seen[-1].counts)
            print(
                f"{number:5} {counts} {seen[-1].resident:8.1f} {seen[-1].held:8.1f} {took:6.2f}", flush=True
            )
    growth = slope([s for s in seen if s.times > 0.3 * times])
    more = [after - before for before, after in zip(seen[0].counts, seen[-1].counts, strict=True)]
    print(f"more left than after the first ten: {more}")
    print(f"memory held, over the last 70 %: {growth:+.3f} MB a time")
    return int(any(count > 0 for count in more[:3]) or more[3] > times / 10 or growth > ALLOWED)


@dataclass(frozen=True)
class Left:
    """`counts`: top-level widgets, running threads, ticking timers, objects of the window's classes."""

    times: int
    counts: tuple[int, ...]
    resident: float
    held: float


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


def left(times: int) -> Left:
    objects = gc.get_objects()
    held = [o for o in objects if issubclass(type(o), QThread | QTimer) and shiboken6.isValid(o)]
    threads = sum(1 for o in held if isinstance(o, QThread) and o.isRunning())
    timers = sum(1 for o in held if isinstance(o, QTimer) and o.isActive())
    ours = sum(1 for o in objects if str(type(o).__module__).startswith("studio.app."))
    before = resident()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    return Left(times, (len(QApplication.topLevelWidgets()), threads, timers, ours), before, resident())


def slope(seen: list[Left]) -> float:
    """MB a time, of the straight line nearest to what was held."""
    if len(seen) < 2:
        return 0.0
    return statistics.linear_regression([s.times for s in seen], [s.held for s in seen]).slope


def resident() -> float:
    """Megabytes of this process in memory."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
