"""Keeps what went wrong in files under `user_data()/logs`: exceptions, Qt's warnings, crashes in native code.

Nothing is sent anywhere.
"""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
import time
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from studio import places
from studio.words import Message, NetloomError

LARGEST = 1_000_000
"""bytes of a log file before the next one begins"""
KEPT = 3
QUIET_SECONDS = 10.0
"""the same exception is written and shown once in this time: a paint event repeats it every frame"""

log = logging.getLogger("netloom")

_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def folder() -> Path:
    return places.user_data() / "logs"


class CrashLog(QObject):
    """Catches what nobody else caught. `caught(Message)` comes on the GUI thread, at most once a while."""

    caught = Signal(object)

    def __init__(self, where: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.folder = where or folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._seen: dict[str, float] = {}
        self._handler = RotatingFileHandler(
            self.folder / "netloom.log", maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8", delay=True
        )
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(threadName)s %(message)s"))
        self._native: TextIO | None = None
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        log.addHandler(self._handler)
        log.setLevel(logging.INFO)
        self._native = (self.folder / "native-crash.log").open("a", encoding="utf-8")
        faulthandler.enable(self._native)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        qInstallMessageHandler(self._on_qt_message)

    def uninstall(self) -> None:
        """Puts everything back as it was."""
        qInstallMessageHandler(None)
        sys.excepthook, threading.excepthook = self._before
        log.removeHandler(self._handler)
        self._handler.close()
        if self._native is not None:
            faulthandler.disable()
            self._native.close()
            self._native = None

    def _on_exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        place = f"{kind.__name__}:{_last_line(trace)}"
        now = self._clock()
        if now - self._seen.get(place, -QUIET_SECONDS) < QUIET_SECONDS:
            return
        self._seen[place] = now
        log.error("An exception reached the window", exc_info=(kind, error, trace))
        self._before[0](kind, error, trace)
        self.caught.emit(_in_words(error))

    def _on_thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._on_exception(args.exc_type, args.exc_value, args.exc_traceback)

    def _on_qt_message(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        level = _QT_LEVELS.get(kind, logging.WARNING)
        log.log(level, "Qt: %s", text)
        if level >= logging.WARNING and sys.stderr is not None:
            sys.stderr.write(f"Qt: {text}\n")


def _in_words(error: BaseException) -> Message:
    if isinstance(error, NetloomError):
        return error.message
    return Message(
        "Something in Netloom failed: {reason}. Your work is kept; the details are in the log.",
        reason=f"{type(error).__name__}: {error}".splitlines()[0][:200],
    )


def _last_line(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
