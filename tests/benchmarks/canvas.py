"""CPU milliseconds a frame of the canvas, beside NodeGraphQt in the same run where that can be imported.

    python -m tests.benchmarks.canvas [NODES ...] [--theirs-up-to 1000] [--rounds 2]
    python -m tests.benchmarks.canvas --project FILE     # panning and zooming in it, its largest network

The graph is the hard case of docs/decisions/0040: a chain in rows with skips, 1.3 wires a node. Each frame is
a real event: scroll, zoom or mouse move, then the event loop until it is painted. Processor time of the GUI
thread is the clock, as other work on the machine does not count; the two take turns, a round each.
What a frame puts off is in the row "until sharp": the frames from a zoom's end until all is painted well.
NodeGraphQt is no dependency: `pip install --target FOLDER NodeGraphQt Qt.py setuptools`, `PYTHONPATH=FOLDER`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QGraphicsView

from studio.app import theme
from studio.app.canvas import edits
from studio.app.canvas.panel import CanvasPanel
from studio.app.session import Session
from studio.graph.model import Network, Node, ProjectData
from studio.project.files import load

COLUMNS = 60
STEP_X, STEP_Y = 240, 128
FRAMES = 60
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
TYPES = (("nn.Conv2d", {"out_channels": 32, "kernel_size": 3}), ("nn.ReLU", {}), ("nn.BatchNorm2d", {}))


def place(i: int) -> tuple[int, int]:
    return (i % COLUMNS * STEP_X, i // COLUMNS * STEP_Y)


def network(count: int) -> Network:
    """A chain in rows of `COLUMNS` with a skip at every third node."""
    nodes: dict[str, Node] = {}
    for i in range(count):
        if i % 3 == 2:
            wires = ({"n": f"n{i - 1}"}, {"n": f"n{max(0, i - 7)}"})
            nodes[f"n{i}"] = Node(f"n{i}", "torch.add", args=wires, at=place(i))
        else:
            type_, params = TYPES[i % len(TYPES)]
            wires = ({"n": f"n{i - 1}"},) if i else ()
            nodes[f"n{i}"] = Node(f"n{i}", type_, params, wires, at=place(i))
    return Network(nodes)


class Side(Protocol):
    """One of the two canvases, 1600 by 900, with so many nodes."""

    view: QGraphicsView

    def look(self, zoom: float | None, at: QPointF) -> None:
        """Sets the zoom, None for all in sight, with `at` in the middle."""

    def pan(self, by: QPoint) -> None: ...

    def select(self, numbers: range) -> None: ...

    def card(self, number: int) -> QPointF:
        """The middle of a card in the scene."""

    def undo(self) -> None: ...

    def close(self) -> None: ...


class Ours:
    """Netloom's canvas with map, breadcrumb and all, as in the window."""

    def __init__(self, project: ProjectData) -> None:
        self.session = Session()
        self.panel = CanvasPanel(self.session)
        self.session.setParent(self.panel)
        self.panel.resize(1600, 900)
        self.panel.show()
        self.view = self.panel.view
        self.session.open(project, None)

    def look(self, zoom: float | None, at: QPointF) -> None:
        if zoom is None:
            self.view.frame(self.panel.graph.extent())
        else:
            self.view.zoom_to(zoom)
            self.view.center_on(at)

    def pan(self, by: QPoint) -> None:
        self.view.pan_by(by)

    def select(self, numbers: range) -> None:
        self.session.select([f"n{i}" for i in numbers])

    def card(self, number: int) -> QPointF:
        return QRectF(*self.panel.graph.cards[f"n{number}"].box()).center()

    def undo(self) -> None:
        self.session.undo()

    def close(self) -> None:
        self.panel.close()
        self.panel.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


class Opened(Ours):
    """The same with a project from a file, at its largest network."""

    def __init__(self, project: ProjectData) -> None:
        super().__init__(project)
        networks = project.networks
        self.session.show_network(max(networks, key=lambda name: len(networks[name].nodes)))

    def card(self, number: int) -> QPointF:
        """The middle of the network, for any number."""
        return self.panel.graph.extent().center()


def ours(count: int) -> Ours:
    return Ours(ProjectData(networks={"model": network(count)}))


class Theirs:
    """NodeGraphQt with nodes of one or two inputs and one output."""

    def __init__(self, count: int) -> None:
        from NodeGraphQt import BaseNode, NodeGraph

        class Layer(BaseNode):  # type: ignore[misc]
            __identifier__ = "bench"
            NODE_NAME = "Layer"

            def __init__(self) -> None:
                super().__init__()
                self.add_input("a")
                self.add_input("b")
                self.add_output("out")

        self.graph = NodeGraph()
        self.graph.register_node(Layer)
        self.view = self.graph.viewer()
        self.widget = self.graph.widget
        self.widget.resize(1600, 900)
        self.widget.show()
        self.nodes = []
        for i in range(count):
            node = self.graph.create_node("bench.Layer", f"n{i}", pos=place(i), push_undo=False)
            self.nodes.append(node)
            if i:
                self.nodes[i - 1].output(0).connect_to(node.input(0), push_undo=False)
            if i % 3 == 2:
                self.nodes[max(0, i - 7)].output(0).connect_to(node.input(1), push_undo=False)
        self.graph.clear_selection()

    def look(self, zoom: float | None, at: QPointF) -> None:
        size = self.view.viewport().size()
        if zoom is None:
            rect = QRectF(-40, -40, COLUMNS * STEP_X + 80, (len(self.nodes) // COLUMNS + 1) * STEP_Y + 80)
        else:
            wide, high = size.width() / zoom, size.height() / zoom
            rect = QRectF(at.x() - wide / 2, at.y() - high / 2, wide, high)
        self.view._scene_range = rect
        self.view._update_scene()

    def pan(self, by: QPoint) -> None:
        zoom = self.view.transform().m11()
        self.view._set_viewer_pan(-by.x() / zoom, -by.y() / zoom)

    def select(self, numbers: range) -> None:
        self.graph.clear_selection()
        for i in numbers:
            self.nodes[i].set_selected(True)

    def card(self, number: int) -> QPointF:
        return self.nodes[number].view.sceneBoundingRect().center()

    def undo(self) -> None:
        self.graph.undo_stack().undo()

    def close(self) -> None:
        self.widget.close()
        self.widget.deleteLater()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


# -- what is done ------------------------------------------------------------------------------------

Steps = Iterator[Callable[[], object]]
MIDDLE = 8
"""the column that is in the middle of the view"""


def _centre(side: Side, count: int) -> QPointF:
    row = min(5, count // COLUMNS - 1)
    return side.card(row * COLUMNS + MIDDLE)


def pan(side: Side, count: int, zoom: float | None) -> Steps:
    side.look(zoom, _centre(side, count))
    settle()
    for i in range(FRAMES):
        yield lambda i=i: side.pan(QPoint(-9 if i < FRAMES / 2 else 9, -5))  # type: ignore[misc]


def zoom(side: Side, count: int, _: float | None) -> Steps:
    side.look(None, QPointF())
    settle()
    lowest, centre = side.view.transform().m11(), _centre(side, count)
    for i in range(FRAMES):
        share = 1 - abs(2 * i / FRAMES - 1)
        yield lambda z=lowest * (1 / lowest) ** share: side.look(z, centre)  # type: ignore[misc]


def drag(side: Side, count: int, zoom: float | None, cards: int, step: int = 3) -> Steps:
    lead = COLUMNS + MIDDLE
    side.look(zoom, side.card(lead))
    numbers = [lead + i % 10 + i // 10 * COLUMNS for i in range(cards)]
    side.select(numbers)  # type: ignore[arg-type]
    settle()
    at = QPointF(side.view.viewportTransform().map(side.card(lead)))
    _mouse(side.view, QEvent.Type.MouseButtonPress, at, LEFT)
    for i in range(FRAMES):
        at = QPointF(at.x() + step, at.y() + (2 if i % 2 else -1))
        yield lambda at=at: _mouse(side.view, QEvent.Type.MouseMove, at, NONE)  # type: ignore[misc]
    _mouse(side.view, QEvent.Type.MouseButtonRelease, at, LEFT)
    side.undo()
    side.select(range(0))
    settle()


def _mouse(view: QGraphicsView, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton) -> None:
    held = NONE if kind == QEvent.Type.MouseButtonRelease else LEFT
    spot = view.viewport().mapToGlobal(at)
    event = QMouseEvent(kind, at, spot, button, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(view.viewport(), event)


def select_all(side: Side, count: int, _: float | None) -> Steps:
    side.look(None, QPointF())
    settle()
    for i in range(6):
        yield lambda i=i: side.select(range(0 if i % 2 else count))  # type: ignore[misc]


TASKS: tuple[tuple[str, Callable[[Side, int], Steps]], ...] = (
    ("pan at 100 %", lambda side, count: pan(side, count, 1.0)),
    ("pan at 35 %", lambda side, count: pan(side, count, 0.35)),
    ("pan, all in sight", lambda side, count: pan(side, count, None)),
    ("zoom, all to 100 %", lambda side, count: zoom(side, count, None)),
    ("drag 1 at 100 %", lambda side, count: drag(side, count, 1.0, 1)),
    ("drag 1, each step to another place on the grid", lambda side, count: drag(side, count, 1.0, 1, 8)),
    ("drag 100 at 35 %", lambda side, count: drag(side, count, 0.35, 100)),
    ("select all, and none", lambda side, count: select_all(side, count, None)),
)

MOVES = 4
"""so many of them move the camera alone"""


def until_sharp(side: Ours, count: int) -> list[float]:
    """Milliseconds of each frame from the end of a zoom until all is painted as well as it can be."""
    side.look(None, QPointF())
    settle()
    found, showing = [], side.view.showing
    for zoom_ in (1.0, 0.6, 0.45):
        side.look(zoom_, _centre(side, count))
        end = time.monotonic() + 3
        while time.monotonic() < end:
            frames, started = showing.frames, time.thread_time()
            painted()
            if showing.frames != frames:
                found.append((time.thread_time() - started) * 1000)
            if showing.resting:
                break
    return found


def painted() -> None:
    for _ in range(3):
        QApplication.processEvents()


def settle() -> None:
    """Waits until pictures have their exact size, and nothing is to be painted."""
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        painted()


def timed(step: Callable[[], object]) -> float:
    """Milliseconds of the GUI thread until what a step did is painted."""
    started = time.thread_time()
    step()
    painted()
    return (time.thread_time() - started) * 1000


def figures(times: list[float]) -> tuple[float, float]:
    """The median and the 99th percentile."""
    ordered = sorted(times)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


# -- the table ---------------------------------------------------------------------------------------


def compare(count: int, theirs: bool, rounds: int) -> None:
    """Builds both, lets them take turns, and prints a row a task."""
    sides: dict[str, Side] = {}
    built = {}
    for name, make in (("ours", ours), ("theirs", Theirs))[: 1 + theirs]:
        started = time.thread_time()
        sides[name] = make(count)
        painted()
        built[name] = (time.thread_time() - started) * 1000
    print(f"\n{count} nodes | ours | NodeGraphQt | times\n--- | --- | --- | ---")
    _row("build and paint (ms, once)", built["ours"], None, built.get("theirs"), None)
    for task, steps in TASKS:
        times: dict[str, list[float]] = {name: [] for name in sides}
        for _ in range(rounds):
            for name, side in sides.items():
                times[name] += [timed(step) for step in steps(side, count)]
        found = figures(times["ours"])
        _row(task, *found, *(figures(times["theirs"]) if theirs else (None, None)))
    _until_sharp(sides["ours"], count)
    for side in sides.values():
        side.close()


def _until_sharp(side: Side, count: int) -> None:
    assert isinstance(side, Ours)
    frames = until_sharp(side, count)
    _row(f"until sharp, 3 zooms: {len(frames)} frames", *figures(frames), None, None)


def in_a_project(file: str, rounds: int) -> None:
    """Panning and zooming in the largest network of a project."""
    project = load(file)
    started = time.thread_time()
    side = Opened(project)
    painted()
    count = len(side.panel.graph.cards)
    print(f"\n{file}, {side.session.network}: {count} nodes | ours\n--- | ---")
    _row("open and paint (ms, once)", (time.thread_time() - started) * 1000, None, None, None)
    for task, steps in TASKS[:MOVES]:
        times = [timed(step) for _ in range(rounds) for step in steps(side, count)]
        _row(task, *figures(times), None, None)
    _until_sharp(side, count)
    side.close()


def _row(task: str, mine: float, mine99: float | None, theirs: float | None, theirs99: float | None) -> None:
    def cell(median: float | None, p99: float | None) -> str:
        if median is None:
            return "–"
        return f"{median:.1f}" if p99 is None else f"{median:.1f} / {p99:.1f}"

    ratio = f"{theirs / mine:.1f}" if theirs is not None else "–"
    print(f"{task} | {cell(mine, mine99)} | {cell(theirs, theirs99)} | {ratio}", flush=True)


def undo_of_a_paste(count: int, theirs: bool, rounds: int) -> None:
    """A paste of so many nodes in an empty network, its undo and its redo."""
    source = ours(count)
    held = edits.copied(source.session, source.session.document.nodes("model"))
    source.close()
    side = ours(0)
    times: dict[str, list[float]] = {"paste": [], "undo": [], "redo": []}
    for _ in range(rounds):
        times["paste"].append(timed(lambda: edits.paste(side.session, held, (0, 0))))
        times["undo"].append(timed(side.session.undo))
        times["redo"].append(timed(side.session.redo))
        timed(side.session.undo)
    side.close()
    found = _their_paste(count) if theirs else {}
    print(f"\n{count} nodes, ms once | ours | NodeGraphQt | times\n--- | --- | --- | ---")
    for name, taken in times.items():
        _row(name, figures(taken)[0], None, found.get(name), None)


def _their_paste(count: int) -> dict[str, float]:
    side = Theirs(count)
    side.graph.select_all()
    side.graph.copy_nodes()
    found = {"paste": timed(side.graph.paste_nodes)}
    stack = side.graph.undo_stack()
    found["undo"] = timed(stack.undo)
    found["redo"] = timed(stack.redo)
    side.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("nodes", type=int, nargs="*", default=[1000, 5000, 10000])
    parser.add_argument(
        "--theirs-up-to", type=int, default=1000, help="beyond, a frame of theirs takes seconds"
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--project", metavar="FILE", help="this project alone")
    chosen = parser.parse_args()
    app = QApplication.instance() or QApplication(sys.argv)
    assert isinstance(app, QApplication)
    app.setStyle("Fusion")
    theme.use(theme.DARK)
    if chosen.project:
        print(f"load of the machine {os.getloadavg()[0]:.1f}; processor ms a frame, median / 99th percentile")
        in_a_project(chosen.project, chosen.rounds)
        return
    try:
        import NodeGraphQt  # noqa: F401

        most = chosen.theirs_up_to
    except ImportError as error:
        print(f"NodeGraphQt is left out: {error}")
        most = 0
    print(f"load of the machine {os.getloadavg()[0]:.1f}; processor ms a frame, median / 99th percentile")
    for count in chosen.nodes:
        compare(count, count <= most, chosen.rounds)
    undo_of_a_paste(10_000, False, chosen.rounds)
    if most >= 1000:
        undo_of_a_paste(1000, True, chosen.rounds)
    print(f"load of the machine {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
