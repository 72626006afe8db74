"""Long work off the GUI thread: one helper with progress, cancel and a generation number.

A `Lane` runs one kind of work; starting it again drops the result of what ran before, so a stale answer is
never shown. Callbacks come back on the GUI thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, QThreadPool, Signal, Slot

from studio.app import stages
from studio.app.stages import Stage


class Cancelled(Exception):  # noqa: N818 - it is no error
    """The work was asked to stop."""


class Ticket:
    """Given to the work: asks whether to stop and reports how far it is. Safe from any thread."""

    def __init__(self, report: Callable[[float, str], None]) -> None:
        self._stop = threading.Event()
        self._report = report

    def cancel(self) -> None:
        self._stop.set()

    @property
    def cancelled(self) -> bool:
        return self._stop.is_set()

    def check(self) -> None:
        """Raises Cancelled when the work is no longer wanted."""
        if self._stop.is_set():
            raise Cancelled

    def progress(self, share: float, text: str = "") -> None:
        """`share` from 0 to 1; also a place where the work can be cancelled."""
        self.check()
        self._report(share, text)


class Lane(QObject):
    """Runs `work(ticket, *arguments)` in the pool, once what it `needs` is imported. Only the newest counts.

    `done(result)`, `failed(exception)` and `progressed(share, text)` are signals on the thread of the lane.
    """

    done = Signal(object)
    failed = Signal(object)
    progressed = Signal(float, str)
    busy_changed = Signal(bool)
    _finished = Signal(int, object, object)
    _reported = Signal(int, float, str)

    def __init__(
        self, parent: QObject | None = None, pool: QThreadPool | None = None, needs: Stage = stages.ALL
    ) -> None:
        super().__init__(parent)
        self._needs = needs
        self._pool = pool or QThreadPool.globalInstance()
        self._generation = 0
        self._ticket: Ticket | None = None
        self._finished.connect(self._finish, Qt.ConnectionType.QueuedConnection)
        self._reported.connect(self._report, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        return self._ticket is not None

    def start(self, work: Callable[..., Any], *arguments: Any) -> None:
        """Starts `work`; what ran before is cancelled and its result dropped."""
        self.cancel()
        generation = self._generation
        ticket = Ticket(lambda share, text: self._reported.emit(generation, share, text))
        self._ticket = ticket

        def run() -> None:
            result: Any = None
            error: BaseException | None = None
            try:
                self._needs.wait()
                ticket.check()
                result = work(ticket, *arguments)
            except BaseException as caught:  # noqa: BLE001 - handed to whoever listens
                error = caught
            try:
                self._finished.emit(generation, result, error)
            except RuntimeError:
                return  # the lane is gone with its window

        self.busy_changed.emit(True)
        self._pool.start(run)  # a QRunnable that ends while it is handed over is never freed by PySide

    def cancel(self) -> None:
        """Asks running work to stop and forgets it."""
        self._generation += 1
        if self._ticket is not None:
            self._ticket.cancel()
            self._ticket = None
            self.busy_changed.emit(False)

    @Slot(int, object, object)
    def _finish(self, generation: int, result: object, error: object) -> None:
        if generation != self._generation:
            return
        self._ticket = None
        self.busy_changed.emit(False)
        if error is None:
            self.done.emit(result)
        elif not isinstance(error, Cancelled):
            self.failed.emit(error)

    @Slot(int, float, str)
    def _report(self, generation: int, share: float, text: str) -> None:
        if generation == self._generation:
            self.progressed.emit(share, text)
