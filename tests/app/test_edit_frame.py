"""What one edit makes the window do until its shapes are seen. Counted: the milliseconds are in
tests/benchmarks/window_edits.py."""

from __future__ import annotations

from collections import Counter
from typing import cast

import pytest
from PySide6.QtCore import QEvent, QObject, QThreadPool
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from studio.app.inspector.node_page import NodePage
from studio.app.session import Session
from studio.app.statusbar import StatusBar
from studio.app.window import MainWindow
from studio.compiler.analysis import Analysis, NetworkReport, NodeReport, Size, TensorSpec
from studio.graph.model import Network, Node, ProjectData
from studio.words import Message

MINUTE_MS = 60_000


def project(width: int = 4) -> ProjectData:
    image = Node("image", "input", {"shape": ["N", 1, 8, 8]}, at=(0, 0))
    conv = Node("conv", "nn.Conv2d", {"out_channels": width, "kernel_size": 3}, ({"n": "image"},), at=(0, 96))
    output = Node("output", "output", args=({"n": "conv"},), at=(0, 192))
    return ProjectData("Small", {"model": Network({n.id: n for n in (image, conv, output)})})


def found(width: int) -> Analysis:
    """What the analysis says of `project(width)`."""
    image, features = TensorSpec((Size(), 1, 8, 8)), TensorSpec((Size(), width, 6, 6))
    reports = {"image": NodeReport("ok", (image,)), "conv": NodeReport("ok", (features,), {}, 10 * width)}
    reports["output"] = NodeReport("ok", (features,))
    return Analysis({"model": NetworkReport(reports, 10 * width)})


def widen(session: Session, width: int) -> None:
    with session.edit(Message("Set {name}", name="out_channels")) as edit:
        edit.set_param("model", "conv", "out_channels", width)


class Counts(QObject):
    """How often panels were brought up to date; the frames of the canvas before each one of the window."""

    def __init__(self, window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.of: Counter[str] = Counter()
        self.frames: list[int] = []
        self._showing = window.workspace.canvas.view.showing
        window.installEventFilter(self)
        for kind, name in ((NodePage, "refresh"), (StatusBar, "_write_problems")):
            self._count(kind, name, monkeypatch)

    def _count(self, kind: type, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        real = getattr(kind, name)

        def counting(*arguments: object) -> object:
            self.of[kind.__name__] += 1
            return real(*arguments)

        monkeypatch.setattr(kind, name, counting)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.UpdateRequest:
            self.frames.append(self._showing.frames)
        return False


@pytest.fixture
def shown(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """A small network in the whole window, its layer selected, its shapes told and painted."""
    session = window.session
    session._idle.timeout.disconnect()  # the analysis is told by the tests
    window.files.new()
    session.open(project(), None)
    session.engine_ready = True
    session._hold.setInterval(MINUTE_MS)  # however slow the machine: no test of this file is about time
    session.select(["conv"])
    widen(session, 5)  # the first edit also says that there is something to save, and to undo
    session.take(found(5))
    canvas = window.workspace.canvas
    for _ in range(50):
        QApplication.processEvents()
    canvas.show_whole()
    seen = canvas.graph.cards["conv"].sceneBoundingRect()
    qtbot.waitUntil(
        lambda: canvas.view.showing.resting and canvas.view.visible_rect().contains(seen), timeout=MINUTE_MS
    )
    for _ in range(20):
        QApplication.processEvents()
    return window


def test_an_edit_and_its_shapes_are_one_frame_of_the_window_and_one_refresh_of_each_panel(
    shown: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, view = Counts(shown, monkeypatch), shown.workspace.canvas.view
    widen(shown.session, 6)
    QApplication.processEvents()
    assert not counts.frames and not counts.of
    before = view.showing.frames
    shown.session.take(found(6))
    for _ in range(5):
        QApplication.processEvents()
    painted = [*counts.frames, view.showing.frames]
    assert painted[:2] == [before, before + 1], "the first frame of the window is one of the canvas"
    assert counts.of == {"NodePage": 1, "StatusBar": 1}
    assert "6" in view.graph.cards["conv"].face.summary
    shown.removeEventFilter(counts)


def test_undo_and_redo_can_be_done_at_once(shown: MainWindow) -> None:
    table = shown.actions_table
    widen(shown.session, 6)
    table["undo"].trigger()
    assert shown.session.document.node("model", "conv").params["out_channels"] == 5
    table["redo"].trigger()
    assert shown.session.document.node("model", "conv").params["out_channels"] == 6


def test_an_edit_is_told_once_together_with_its_shapes(qtbot: QtBot) -> None:
    session = Session()
    session._hold.setInterval(MINUTE_MS)
    session.open(project(), None)
    with qtbot.waitSignal(session.told, timeout=MINUTE_MS):
        session.set_engine_ready()
    told: list[object] = []
    session.told.connect(lambda: told.append(width_told(session)))
    with qtbot.waitSignal(session.told, timeout=MINUTE_MS):
        widen(session, 7)
    QThreadPool.globalInstance().waitForDone()
    for _ in range(5):
        QApplication.processEvents()
    assert told == [7]


def width_told(session: Session) -> object:
    report = session.analysis.report("model", "conv")
    return cast(TensorSpec, report.outputs[0]).shape[1] if report is not None else None


def test_where_shapes_take_long_the_edit_is_told_without_them(qtbot: QtBot) -> None:
    session = Session()
    session._idle.timeout.disconnect()
    session.open(project(), None)
    session.engine_ready = True
    session.take(found(4))
    with qtbot.waitSignal(session.told, timeout=MINUTE_MS):
        widen(session, 7)
    assert width_told(session) == 4
