"""Processes that decode pictures, a few at a time; a picture that kills one is a broken picture."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import studio
from studio.data import decoding
from studio.data.decoding import Job
from studio.data.watching import Watch
from studio.words import tr

FEW = 400
"""pictures that are decoded here: to start a process takes longer"""
MOST_PROCESSES = 16
PAUSE = 0.2
"""seconds after which a silent wait asks whether to go on"""


def run(jobs: Sequence[Job], watch: Watch) -> Iterator[tuple[int, dict[str, Any]]]:
    """The answers to all jobs with their places among `jobs`, in the order in which they come.

    What `watch` raises ends the work, and the processes with it.
    """
    pictures = sum(len(job["files"]) for job in jobs)
    many = min(workers(), len(jobs))
    if pictures <= FEW:
        for i, job in enumerate(jobs):
            watch(i / len(jobs))
            yield i, decoding.do(job)
        return
    with _Crew(jobs, many) as crew:
        for done in range(len(jobs)):
            yield crew.next(partial(watch, done / len(jobs)))


def workers() -> int:
    """How many processes decode at once."""
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(MOST_PROCESSES, own or 1))


class _Crew:
    """Threads, each of which keeps one process busy."""

    def __init__(self, jobs: Sequence[Job], many: int) -> None:
        self._jobs: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
        for entry in enumerate(jobs):
            self._jobs.put(entry)
        self._answers: queue.SimpleQueue[tuple[int, dict[str, Any]] | BaseException] = queue.SimpleQueue()
        self._over = threading.Event()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(many)]

    def __enter__(self) -> _Crew:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for process in list(self._processes):
            process.kill()
        for thread in self._threads:
            thread.join()

    def next(self, ask: Callable[[], None]) -> tuple[int, dict[str, Any]]:
        """The next answer; asks whether to go on while it waits."""
        while True:
            ask()
            try:
                found = self._answers.get(timeout=PAUSE)
            except queue.Empty:
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    def _work(self) -> None:
        process = None
        try:
            while not self._over.is_set():
                try:
                    place, job = self._jobs.get_nowait()
                except queue.Empty:
                    break
                process = process or self._start()
                answer = _ask(process, job)
                if answer is None and not self._over.is_set():  # it died of one of these
                    process.wait()
                    process, answer = None, self._one_by_one(job)
                if answer is not None:
                    self._answers.put((place, answer))
        except BaseException as error:  # noqa: BLE001 - raised again where the answers are awaited
            self._answers.put(error)
        finally:
            if process is not None:
                _end(process)

    def _one_by_one(self, job: Job) -> dict[str, Any]:
        """The answer to a job that killed its process, one by one; a picture that kills again is broken."""
        facts: list[Any] = []
        broken: dict[int, str] = {}
        size = job.get("channels", 0) * job.get("height", 0) * job.get("width", 0)
        process = None
        for i, file in enumerate(job["files"]):
            if self._over.is_set():
                break
            process = process or self._start()
            answer = _ask(process, {**job, "files": [file], "at": job.get("at", 0) + i * size})
            if answer is None:
                process.wait()
                process, answer = None, {"facts": [None], "broken": {0: tr("the decoder crashed")}}
            facts += answer.get("facts", ())
            if answer["broken"]:
                broken[i] = answer["broken"][0]
        if process is not None:
            _end(process)
        return {"facts": facts, "broken": broken}

    def _start(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(
            filter(None, (str(Path(studio.__file__).parents[1]), os.environ.get("PYTHONPATH")))
        )
        quiet: dict[str, Any] = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "studio.data.decoding"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": path},
            **quiet,
        )
        self._processes.append(process)
        return process


def _ask(process: subprocess.Popen[bytes], job: Job) -> dict[str, Any] | None:
    """The answer of a process; None where it died."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(job).encode() + b"\n")
        process.stdin.flush()
        said = process.stdout.readline()
    except OSError:
        return None
    if not said.endswith(b"\n"):
        return None
    answer: dict[str, Any] = json.loads(said)
    answer["broken"] = {int(i): reason for i, reason in answer["broken"].items()}
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        process.communicate()
