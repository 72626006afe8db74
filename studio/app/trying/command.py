"""A command of `netloom` in a process of its own, followed line by line; the window computes nothing.

It works on a copy of the project as it is shown, and ends when the window does.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QProcessEnvironment, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog

import studio
from studio import words
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.graph.model import ProjectData
from studio.words import Message

END_MS = 5000
"""how long a command may take to stop when the window closes"""


class Command(QObject):
    """Runs one command at a time. `said(dict)` follows each line of it.

    `ended(Message | None)` follows its end, with what was wrong; None also where it was stopped.
    """

    said = Signal(object)
    ended = Signal(object)
    active_changed = Signal(bool)

    def __init__(self, session: Session, trainer: Trainer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._trainer = session, trainer
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: QProcess | None = None
        self._words: tuple[str, ...] = ()
        self._rest = b""
        self._error: str | None = None
        self._stopped = False
        self._writing = Lane(self)
        self._writing.done.connect(self._begin)
        self._writing.failed.connect(self._not_written)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.end)

    @property
    def active(self) -> bool:
        return self._process is not None or self._writing.busy

    @property
    def stopped(self) -> bool:
        """Whether the last end was asked for."""
        return self._stopped

    def start(self, *given: str) -> None:
        """`netloom WORD PROJECT ...` on a copy of the project as it is now; nothing while one runs."""
        if self.active:
            return
        self._words, self._rest, self._error, self._stopped = given, b"", None, False
        self._writing.start(_write, self._session.document.data())
        self.active_changed.emit(True)

    def stop(self) -> None:
        """Asks the command to end; what it has done is kept."""
        self._stopped = True
        if self._process is not None:
            self._process.closeWriteChannel()
        elif self._writing.busy:
            self._writing.cancel()
            self._over(None)

    def end(self) -> None:
        """Ends the command with the window."""
        self.stop()
        process = self._process
        if process is not None and not process.waitForFinished(END_MS):
            process.kill()
            process.waitForFinished(END_MS)

    def leave(self, dialog: QDialog, event: QCloseEvent) -> None:
        """Closes a dialog: at once, or unseen as soon as its command has ended."""
        if not self.active:
            event.accept()
            return
        event.ignore()
        dialog.hide()
        self.ended.connect(dialog.close)
        self.stop()

    def _begin(self, folder: tempfile.TemporaryDirectory[str]) -> None:
        self._folder = folder
        process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        above = [str(Path(studio.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        environment.insert("PYTHONPATH", os.pathsep.join(filter(None, above)))
        environment.insert("PYTHONIOENCODING", "utf-8")
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(lambda: process.readAllStandardError())
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._broken)
        self._process = process
        word, *more = self._words
        path = self._session.path
        place = ["--runs", str(self._trainer.runs_folder), *(["--base", str(path.parent)] if path else [])]
        project = str(Path(folder.name) / "project.json")
        always = ["--json", "--until-input-ends"]
        started = ["-P", "-m", "studio", "--language", words.language(), word, project]
        process.start(sys.executable, [*started, *more, *place, *always])

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._rest = (self._rest + self._process.readAllStandardOutput().data()).split(b"\n")
        for line in lines:
            if not line.startswith(b"{"):
                continue  # a library has printed something
            told: dict[str, Any] = json.loads(line)
            if told.get("event") == "error":
                self._error = str(told["message"])
            else:
                self.said.emit(told)

    def _finished(self, status: int, _: object) -> None:
        self._read()
        reason = None
        if self._error is not None and not self._stopped:
            reason = Message("{error}", error=self._error)
        elif status not in (0, 1, 130) and not self._stopped:
            reason = Message("The process ended by itself with status {status}.", status=status)
        self._over(reason)

    def _broken(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._over(
                Message("The process could not be started: {reason}", reason=self._process.errorString())
            )

    def _not_written(self, error: Exception) -> None:
        self._over(Message("The process could not be started: {reason}", reason=error))

    def _over(self, reason: Message | None) -> None:
        if self._process is not None:
            self._process.deleteLater()
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
        self.active_changed.emit(False)
        self.ended.emit(reason)


def _write(ticket: Ticket, project: ProjectData) -> tempfile.TemporaryDirectory[str]:
    from studio.project import files

    folder = tempfile.TemporaryDirectory(prefix="netloom-")
    files.save(Path(folder.name) / "project.json", project)
    return folder
