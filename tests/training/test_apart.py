"""Training in a process of its own: the same bits, steerable, and its death harms nobody else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.graph.model import ProjectData
from studio.training import runs
from studio.training.apart import WORDS, FaultError, ProcessDiedError, TrainingProcess, last_words
from studio.training.commands import Commands
from studio.training.progress import Progress
from studio.training.run import RunResult, train
from studio.words import NetloomError

Make = Callable[..., ProjectData]
ROOT = Path(__file__).resolve().parents[2]
LONG = 100_000
"""epochs that nobody waits for"""


@pytest.fixture(scope="module")
def process() -> Iterator[TrainingProcess]:
    made = TrainingProcess()
    yield made
    made.close()


class InBackground:
    """A training in a thread of this process, as the window has it."""

    def __init__(self, process: TrainingProcess, project: ProjectData, folder: Path) -> None:
        self.progress, self.commands = Progress(), Commands()
        self.result: RunResult | None = None
        self.error: Exception | None = None
        self._given = (process, project, folder)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        process, project, folder = self._given
        try:
            self.result = process.train(project, None, folder, self.progress, self.commands)
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.error = error

    def wait_for(self, what: Callable[[Progress], bool]) -> None:
        end = time.monotonic() + 240
        while not what(self.progress):
            assert time.monotonic() < end and self._thread.is_alive(), (self.progress.status, self.error)
            time.sleep(0.01)

    def end(self) -> None:
        self._thread.join(240)
        assert not self._thread.is_alive()


def pid_of(process: TrainingProcess) -> int:
    assert process._child is not None
    return process._child._process.pid


def test_the_run_is_the_one_of_the_command_line_bit_for_bit(
    process: TrainingProcess, iris: Make, tmp_path: Path
) -> None:
    here, there = Progress(), Progress()
    plain = train(iris(), None, tmp_path / "here", here)
    apart = process.train(iris(), None, tmp_path / "there", there, Commands())

    def weights(result: RunResult) -> bytes:
        return (result.folder / "best.safetensors").read_bytes()

    assert weights(apart) == weights(plain)
    assert (apart.status, apart.best, apart.test) == (plain.status, plain.best, plain.test)
    assert there.steps_since(0)[2].tolist() == here.steps_since(0)[2].tolist()
    assert [e.validation for e in there.epochs_done] == [e.validation for e in here.epochs_done]
    assert (there.status, there.run, there.step) == ("done", apart.folder, here.step)


def test_pause_holds_the_steps_and_stop_keeps_the_weights(
    process: TrainingProcess, iris: Make, tmp_path: Path
) -> None:
    run = InBackground(process, iris(epochs=LONG), tmp_path)
    run.wait_for(lambda progress: bool(progress.epochs_done))
    run.commands.pause()
    run.wait_for(lambda progress: progress.status == "paused")
    steps = run.progress.step
    time.sleep(0.3)
    assert run.progress.step == steps
    run.commands.resume()
    run.wait_for(lambda progress: progress.step > steps)
    run.commands.stop()
    run.end()
    assert run.result is not None and run.result.status == "stopped"
    assert (run.result.folder / "best.safetensors").is_file()


def test_a_command_given_before_the_run_counts(process: TrainingProcess, iris: Make, tmp_path: Path) -> None:
    commands = Commands()
    commands.stop()
    assert process.train(iris(epochs=LONG), None, tmp_path, Progress(), commands).status == "stopped"


def test_what_a_person_is_told_is_told_here(process: TrainingProcess, iris: Make, tmp_path: Path) -> None:
    progress = Progress()
    with pytest.raises(NetloomError) as here:
        train(iris(network="other"), None, tmp_path)
    with pytest.raises(NetloomError) as there:
        process.train(iris(network="other"), None, tmp_path, progress, Commands())
    assert there.value.message == here.value.message
    assert progress.status == "failed"


def test_an_unforeseen_error_comes_with_its_traceback(
    process: TrainingProcess, iris: Make, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    wrong = ProjectData("Wrong", iris().networks, {"data": {"source": "iris"}, "training": {"epochs": 1}})
    pid = pid_of(process)
    with pytest.raises((NetloomError, FaultError)):
        process.train(wrong, None, blocked / "runs", Progress(), Commands())
    assert process.train(iris(), None, tmp_path, Progress(), Commands()).status == "done"
    assert pid_of(process) == pid, "an error does not cost the process"


def test_the_cause_of_a_death_is_not_pushed_out_by_what_follows_it() -> None:
    threads = b"\nThread 0x1:\n" + b'  File "loop.py", line 1 in step\n' * 40
    modules = b"\nExtension modules: " + b"sklearn.metrics._pairwise_fast, " * 1000
    said = b"a warning\n" * 5000 + b"Fatal Python error: Segmentation fault\n" + threads + modules
    words = last_words(said)
    assert words.startswith("Fatal Python error: Segmentation fault\n\nThread 0x1:")
    assert len(words) == WORDS
    assert last_words(b"x" * WORDS + b"killed\n").endswith("xkilled\n")
    assert last_words(b"killed\n") == "killed\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV"])
def test_a_process_that_dies_is_told_of_and_the_next_run_has_another(
    process: TrainingProcess, iris: Make, tmp_path: Path, name: str
) -> None:
    run = InBackground(process, iris(epochs=LONG), tmp_path)
    run.wait_for(lambda progress: len(progress.epochs_done) > 2)
    os.kill(pid_of(process), getattr(signal, name))
    run.end()
    assert isinstance(run.error, ProcessDiedError)
    said = str(run.error)
    assert str(run.progress.run) in said
    assert ("memory" if name == "SIGKILL" else "SIGSEGV") in said
    if name == "SIGSEGV":
        assert "Fatal Python error" in run.error.trace
    assert run.progress.status == "failed"
    assert [info.status for info in runs.list_runs(tmp_path)] == ["interrupted"]
    assert process.train(iris(), None, tmp_path, Progress(), Commands()).status == "done"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_window_that_is_killed_leaves_a_run_that_can_go_on_and_no_process(
    iris: Make, tmp_path: Path
) -> None:
    from studio.project import files

    files.save(tmp_path / "iris.json", iris(epochs=LONG))
    window = subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import sys
                from pathlib import Path
                from studio.project.files import load
                from studio.training.apart import TrainingProcess
                from studio.training.commands import Commands
                from studio.training.progress import Progress
                path = Path(sys.argv[1])
                process = TrainingProcess()
                process.warm()
                print(process._child._process.pid, flush=True)
                process.train(load(path), path.parent, path.parent / "runs", Progress(), Commands())
                """
            ),
            str(tmp_path / "iris.json"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert window.stdout is not None
    child = int(window.stdout.readline())
    folder = tmp_path / "runs"
    wait_until(lambda: any(folder.glob("*/best.safetensors")))
    window.kill()
    window.wait()
    window.stdout.close()
    wait_until(lambda: [info.status for info in runs.list_runs(folder)] == ["interrupted"])
    assert runs.list_runs(folder)[0].resumable
    wait_until(lambda: not is_running(child))


def wait_until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 240
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
