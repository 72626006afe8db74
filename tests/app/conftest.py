"""Nothing of a test survives: no window, no running thread, no ticking timer. A whole window to try."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt, QThread, QThreadPool, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from studio.app import theme
from studio.app.appearance import Appearance
from studio.app.preferences import Preferences
from studio.app.session import HOLD_MS, Session
from studio.app.startup import CURVES
from studio.app.window import MainWindow
from tests.conftest import PATIENCE_MS

Kind = TypeVar("Kind", QThread, QTimer)


@pytest.fixture(autouse=True)
def nothing_survives(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that leaves a top-level widget, a running QThread or an active QTimer behind.

    No key is held when it begins: Qt remembers the modifiers of the last event that a test has sent, and
    `QTableView.selectRow` goes by them.
    """
    if not {"qapp", "qtbot"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("qapp")
    if QApplication.keyboardModifiers() != Qt.KeyboardModifier.NoModifier:
        QTest.keyRelease(QWidget(), Qt.Key.Key_Control)
    before = set(QApplication.topLevelWidgets())
    ticking = set(_active_timers())
    yield
    _settle()
    left = [w for w in QApplication.topLevelWidgets() if w not in before]
    timers = [t for t in _active_timers() if t not in ticking]
    if any(t.isSingleShot() and t.interval() <= HOLD_MS for t in timers):
        QTest.qWait(2 * HOLD_MS)  # what a panel puts off until the shapes are known
        timers = [t for t in timers if isValid(t) and t.isActive()]
    threads = [t for t in _alive(QThread) if t.isRunning()]
    assert not left, f"top-level widgets left: {[(w, w.objectName(), w.parent()) for w in left]}"
    assert not threads, f"threads still running: {threads}"
    assert not timers, f"timers still ticking: {timers} of {[t.parent() for t in timers]}"


def _settle() -> None:
    """Lets end what is about to end: a thread that has told its last may still be a moment from its end."""
    QThreadPool.globalInstance().waitForDone(PATIENCE_MS)
    for thread in _alive(QThread):
        thread.wait(PATIENCE_MS)
    for _ in range(3):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _active_timers() -> list[QTimer]:
    return [timer for timer in _alive(QTimer) if timer.isActive()]


def _alive(kind: type[Kind]) -> list[Kind]:
    """Every object of `kind` that Qt still has. By its type: isinstance would wake lazy modules."""
    return [o for o in gc.get_objects() if issubclass(type(o), kind) and isValid(o)]


@pytest.fixture(autouse=True)
def no_process_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The training process starts when a test trains, not whenever one opens a project with data."""
    monkeypatch.setattr("studio.training.apart.TrainingProcess.warm", lambda self: None)


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    """Those of someone who has seen the tour: it would stand in the way of the mouse."""
    kept = Preferences(tmp_path / "window.ini")
    kept.tour_seen = True
    return kept


@pytest.fixture
def window(qtbot: QtBot, preferences: Preferences) -> Iterator[MainWindow]:
    """The whole window on its welcome page, shown, without PyTorch."""
    appearance = Appearance(QApplication.instance(), preferences)
    made = MainWindow(Session(), preferences, appearance)
    made.module_imported(CURVES)
    made.resize(1600, 1000)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    close_for_good(made)
    appearance.deleteLater()
    theme.use(theme.DARK)


def close_for_good(window: MainWindow) -> None:
    """Closes a window as after the questions, and takes it away."""
    window.leave_without_asking()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)
