"""Training behind the window: a QThread that follows a training process, a state, a clock that reads.

The thread writes plain numbers to a Progress and never waits for the window; a timer here reads them a few
times a second and tells the panels. The thread is never dropped while it runs.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QCoreApplication, QObject, QThread, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from studio.app.run_queue import RunQueue
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.training_words import ending_of, event_of, lost, reason_of
from studio.compiler.analysis import Problem
from studio.graph.document import Change
from studio.graph.model import ProjectData
from studio.graph.operations import SetAttribute
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from studio.training.apart import TrainingProcess
    from studio.training.commands import Commands
    from studio.training.progress import Progress
    from studio.training.run import RunResult

Job = Callable[["TrainingProcess", Path | None, "Progress", "Commands"], "RunResult"]
"""what a training process is asked to do, given the folder of the project's file"""
State = Literal["idle", "preparing", "running", "paused", "stopping"]

FASTEST_MS, SLOWEST_MS, HIDDEN_MS = 100, 1000, 1000
SHARE = 0.05
"""the part of the window's time that telling the panels may take"""
ENGINE_POLL_MS = 50
CLOSE_MS = 10_000


class _Worker(QThread):
    """Runs one job and keeps what came of it."""

    def __init__(self, job: Callable[[], RunResult], parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("training")
        self._job = job
        self.result: RunResult | None = None
        self.error: Exception | None = None
        self.trace = ""

    def run(self) -> None:
        try:
            self.result = self._job()
        except Exception as error:  # noqa: BLE001 - handed to the window, which says it
            self.error = error
            expected = isinstance(error, NetloomError)
            self.trace = getattr(error, "trace", "" if expected else traceback.format_exc())


class Trainer(QObject):
    """Starts, pauses and stops the training of a session's project. Lives on the GUI thread.

    `ticked` carries the Progress a few times a second and once more at the end, `epoch_done` an EpochRecord.
    `refused(Message, panel)` follows a start that could not be: `panel` names where the cure is ("data",
    "problems", "training"). `traced(str)` carries the traceback of an unexpected error, for the log.
    `runs_moved` follows the first save of a project: its runs lie beside its file from then on. `outdated`
    carries each warning of before when another run begins. `cut_off(run, Message)` follows an end that
    nobody asked for: the run may be continued. `diverged(Fault, Message)` says where a run stopped being
    numbers, `waiting(Message)` what a run waits for, None once it goes on.
    """

    state_changed = Signal(str)
    ticked = Signal(object)
    epoch_done = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    refused = Signal(object, str)
    traced = Signal(str)
    runs_moved = Signal()
    cut_off = Signal(object, object)
    outdated = Signal(object)
    diverged = Signal(object, object)
    waiting = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: State = "idle"
        self.last_run: Path | None = None
        self.progress: Progress | None = None
        self._session = session
        self._process: TrainingProcess | None = None
        self._worker: _Worker | None = None
        self._commands: Commands | None = None
        self._epochs_told = self._notices_told = self._events_told = 0
        self._waits: Message | None = None
        self._edit_told = self._unsaved = self.closing = False
        self._homeless: list[Path] = []
        self._said: list[Message] = []
        self._moving = Lane(self)
        self._moving.done.connect(self._moved)
        self._moving.failed.connect(self._not_moved)
        self._warming = Lane(self)
        self._warming.done.connect(self._warmed)
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self._engine = QTimer(self, interval=ENGINE_POLL_MS)
        self._engine.timeout.connect(self._start_when_ready)
        session.edited.connect(self._on_edit)
        session.opened.connect(self._forget)
        session.analysed.connect(lambda _: self._warm())
        session.path_changed.connect(lambda _: self._bring_home())
        self.queue = RunQueue(self)
        self.queue.fault.connect(lambda message: self._say("warning", message))
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shutdown)

    # -- what the buttons do ---------------------------------------------------------------------

    @property
    def active(self) -> bool:
        """Whether a run is on its way, paused ones included."""
        return self.state != "idle"

    @property
    def runs_folder(self) -> Path:
        """Where the runs of the session's project lie: beside its file, or in the person's own folder."""
        from studio.training.runs import runs_folder

        return runs_folder(self._session.path)

    @property
    def base(self) -> Path | None:
        """The folder of the project's file, where it has one."""
        return self._session.path.parent if self._session.path is not None else None

    @property
    def ready(self) -> bool:
        """Whether a run could begin now."""
        return self.state == "idle" and self._session.engine_ready

    @property
    def steerable(self) -> bool:
        """Whether a run is there that does what is asked of it between two steps."""
        return self.state in ("running", "paused") and self._commands is not None

    def start(self) -> None:
        """Starts a run, or goes on with a paused one. Refuses with a reason where it cannot work."""
        if self.state == "paused":
            self.resume()
            return
        if self.state != "idle":
            return
        if not self._session.engine_ready:
            self._set_state("preparing")
            self._say("info", Message("PyTorch is still loading. Training starts as soon as it is ready."))
            self._engine.start()
            return
        self._launch()

    def go_on(self, run: Path) -> None:
        """Continues a run that was stopped or cut off, where nothing trains already."""
        if self.state != "idle" or not self._session.engine_ready:
            self._say("warning", Message("Another training is under way. Stop it first."))
            return
        self._begin(
            lambda process, base, progress, commands: process.resume(run, base, progress, commands), self.base
        )

    def pause(self) -> None:
        if self.state == "running" and self._commands is not None:
            self._commands.pause()
            self._set_state("paused")

    def resume(self) -> None:
        if self.state == "paused" and self._commands is not None:
            self._commands.resume()
            self._set_state("running")

    def stop(self) -> None:
        """Asks the run to end after this step; its checkpoint is kept."""
        if self._engine.isActive():
            self._engine.stop()
            self._set_state("idle")
        elif self.state in ("preparing", "running", "paused") and self._commands is not None:
            self._commands.stop()
            self._set_state("stopping")

    def stop_after_epoch(self) -> None:
        """Asks the run to end once the epoch being made is whole."""
        if self.state in ("preparing", "running", "paused") and self._commands is not None:
            self._commands.stop_after_epoch()
            if self.state == "paused":
                self._set_state("running")
            self._say("info", Message("The run ends after this epoch."))

    def change_lr(self, lr: float) -> None:
        """Sets the learning rate of the run that is on its way; the project stays as it is."""
        if self._commands is not None and self.steerable:
            self._commands.change_lr(lr)

    def snapshot(self) -> None:
        """Keeps the weights of this moment beside the best and the last."""
        if self._commands is not None and self.steerable:
            self._commands.snapshot()

    def evaluate(self) -> None:
        """Takes the metrics on validation data now."""
        if self._commands is not None and self.steerable:
            self._commands.evaluate()

    def shutdown(self, wait_ms: int = CLOSE_MS) -> bool:
        """Stops and waits for the thread, for the window's close. False: it still runs, keep the window."""
        self.closing = True
        self.queue.hold()
        self.queue.finish()
        self.stop()
        worker = self._worker
        if worker is None or worker.wait(wait_ms):
            self._clock.stop()
            if self._process is not None:
                self._process.close()
            return True
        return False

    # -- starting --------------------------------------------------------------------------------

    def _start_when_ready(self) -> None:
        if self._session.engine_ready:
            self._engine.stop()
            self._set_state("idle")
            self._launch()

    def _launch(self) -> None:
        project = self._session.document.data()
        if not self._refuse(project):
            self.train(project, self.base, self.runs_folder)

    def add_to_queue(self) -> None:
        """Lets the project as it is now have a run of its own after those that are on their way."""
        project = self._session.document.data()
        if not self._refuse(project):
            self.queue.add(project, self.base, self.runs_folder)

    def train(self, project: ProjectData, base: Path | None, folder: Path) -> None:
        """Trains a project, on the screen or not, into a run in `folder`; nothing may train already."""
        self._begin(
            lambda process, base, progress, commands: process.train(
                project, base, folder, progress, commands
            ),
            base,
        )

    def _begin(self, job: Job, base: Path | None) -> None:
        """Lets the process do a job, in a thread that follows it."""
        from studio.training.apart import TrainingProcess
        from studio.training.commands import Commands
        from studio.training.progress import Progress

        said, self._said = self._said, []
        for message in said:
            self.outdated.emit(message)
        self._process = self._process or TrainingProcess()
        self.progress, self._commands = Progress(), Commands()
        self._epochs_told = self._notices_told = self._events_told = 0
        self._edit_told = False
        worker = _Worker(partial(job, self._process, base, self.progress, self._commands), self)
        worker.finished.connect(self._ended)
        self._worker = worker
        self._set_state("preparing")
        self._unsaved = self._session.path is None
        if self._unsaved:
            self._say(
                "info",
                Message("The project is not saved yet, so its runs go to {folder}.", folder=self.runs_folder),
            )
        self._clock.start(FASTEST_MS)
        worker.start()

    def _warm(self) -> None:
        """Starts the process ahead of the first run, so that Train answers at once."""
        if (
            self._process is None
            and not self._warming.busy
            and self._session.document.data().data.get("source")
        ):
            self._warming.start(_warm)

    def _warmed(self, process: TrainingProcess) -> None:
        if self._process is None:
            self._process = process
        else:
            process.close()

    def _refuse(self, project: ProjectData) -> bool:
        if not project.data.get("source"):
            self._say_no(Message("There is no data to train on yet. Choose some in the Data panel."), "data")
            return True
        problem = first_error(project, self._session.analysis.errors)
        if problem is None:
            return False
        self._session.show_network(problem.network)
        if problem.node is not None:
            self._session.select([problem.node])
        self._say_no(Message("Training cannot start: {problem}", problem=problem.text), "problems")
        return True

    def _say_no(self, message: Message, panel: str) -> None:
        self._say("error", message)
        self.refused.emit(message, panel)

    # -- while it runs ---------------------------------------------------------------------------

    def _tick(self) -> None:
        progress = self.progress
        if progress is None:
            return
        began = time.perf_counter()
        if self.state == "preparing" and progress.status == "running":
            self._set_state("running")
        for notice in progress.notices[self._notices_told :]:
            self._notices_told += 1
            self._say("warning", notice)
        for event in progress.events[self._events_told :]:
            self._events_told += 1
            if (said := event_of(event)) is not None:
                self._say("info", said)
        self._follow_waiting(progress)
        for record in progress.epochs_done[self._epochs_told :]:
            self._epochs_told += 1
            self.epoch_done.emit(record)
        self.ticked.emit(progress)
        self._clock.setInterval(_pace(time.perf_counter() - began))

    def _follow_waiting(self, progress: Progress) -> None:
        """A run that paused by itself is shown as paused, and what it waits for is told."""
        if progress.waits == self._waits:
            return
        self._waits = progress.waits
        if self._waits is not None and self.state == "running":
            self._set_state("paused")
        elif self._waits is None and self.state == "paused":
            self._set_state("running")
        self.waiting.emit(self._waits)

    def _ended(self) -> None:
        worker, self._worker, self._commands = self._worker, None, None
        if worker is None:
            return
        worker.wait()
        self._clock.stop()
        self._tick()
        error, result = worker.error, worker.result
        worker.deleteLater()
        self._set_state("idle")
        if error is not None:
            self._fail(error, worker.trace)
        elif result is not None:
            self.last_run = Path(result.folder)
            self._homeless += [self.last_run] if self._unsaved else []
            for problem in result.problems:
                self._say("warning", problem)
            self._say("warning" if lost(result) else "info", ending_of(result))
            self.finished.emit(result)
            self._bring_home()

    def _fail(self, error: Exception, trace: str) -> None:
        from studio.training.divergence import DivergedError

        run = self.progress.run if self.progress is not None else None
        message = reason_of(error, run or self.runs_folder)
        self._say("error", message)
        if trace:
            self.traced.emit(trace)
        if run is not None and hasattr(error, "trace"):
            self.cut_off.emit(run, message)
        if isinstance(error, DivergedError):
            self.diverged.emit(error.fault, message)
        self.failed.emit(message)

    def _on_edit(self, change: Change) -> None:
        if self.active and self._worker is not None and not self._edit_told and _matters(change):
            self._edit_told = True
            self._say(
                "info", Message("Training goes on with the project as it was; edits are for the next run.")
            )

    def took(self, run: Path) -> None:
        """Looks after a run that was not trained here: it moves beside the project's file with the others."""
        self.last_run = run
        if self._session.path is None:
            self._homeless.append(run)
        self.runs_moved.emit()

    def _forget(self) -> None:
        self._homeless = []
        self._unsaved = False
        if not self.active:
            self.last_run = self.progress = None

    # -- runs of a project that had no file yet --------------------------------------------------

    def _bring_home(self) -> None:
        """Runs made before the first save move beside the project's file once it has one."""
        if self._homeless and self._session.path is not None and not self.active:
            self._moving.start(_move, tuple(self._homeless), self.runs_folder)
            self._homeless = []

    def _moved(self, moved: dict[Path, Path]) -> None:
        if self.last_run is not None:
            self.last_run = moved.get(self.last_run, self.last_run)
        self.runs_moved.emit()

    def _not_moved(self, error: Exception) -> None:
        message = error.message if isinstance(error, NetloomError) else reason_of(error, self.runs_folder)
        self._say("warning", message)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)

    def _say(self, level: str, message: Message) -> None:
        if level != "info":
            self._said.append(message)
        self._session.notice.emit(level, message)


def first_error(project: ProjectData, errors: tuple[Problem, ...]) -> Problem | None:
    """The first error in what is trained: its network, and the networks it uses as blocks."""
    used: set[str] = set()
    waiting = [str(project.training.get("network") or "model")]
    while waiting:
        name = waiting.pop()
        if name not in used and name in project.networks:
            used.add(name)
            waiting += [n.block for n in project.networks[name].nodes.values() if n.block]
    return next((problem for problem in errors if problem.network in used or not used), None)


def _warm(ticket: Ticket) -> TrainingProcess:
    from studio.training.apart import TrainingProcess

    process = TrainingProcess()
    process.warm()
    return process


def _move(ticket: Ticket, runs: tuple[Path, ...], into: Path) -> dict[Path, Path]:
    from studio.training.runs import adopt

    return adopt(runs, into)


def _pace(cost_s: float) -> int:
    """How many milliseconds to the next reading, after one that took `cost_s`."""
    windows = QGuiApplication.topLevelWindows()
    if windows and not any(window.isExposed() for window in windows):
        return HIDDEN_MS
    return int(min(max(cost_s / SHARE * 1000, FASTEST_MS), SLOWEST_MS))


def _matters(change: Change) -> bool:
    """Whether a change is of what would be trained: moving a card is not."""
    return not all(isinstance(o, SetAttribute) and o.path == ("at",) for o in change.operations)
