"""The process that trains for a window: `python -m studio.training.worker`, spoken to by `training.apart`.

It trains one job after the other, exactly as `netloom train` does, and ends when its standard input ends: a
window that is gone stops the run after the step being made, with its weights kept.
"""

from __future__ import annotations

import importlib
import os
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from studio import words
from studio.training import ranks, wire
from studio.training.commands import Commands
from studio.training.divergence import DivergedError
from studio.training.progress import Progress
from studio.words import NetloomError

TELL_S = 0.1
"""how often the window is told how far the run is"""
AHEAD = ("torch._dynamo", "sklearn.datasets", "studio.training.loop", "studio.training.objectives")
"""what a run needs, imported before there is one"""


class _Ears:
    """Hears jobs and commands in a thread of its own."""

    def __init__(self, source: IO[bytes]) -> None:
        self.jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.commands = Commands()
        self._source = source
        threading.Thread(target=self._listen, name="commands", daemon=True).start()

    def _listen(self) -> None:
        while (line := wire.read(self._source)) is not None:
            if "job" in line:
                self.commands = Commands()
                self.jobs.put(line["job"])
            else:
                self.commands.obey(line["command"], line.get("value"))
        self.commands.gone = True
        self.commands.stop()
        self.jobs.put(None)


class _Mouth:
    """Says one line at a time; nobody may be there any more to hear it."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self._turn = threading.Lock()

    def say(self, **line: Any) -> None:
        with self._turn:
            try:
                wire.write(self._target, line)
            except OSError:
                return  # the window is gone; the ears hear that too and stop the run


@contextmanager
def _telling(progress: Progress, mouth: _Mouth) -> Iterator[None]:
    """Tells how far the run is while the block runs, and once more at its end."""
    done, teller = threading.Event(), wire.Teller(progress)

    def tell() -> None:
        while not done.wait(TELL_S):
            if news := teller.news():
                mouth.say(progress=news)

    thread = threading.Thread(target=tell, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if news := teller.news():
            mouth.say(progress=news)


def _train(job: dict[str, Any], commands: Commands, mouth: _Mouth) -> None:
    from studio.project.files import loads
    from studio.training.run import resume, train

    progress = Progress()
    try:
        with _telling(progress, mouth), ranks.joined():
            job = ranks.same(job)
            words.set_language(job["language"])
            base = Path(job["base"]) if job["base"] else None
            if "resume" in job:
                result = resume(Path(job["resume"]), base, progress, commands)
            else:
                project = loads(job["project"], "project.json")
                result = train(project, base, Path(job["runs"]), progress, commands, window=True)
    except DivergedError as error:
        where = error.fault.to_json() if error.fault is not None else None
        mouth.say(error=error.message.to_json(), step=error.step, where=where)
    except NetloomError as error:
        mouth.say(error=error.message.to_json())
    except Exception as error:  # noqa: BLE001 - the window says it, with the traceback in its log
        mouth.say(fault=f"{type(error).__name__}: {error}", trace=traceback.format_exc())
    else:
        mouth.say(result=wire.result_to_json(result))


def _follow_the_first() -> None:
    """One of several processes that train one job: it hears from the first one only, and says nothing."""
    with Path(os.devnull).open("wb") as nowhere:
        _train({}, Commands(), _Mouth(nowhere))
    os._exit(0)


def main() -> None:
    if ranks.expected():
        _follow_the_first()
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between the lines
    mouth, ears = _Mouth(target), _Ears(sys.stdin.buffer)
    for name in AHEAD:
        with suppress(ImportError):  # the run that needs it says so
            importlib.import_module(name)
    if ranks.asked():  # torchrun ends those that are left; what ended the other is said first
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    mouth.say(ready=True)
    while (job := ears.jobs.get()) is not None:
        _train(job, ears.commands, mouth)
        if ranks.asked():
            break
    sys.stderr.flush()
    os._exit(0)  # PyTorch takes its time to tear down, and nothing here waits to be written


if __name__ == "__main__":
    main()
