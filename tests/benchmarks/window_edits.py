"""From an edit until the cards in sight show what follows, in the whole window with the node selected.

    python tests/benchmarks/window_edits.py [NAME ...]

One parameter of a node is set to a value never seen before; the clock stops when the canvas has been painted
after the new shapes came. `processor` is the processor's time over all threads, in which other work on the
machine does not count, `least` the least of it, `GUI` that of the window's own thread. `cures`: where an edit
breaks something, the time until the last cure was tried. Uses Qt's offscreen platform.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ.setdefault("NETLOOM_HOME", tempfile.mkdtemp())
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import torch
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

import studio
from studio.app import language
from studio.app.main import assemble
from studio.app.preferences import Preferences
from studio.app.tasks import Lane
from studio.graph.model import ProjectData
from studio.graph.values import Json
from studio.project.files import save
from studio.words import Message

ROUNDS = 25
SETTLED_MS = 1500
"""what the window does after a project was opened is over by then"""
REST_MS = 60


@dataclass(slots=True)
class Times:
    """Milliseconds of one edit; `cures` is 0 where none were tried."""

    clock: float
    processor: float
    gui: float
    cures: float


def _now() -> tuple[float, float, float]:
    return time.perf_counter(), time.process_time(), time.thread_time()


class Bench:
    """One window; projects are opened in it one after the other."""

    def __init__(self) -> None:
        self.app = QApplication(sys.argv[:1])
        language.start(self.app, "en")
        preferences = Preferences()
        preferences.tour_seen = True  # as in any session but the first
        self.window, self.engine = assemble(self.app, preferences)
        self.session = self.window.session
        self.view = self.window.workspace.canvas.view
        self.window.resize(1600, 1000)
        self.window.show()
        self.wait(300)
        self.engine.start()
        self.window.after_first_paint()
        lane, loop = Lane(self.window), QEventLoop()  # its work waits for the last import
        lane.done.connect(loop.quit)
        lane.start(lambda ticket: None)
        loop.exec()
        torch.set_num_threads(1)

    def wait(self, milliseconds: int) -> None:
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def open(self, path: Path, selected: str) -> None:
        self.session.undo_stack.setClean()
        self.window.files.open(path)
        while self.session.path != path:
            self.wait(20)
        self.session.select([selected])
        self.wait(SETTLED_MS)
        self.view.center_on(self.view.graph.cards[selected].pos())  # what is not in sight is not painted
        self.wait(SETTLED_MS)

    def edit(self, network: str, node: str, param: str, value: Json) -> Times:
        """One edit, until the cards are painted with what follows from it."""
        loop, frames = QEventLoop(), [0]

        def analysed() -> None:
            frames.append(self.view.showing.frames)
            loop.quit()

        self.session.analysed.connect(analysed)
        start = _now()
        with self.session.edit(Message("Set {name}", name=param)) as edit:
            edit.set_param(network, node, param, value)
        loop.exec()
        while self.view.showing.frames == frames[1] and time.perf_counter() - start[0] < 1:
            self.app.processEvents()
        clock, processor, gui = ((b - a) * 1000 for a, b in zip(start, _now(), strict=True))
        cures = 0.0
        while not self.session.analysis.cures_known:
            loop.exec()
            cures = (time.perf_counter() - start[0]) * 1000
        self.session.analysed.disconnect(analysed)
        return Times(clock, processor, gui, cures)

    def close(self) -> None:
        self.session.undo_stack.setClean()
        self.window.close()
        self.window.deleteLater()
        self.wait(50)
        self.engine.wait()


def imported() -> ProjectData:
    """swin_t of torchvision, as the importer reads it."""
    import torchvision

    return studio.from_module(torchvision.models.swin_t().eval(), (torch.rand(1, 3, 224, 224),)).document


def measure(chosen: list[str]) -> None:
    from analysis import stem, subjects, with_sizes

    bench = Bench()
    columns = f"{'clock':>9} {'worst':>9} {'processor':>9} {'least':>9} {'GUI':>9} {'cures':>9}"
    print(f"\n{'in the window: edit to cards':28} {'the edit':40} {columns}   goal", flush=True)
    every = [
        (name, with_sizes(project, context), goal, kinds)
        for name, project, context, goal, kinds in subjects()
    ]
    if not chosen or "swin_t, imported" in chosen:
        every.append(("swin_t, imported", imported(), 150, [stem("features.0.0", 100)]))
    with tempfile.TemporaryDirectory() as folder:
        for name, project, goal, kinds in every:
            path = Path(folder) / f"{name}.json"
            save(path, project)
            for told, network, node, param, values in kinds:
                if network != "model" or (chosen and name not in chosen):
                    continue
                bench.open(path, node)
                times = []
                for n in range(ROUNDS):
                    times.append(bench.edit(network, node, param, values(100 + n)))
                    bench.wait(REST_MS)
                print(f"{name:28} {told:40} {_row(times, goal)}", flush=True)
    bench.close()


def _row(times: list[Times], goal: float) -> str:
    clock, processor = [t.clock for t in times], [t.processor for t in times]
    gui, cures = median(t.gui for t in times), median(t.cures for t in times)
    told = (median(clock), max(clock), median(processor), min(processor), gui, cures)
    met = "" if median(clock) < goal else "  MISSED" if min(processor) >= goal else "  missed by the clock"
    return " ".join(f"{one:6.1f} ms" for one in told) + f"   {goal:g} ms{met}"


if __name__ == "__main__":
    measure(sys.argv[1:])
