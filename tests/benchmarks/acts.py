"""How long the window stands still in the worst moment of each of some thirty acts of a person.

    python tests/benchmarks/acts.py [PART OF A NAME ...]

A clock in the window asks to be called every two milliseconds; during an act, and until the window is at rest
again, the longest time between two calls is what a click at the worst moment would wait. `processor` is the
same of the window's own thread, which other work on the machine does not lengthen; `together` is all that
the thread works for the act, `at rest` the time until nothing is under way any more. With the name of an act
those before it are done too, but not printed; `PROFILE=1` prints where the time of the chosen ones goes. Uses
Qt's offscreen platform. Takes a minute.
"""

from __future__ import annotations

import cProfile
import os
import pstats
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from window_edits import Bench

from PySide6.QtCore import QEventLoop, Qt, QTimer  # isort: skip
from PySide6.QtWidgets import QApplication, QDialog  # isort: skip

from studio.project.files import save  # isort: skip
from studio.words import Message  # isort: skip

GOAL_MS, EVERY_MS, REST_MS, LONGEST_S = 100.0, 2, 400, 60.0
GALLERY = Path(__file__).resolve().parents[2] / "projects"

Act = tuple[str, Callable[[], Any]]


class Watch:
    """Looks at the window's event loop while an act is done."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._clock = QTimer(bench.window, timerType=Qt.TimerType.PreciseTimer, interval=EVERY_MS)
        self._clock.timeout.connect(self._tick)
        self._last = (0.0, 0.0)
        self._busy_at = 0.0
        self.gaps: list[tuple[float, float]] = []

    def _tick(self) -> None:
        now = (time.perf_counter(), time.thread_time())
        self.gaps.append((now[0] - self._last[0], now[1] - self._last[1]))
        self._last = (time.perf_counter(), time.thread_time())
        if self.gaps[-1][1] > 0.005 or self._works():
            self._busy_at = now[0]

    def _works(self) -> bool:
        """Whether something of the window is still under way."""
        window = self._bench.window
        session, files, tidying = window.session, window.files, window.workspace.canvas.tidying
        return any(
            one.busy for one in (session._lane, session._cures, files._reading, files._writing, tidying)
        )

    def follow(self, act: Callable[[], Any]) -> tuple[float, float, float, float]:
        """Longest gap, longest processor time between two events, all of it, time to rest; milliseconds."""
        loop = QEventLoop()
        QTimer.singleShot(0, act)
        self.gaps = []
        began = self._busy_at = time.perf_counter()
        worked = time.thread_time()
        self._last = (began, worked)
        self._clock.start()
        ended = QTimer(interval=20)
        ended.timeout.connect(lambda: loop.quit() if self._over(began) else None)
        ended.start()
        loop.exec()
        self._clock.stop()
        longest = max(gap for gap, _ in self.gaps), max(spent for _, spent in self.gaps)
        together, rest = time.thread_time() - worked, self._busy_at - began
        return tuple(1000 * one for one in (*longest, together, rest))  # type: ignore[return-value]

    def _over(self, began: float) -> bool:
        now = time.perf_counter()
        return now - self._busy_at > REST_MS / 1000 or now - began > LONGEST_S


def acts(bench: Bench, folder: Path) -> Iterator[Act]:
    """What a person does, one after the other. Each may count on those before it."""
    window, session = bench.window, bench.session
    workspace, table = window.workspace, window.actions_table
    canvas = workspace.canvas

    def do(name: str) -> Callable[[], None]:
        return table[name].trigger

    def dialogs() -> None:
        for dialog in QApplication.topLevelWidgets():
            if isinstance(dialog, QDialog):
                dialog.close()

    def set_width(value: int) -> None:
        with session.edit(Message("Set {name}", name="out_channels")) as edit:
            edit.set_param("model", "conv1", "out_channels", value)

    def open_now(path: Path) -> Callable[[], None]:
        def act() -> None:
            session.undo_stack.setClean()
            window.files.open(path)

        return act

    yield "open an example (digits)", open_now(GALLERY / "digits.json")
    for tab in ("data", "explore", "training", "runs", "code", "problems", "log", "curves"):
        yield f"tab {tab}, digits", lambda tab=tab: window.show_panel(tab)
    yield "light theme", do("theme_light")
    yield "dark theme", do("theme_dark")
    yield "Chinese", do("language_zh_CN")
    yield "English", do("language_en")
    yield "command palette", do("command_palette")
    yield "close it", dialogs
    yield "export dialog", do("export")
    yield "close it", dialogs
    yield "search settings", do("search_settings")
    yield "close it", dialogs
    yield "open resnet50 (flat)", open_now(folder / "resnet50.json")
    for tab in ("code", "problems", "training", "explore", "data", "curves"):
        yield f"tab {tab}, resnet50", lambda tab=tab: window.show_panel(tab)
    yield "edit, curves in front", lambda: set_width(72)
    yield "outline", do("show_outline")
    yield "edit, outline in front", lambda: set_width(80)
    yield "tab code again", lambda: window.show_panel("code")
    yield "edit, code in front", lambda: set_width(88)
    yield "undo", do("undo")
    yield "select a node", lambda: session.select(["conv1"])
    yield "select all", do("select_all")
    yield "whole network in sight", do("frame_all")
    yield "zoom to 100 %", do("zoom_reset")
    yield "copy", do("copy")
    yield "paste 177 nodes", do("paste")
    yield "undo the paste", do("undo")
    yield "redo the paste", do("redo")
    yield "undo it again", do("undo")
    yield (
        "group everything",
        lambda: (session.select(list(canvas.graph.cards)[1:-1]), table["group"].trigger()),
    )
    yield "close it", dialogs
    yield "undo", do("undo")
    yield "tidy up", do("tidy")
    yield "undo tidying", do("undo")
    yield "delete all", lambda: (canvas.select_all(), table["delete"].trigger())
    yield "undo deleting all", do("undo")
    yield "save", do("save")
    yield "open resnet50 (blocks)", open_now(folder / "blocks.json")
    yield "enter a block", lambda: (session.select(["layer1.0"]), table["enter_block"].trigger())
    yield "leave the block", do("leave_block")
    yield "close the project", lambda: (session.undo_stack.setClean(), window.files.close())
    yield "new project", window.files.new
    yield "close it", window.files.close


def main() -> None:
    from analysis import RESNET50, flat, resnet

    chosen = sys.argv[1:]
    bench = Bench()
    watch, missed = Watch(bench), []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save(folder / "blocks.json", resnet(RESNET50))
        save(folder / "resnet50.json", flat(resnet(RESNET50)))
        print(f"{'act':28} {'longest':>9} {'processor':>10} {'together':>10} {'at rest':>10}   goal 100 ms")
        for act, run in acts(bench, folder):
            shown = not chosen or any(part in act for part in chosen)
            profile = cProfile.Profile() if shown and os.environ.get("PROFILE") else None
            if profile is not None:
                profile.enable()
            found = watch.follow(run)
            if profile is not None:
                profile.disable()
                pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            if shown:
                told = " MISSED" if found[1] > GOAL_MS else " by the clock" if found[0] > GOAL_MS else ""
                print(f"{act:28} " + " ".join(f"{one:7.0f} ms" for one in found) + told, flush=True)
                missed += [act] if told == " MISSED" else []
    print(f"{len(missed)} acts held the window up for longer by its own work: {', '.join(missed) or 'none'}")
    bench.close()


if __name__ == "__main__":
    main()
