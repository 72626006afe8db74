"""CPU milliseconds a frame of the canvas, median and 99th percentile, for 1,000 and 10,000 nodes.

    python tests/benchmarks/canvas.py [NODES ...]

The graph is the hard case of docs/decisions/0040: a chain in rows with skips, 1.3 wires a node. Each frame is
a real event: scroll, zoom or drag, then the event loop until it is painted. CPU time of the GUI thread is
the clock, as other work on the machine does not count.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from studio.app import theme
from studio.app.canvas import edits
from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph.model import Network, Node, ProjectData

COLUMNS = 60
TYPES = (("nn.Conv2d", {"out_channels": 32, "kernel_size": 3}), ("nn.ReLU", {}), ("nn.BatchNorm2d", {}))


def network(count: int) -> Network:
    """A chain in rows of `COLUMNS` with a skip at every third node."""
    nodes: dict[str, Node] = {}
    for i in range(count):
        at = (i % COLUMNS * 240, i // COLUMNS * 128)
        if i % 3 == 2:
            wires = ({"n": f"n{i - 1}"}, {"n": f"n{max(0, i - 7)}"})
            nodes[f"n{i}"] = Node(f"n{i}", "torch.add", args=wires, at=at)
        else:
            type_, params = TYPES[i % len(TYPES)]
            wires = ({"n": f"n{i - 1}"},) if i else ()
            nodes[f"n{i}"] = Node(f"n{i}", type_, params, wires, at=at)
    return Network(nodes)


class Bench:
    """A canvas of 1600 by 900 with so many nodes."""

    def __init__(self, app: QApplication, count: int) -> None:
        self.app = app
        self.session = Session()
        self.panel = CanvasPanel(self.session)
        self.panel.resize(1600, 900)
        self.panel.show()
        self.view = self.panel.view
        app.processEvents()
        started = time.thread_time()
        self.session.open(ProjectData(networks={"model": network(count)}), None)
        self.painted()
        self.built = time.thread_time() - started
        self.session.set_engine_ready = lambda: None

    def painted(self) -> None:
        for _ in range(3):
            self.app.processEvents()

    def measure(self, name: str, steps: Iterator[Callable[[], object]]) -> None:
        times, rendered, frames = [], [], self.view.frames
        for step in steps:
            before = self.panel.graph.store.rendered
            started = time.thread_time()
            step()
            self.painted()
            times.append((time.thread_time() - started) * 1000)
            rendered.append(self.panel.graph.store.rendered - before)
        times.sort()
        median, p99 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
        print(
            f"  {name:24} {median:7.2f} {p99:7.2f}   pictures/step <= {max(rendered):4}"
            f"   frames/step {(self.view.frames - frames) / len(times):.1f}"
        )

    def pan(self, zoom: float | None) -> Iterator[Callable[[], object]]:
        self.view.frame(self.panel.graph.extent())
        self.view.zoom_to(zoom or self.view.zoom)
        self.settle()
        for i in range(120):
            yield lambda i=i: self.view.pan_by(QPoint(-9 if i < 60 else 9, -5))

    def zoom(self) -> Iterator[Callable[[], object]]:
        self.view.frame(self.panel.graph.extent())
        self.settle()
        lowest = self.view.zoom
        for i in range(120):
            share = i / 60 if i < 60 else (120 - i) / 60
            yield lambda z=lowest * (1 / lowest) ** share: self.view.zoom_to(z)

    def settle(self) -> None:
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            self.painted()

    def drag(self, count: int, zoom: float) -> Iterator[Callable[[], object]]:
        lead = "n70" if len(self.panel.graph.cards) > 70 else "n1"
        self.view.zoom_to(zoom)
        self.view.center_on(QRectF(*self.panel.graph.cards[lead].box()).center())
        self.settle()
        rows = [f"n{70 + i % 10 + i // 10 * COLUMNS}" for i in range(count)]
        self.session.select(rows)
        self.settle()
        at = self.view.viewportTransform().map(QRectF(*self.panel.graph.cards[lead].box()).center())
        self._mouse(self.view.mousePressEvent, at, Qt.MouseButton.LeftButton)
        for i in range(60):
            at = QPointF(at.x() + 3, at.y() + (2 if i % 2 else -1))
            yield lambda at=at: self._mouse(self.view.mouseMoveEvent, at, Qt.MouseButton.NoButton)
        self._mouse(self.view.mouseReleaseEvent, at, Qt.MouseButton.LeftButton)
        self.session.undo_stack.undo()
        self.session.select(())

    def _mouse(self, handler: Callable[[QMouseEvent], None], at: QPointF, button: Qt.MouseButton) -> None:
        kind = {
            "mousePressEvent": QMouseEvent.Type.MouseButtonPress,
            "mouseMoveEvent": QMouseEvent.Type.MouseMove,
            "mouseReleaseEvent": QMouseEvent.Type.MouseButtonRelease,
        }[handler.__name__]
        none = Qt.KeyboardModifier.NoModifier
        handler(QMouseEvent(kind, at, at, button, Qt.MouseButton.LeftButton, none))


def undo_of_a_paste(app: QApplication, count: int) -> None:
    """A paste of so many nodes in an empty network, its undo and its redo."""
    source = Bench(app, count)
    held = edits.copied(source.session, source.session.document.nodes("model"))
    source.panel.close()
    bench = Bench(app, 0)
    stack = bench.session.undo_stack
    for name, step in (
        (f"paste of {count}", lambda: edits.paste(bench.session, held, (0, 0))),
        ("its undo", stack.undo),
        ("its redo", stack.redo),
        ("its second undo", stack.undo),
    ):
        started = time.thread_time()
        step()
        bench.painted()
        print(f"  {name:24} {(time.thread_time() - started) * 1000:7.0f} ms")


def main() -> None:
    app = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    theme.use(theme.DARK)
    counts = [int(word) for word in sys.argv[1:]] or [1000, 10000]
    for count in counts:
        bench = Bench(app, count)
        print(f"{count} nodes: built and painted in {bench.built * 1000:.0f} ms; ms of CPU: median, p99")
        bench.measure("pan at 100 %", bench.pan(1.0))
        bench.measure("pan at 35 %", bench.pan(0.35))
        bench.measure("pan, all in sight", bench.pan(None))
        bench.measure("zoom, all to 100 %", bench.zoom())
        bench.measure("drag 1 at 100 %", bench.drag(1, 1.0))
        bench.measure("drag 100 at 35 %", bench.drag(100, 0.35))
        bench.panel.close()
    undo_of_a_paste(app, max(counts))


if __name__ == "__main__":
    main()
