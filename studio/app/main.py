"""The start of the window: on screen first, PyTorch after."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget

from studio import __version__
from studio.app import language
from studio.app.appearance import Appearance
from studio.app.canvas import accessible
from studio.app.crash_log import CrashLog
from studio.app.preferences import Preferences
from studio.app.session import Session
from studio.app.startup import Engine
from studio.app.window import MainWindow

REPORT = "NETLOOM_STARTUP_REPORT"
"""names a file to which the time of the first paint and of the engine is written, for tests/benchmarks"""
HAND_OVER_SECONDS = 0.001
"""for so long another thread may keep Python's lock while the window wants it; Python's own five are seen"""


def main(path: Path | None = None, chosen_language: str | None = None) -> int:
    """Opens the window, with `path` if a project is named. Returns the exit status.

    `chosen_language` counts for this start only; without it the person's preference, then the system's.
    """
    QGuiApplication.setDesktopFileName("netloom")
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Netloom")
    app.setApplicationVersion(__version__)
    crashes = CrashLog()
    crashes.install()
    preferences = Preferences()
    language.start(app, chosen_language or preferences.language or language.system_language())
    window, engine = assemble(app, preferences)
    crashes.caught.connect(lambda text: window.session.notice.emit("error", text))
    _report("created")
    first_paint = _FirstPaint(window)
    engine.ready.connect(lambda _: _report("engine"))

    def painted() -> None:
        _report("painted")
        engine.start()
        window.after_first_paint()
        if path is not None:
            window.files.open(path)

    first_paint.then = painted
    window.show()
    status = app.exec()
    window.deleteLater()
    engine.wait()
    crashes.uninstall()
    return status


def assemble(app: QApplication, preferences: Preferences) -> tuple[MainWindow, Engine]:
    """The window, not shown yet, and the engine it waits for, not started yet."""
    sys.setswitchinterval(HAND_OVER_SECONDS)
    accessible.install()
    window = MainWindow(Session(), preferences, Appearance(app, preferences))
    accessible.follow(window.workspace.canvas.view)
    engine = Engine()
    engine.imported.connect(window.module_imported)
    engine.ready.connect(lambda _: window.engine_ready())
    engine.failed.connect(lambda text: window.session.notice.emit("error", text))
    return window, engine


class _FirstPaint(QObject):
    """Calls `then` once, after the event in which the window was painted first."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.then: Callable[[], None] = lambda: None
        self._window = window
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            QTimer.singleShot(0, self._window, lambda: self.then())
        return False


def _report(event: str) -> None:
    if name := os.environ.get(REPORT):
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(f"{event} {time.time()}\n")
