"""How long a person waits for a large network, and for how long the window does not answer meanwhile.

    python tests/benchmarks/big_models.py [--model resnet152] [--rounds 3]

Each round is a window of its own, in a process of its own. In it an architecture is chosen in the import
dialog (the first time, when nothing of it was imported before, and once more), and what was drawn is
saved. Another process then opens that file as `netloom PROJECT` does. Without a display it runs with
QT_QPA_PLATFORM=offscreen.

Prints, from the person's act on: when each stage was over (wall), the processor time of the whole process
until the network was shown and of the GUI thread, and the longest time in which the window answered
nothing (a clock in the window that comes late), with what the GUI thread itself did in it. "shown" is the
paint after the network came into view; "shapes" and "cures" are worked out behind it. Exit status 1 where
something was shown after more than 3 s, or where the window did not answer for more than 100 ms, in the
median of the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

MODELS = ("resnet152", "swin_t")
WANTED_S = 3.0
WANTED_MS = 100.0
EVERY_MS = 4
LIMIT_S = 300
STAGES = ("opened", "shown", "shapes", "cures")
"""of which the first takes the import, or the reading of the file"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", choices=None, help="resnet152 and swin_t without it")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-window", nargs=2, metavar=("ACT", "PLACE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if chosen.in_window:
        return InWindow(*chosen.in_window, began=time.perf_counter()).run()
    late = False
    for model in chosen.model or MODELS:
        told: dict[str, list[dict[str, float]]] = {}
        for _ in range(chosen.rounds):
            for act, figures in one_round(model):
                told.setdefault(act, []).append(figures)
        print(f"\n{model}, median of {chosen.rounds}, load {os.getloadavg()[0]:.1f}")
        late |= show(told)
    return int(late)


def one_round(model: str) -> list[tuple[str, dict[str, float]]]:
    """What the processes of one round tell, act by act."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / f"{model}.json"
        surroundings = {**os.environ, "NETLOOM_HOME": home}
        if sys.platform == "linux" and not {"DISPLAY", "WAYLAND_DISPLAY"} & surroundings.keys():
            surroundings.setdefault("QT_QPA_PLATFORM", "offscreen")
        told = []
        for act, place in (("import", str(file)), ("open", str(file))):
            command = [sys.executable, __file__, "--in-window", act, place]
            spawned = time.time()
            ended = subprocess.run(
                command, env={**surroundings, "NETLOOM_SPAWNED": str(spawned)}, capture_output=True,
                text=True, timeout=2 * LIMIT_S,
            )  # fmt: skip
            if ended.returncode:
                raise SystemExit(f"{act} of {model} failed:\n{ended.stdout}{ended.stderr}")
            told += [(line["act"], line["figures"]) for line in map(json.loads, ended.stdout.splitlines())]
        return told


def show(told: dict[str, list[dict[str, float]]]) -> bool:
    """Prints a line for each act. Returns whether one of them is over what is wanted."""
    columns = [
        *(f"{s}, s" for s in STAGES),
        "processor, s",
        "GUI, s",
        "longest gap, ms",
        "own work in one, ms",
    ]
    names = [*STAGES, "processor", "gui", "gap", "own"]
    print(f"{'':22}" + "".join(f"{column:>{max(10, len(column) + 2)}}" for column in columns))
    late = False
    for act, rounds in told.items():
        median = {n: statistics.median(r[n] for r in rounds) for n in names if all(n in r for r in rounds)}
        cells = [
            f"{median.get(n, float('nan')):{max(10, len(c) + 2)}.2f}"
            for n, c in zip(names, columns, strict=True)
        ]
        over = median["shown"] > WANTED_S or median["gap"] > WANTED_MS
        late |= over
        print(f"{act:22}{''.join(cells)}{'  over' if over else ''}")
    return late


class InWindow:
    """One act in one window; prints what it took as a line of JSON."""

    def __init__(self, act: str, place: str, began: float) -> None:
        self.act, self.file, self.process_began = act, Path(place), began
        self.left = 2 if act == "import" else 1

    def run(self) -> int:
        from PySide6.QtCore import QTimer

        from studio.app import main as start
        from studio.app.preferences import Preferences
        from studio.app.window import MainWindow

        preferences = Preferences()
        preferences.tour_seen = True
        preferences.sync()
        self.watch = Watch()
        painted, ready = MainWindow.after_first_paint, MainWindow.engine_ready

        def after_paint(window: MainWindow) -> None:
            painted(window)
            self.window = window
            QTimer.singleShot(LIMIT_S * 1000, lambda: os._exit(3))
            if self.act == "open":
                self.watch.begin(window, float(os.environ["NETLOOM_SPAWNED"]) - time.time())
                self.watch.then = self.tell

        def engine(window: MainWindow) -> None:
            ready(window)
            if self.act == "import":
                self.open_dialog()

        MainWindow.after_first_paint, MainWindow.engine_ready = after_paint, engine  # type: ignore[method-assign]
        return start.main(self.file if self.act == "open" else None)

    def open_dialog(self) -> None:
        """The person opens the dialog and looks for the name; the time begins when it is chosen."""
        from PySide6.QtCore import QTimer

        dialog = self.window.importer.open("architecture")
        dialog.search.setText(self.file.stem)

        def go_on() -> None:
            if dialog.now_button.isEnabled() and dialog.names.currentItem().text() == self.file.stem:
                clock.stop()
                self.watch.begin(self.window)
                self.watch.then = lambda: (dialog.close(), self.tell())
                dialog.now_button.click()

        clock = QTimer(self.window, interval=20)
        clock.timeout.connect(go_on)
        clock.start()

    def tell(self) -> None:
        from PySide6.QtCore import QTimer

        from studio.project.files import save

        self.left -= 1
        name = {("import", 1): "import, first time", ("import", 0): "import, once more"}
        act = name.get((self.act, self.left), "netloom PROJECT")
        print(json.dumps({"act": act, "figures": self.watch.figures}), flush=True)
        if self.left:
            self.window.session.undo_stack.setClean()
            QTimer.singleShot(0, self.window, self.open_dialog)
            return
        if self.act == "import":
            save(self.file, self.window.session.document.data())
        self.window.leave_without_asking()


class Watch:
    """When what was reached, and how late a clock in the window came meanwhile."""

    def __init__(self) -> None:
        self.then: Callable[[], object] = lambda: None
        self.figures: dict[str, float] = {}
        self._linked = self._framed = False

    def begin(self, window: object, earlier: float = 0.0) -> None:
        """The act happens now, or did `earlier` seconds (negative) ago."""
        from PySide6.QtCore import Qt, QTimer

        self.window = window
        self.figures = {"gap": 0.0, "own": 0.0}
        self._framed = False
        if not self._linked:
            self._link()
        self.began, self.processor = time.perf_counter() + earlier, 0.0 if earlier else time.process_time()
        self.gui = 0.0 if earlier else time.thread_time()
        self._last, self._last_own = time.perf_counter(), time.thread_time()
        self._clock = QTimer(window, timerType=Qt.TimerType.PreciseTimer, interval=EVERY_MS)  # type: ignore[arg-type]
        self._clock.timeout.connect(self._tick)
        self._clock.start()

    def _link(self) -> None:
        from PySide6.QtCore import QEvent, QObject

        watch, canvas = self, self.window.workspace.canvas  # type: ignore[attr-defined]

        class Painted(QObject):
            def eventFilter(self, watched: QObject, event: QEvent) -> bool:
                if event.type() == QEvent.Type.Paint and watch._framed and "shown" not in watch.figures:
                    watch._framed = False
                    watched.removeEventFilter(self)
                    watched.event(event)
                    watched.installEventFilter(self)
                    watch.reached("shown")
                    return True
                return False

        self._filter = Painted()
        canvas.view.viewport().installEventFilter(self._filter)
        show_whole = canvas.show_whole

        def framed() -> None:
            show_whole()
            watch._framed = True

        canvas.show_whole = framed
        session = self.window.session  # type: ignore[attr-defined]
        session.opened.connect(lambda: self.reached("opened"))
        session.analysed.connect(self._analysed)
        self._linked = True

    def _analysed(self, analysis: object) -> None:
        if "opened" not in self.figures or "cures" in self.figures:
            return
        self.reached("shapes")
        if analysis.cures_known:  # type: ignore[attr-defined]
            self.reached("cures")

    def reached(self, stage: str) -> None:
        self.figures.setdefault(stage, time.perf_counter() - self.began)
        if stage == "shown":
            self.figures["processor"] = time.process_time() - self.processor
        if self.figures.keys() >= {"shown", "cures"} and self._clock.isActive():
            self._tick()
            self._clock.stop()
            self.figures["gui"] = time.thread_time() - self.gui
            from PySide6.QtCore import QTimer

            QTimer.singleShot(0, self.window, lambda: self.then())  # type: ignore[call-overload]

    def _tick(self) -> None:
        now, own = time.perf_counter(), time.thread_time()
        gap, work = (now - self._last) * 1000 - EVERY_MS, (own - self._last_own) * 1000
        self._last, self._last_own = now, own
        if os.environ.get("NETLOOM_GAPS") and max(gap, work) > 30:
            reached = [s for s in STAGES if s in self.figures]
            print(
                f"{now - self.began:.2f} s after {reached[-1:]}: {gap:.0f} ms, own {work:.0f}",
                file=sys.stderr,
            )
        self.figures["gap"] = max(self.figures["gap"], gap)
        self.figures["own"] = max(self.figures["own"], work)


if __name__ == "__main__":
    sys.exit(main())
