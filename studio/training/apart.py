"""Training in a process of its own: no lock is shared with the window, which a crash leaves standing.

The run is the one that `training.run.train` makes, bit for bit: the same code trains in `training.worker`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import studio
from studio import words
from studio.graph.model import ProjectData
from studio.training import ranks, runs, wire
from studio.training.commands import Commands
from studio.training.divergence import DivergedError, Fault
from studio.training.progress import Progress
from studio.training.run import RunResult
from studio.words import Message, NetloomError

WORDS = 8000
"""how many bytes of what a process said before it died are shown"""

READ_BACK = 1 << 18
"""how far back from the end of what it said, in bytes, a fatal error is looked for"""

FATAL = b"Fatal Python error"
"""how faulthandler begins; threads follow, and a list of modules that may alone be longer than WORDS"""


class ProcessDiedError(NetloomError):
    """The process ended by itself. `trace` is what it said last."""

    def __init__(self, message: Message, trace: str) -> None:
        super().__init__(message)
        self.trace = trace


class FaultError(Exception):
    """An error in the process that is not meant for a person. `trace` is its traceback there."""

    def __init__(self, text: str, trace: str) -> None:
        super().__init__(text)
        self.trace = trace


class TrainingProcess:
    """Trains one run after the other in a process that is kept for the next. For any thread but the GUI's.

    `warm` starts the process ahead of its first run, so that the run begins at once.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._child: _Child | None = None

    def warm(self) -> None:
        """Starts the process where there is none yet. Raises OSError where it cannot be started."""
        with self._turn:
            self._living(1)

    def train(
        self,
        project: ProjectData,
        base: Path | None,
        runs_folder: Path,
        progress: Progress,
        commands: Commands,
    ) -> RunResult:
        """Blocks until the run has ended; `progress` follows it and `commands` steer it.

        Raises what `training.run.train` raises, ProcessDiedError where the process ended by itself, and
        FaultError for an error that `train` did not foresee.
        """
        from studio.project import files

        job = {"project": files.dumps(project), "runs": str(runs_folder)}
        return self._do(job, base, progress, commands, ranks.wanted(project.training))

    def resume(self, run: Path, base: Path | None, progress: Progress, commands: Commands) -> RunResult:
        """Goes on with a run, as `training.run.resume` does; otherwise as `train`."""
        processes = ranks.wanted(runs.open_run(run).record.get("settings") or {})
        return self._do({"resume": str(run)}, base, progress, commands, processes)

    def _do(
        self, job: dict[str, Any], base: Path | None, progress: Progress, commands: Commands, processes: int
    ) -> RunResult:
        progress.status = "preparing"
        with self._turn:
            child = self._living(processes)
            job |= {"base": str(base) if base is not None else None, "language": words.language()}
            try:
                child.send(job=job)
                with commands.told(lambda word, value: child.send(command=word, value=value)):
                    return self._follow(child, progress)
            except BaseException:
                progress.status = "failed"
                raise

    def close(self) -> None:
        """Lets the process end; a run that is still on its way is stopped with its weights kept."""
        if self._child is not None:
            self._child.close()

    def _living(self, processes: int) -> _Child:
        """The process that is kept; several of them are started for one run and end with it."""
        if self._child is None or self._child.dead or self._child.processes != processes or processes > 1:
            self.close()
            self._child = _Child(processes)
        return self._child

    def _follow(self, child: _Child, progress: Progress) -> RunResult:
        while (line := child.hear()) is not None:
            if "progress" in line:
                wire.take(line["progress"], progress)
            elif "result" in line:
                return wire.result_from_json(line["result"])
            elif "step" in line:
                where = Fault.from_json(line["where"]) if line["where"] is not None else None
                raise DivergedError(Message.from_json(line["error"]), line["step"], where)
            elif "error" in line:
                raise NetloomError(Message.from_json(line["error"]))
            elif "fault" in line:
                raise FaultError(line["fault"], line["trace"])
        self._child = None
        raise ProcessDiedError(_died(child.wait(), progress), child.last_words())


class _Child:
    """The process and its three pipes; of several, those of the first one."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes
        start = (
            [sys.executable, "-P", "-X", "faulthandler", "-m"] if processes == 1 else ranks.command(processes)
        )
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        path = os.pathsep.join(
            filter(None, (str(Path(studio.__file__).parents[1]), os.environ.get("PYTHONPATH")))
        )
        self._process = subprocess.Popen(
            [*start, "studio.training.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env=os.environ | {"PYTHONPATH": path},
            **_by_itself(),
        )

    @property
    def dead(self) -> bool:
        return self._process.poll() is not None

    def send(self, **line: Any) -> None:
        """A process that is gone is noticed by who listens to it."""
        assert self._process.stdin is not None
        with suppress(OSError, ValueError):
            wire.write(self._process.stdin, line)

    def hear(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None
        return wire.read(self._process.stdout)

    def wait(self) -> int:
        return self._process.wait()

    def last_words(self) -> str:
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - READ_BACK))
        return last_words(self._said.read())

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()


def last_words(said: bytes) -> str:
    """What of `said` tells why a process died: from its fatal error on, or else the end of it."""
    start = said.rfind(FATAL)
    words = said[start:][:WORDS] if start >= 0 else said[-WORDS:]
    return words.decode(errors="replace")


def _by_itself() -> dict[str, Any]:
    """A Ctrl+C in the terminal is the window's to answer, and no console window opens."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


def _died(status: int, progress: Progress) -> Message:
    done = progress.epochs_done
    kept = (
        Message("The weights up to epoch {epoch} are in {folder}.", epoch=done[-1].epoch, folder=progress.run)
        if done
        else Message("No epoch was finished, so no weights are kept.")
    )
    return Message("The training process ended by itself: {reason} {kept}", reason=_reason(status), kept=kept)


def _reason(status: int) -> Message:
    if status == -getattr(signal, "SIGKILL", 9):
        return Message(
            "it was killed, mostly because the machine's memory ran out. Make the batch smaller, or close "
            "other programs, and train again."
        )
    if status < 0:
        return Message(
            "a fault in a library ({signal}). The log says where. Train again; where it happens again, try "
            "another device.",
            signal=signal.Signals(-status).name,
        )
    return Message("it ended with status {status}. The log says why.", status=status)
