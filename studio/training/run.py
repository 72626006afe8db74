"""One training from a project to a run folder: checks first, then the loop, then the verdict on test data."""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio import __version__
from studio.data.prepare import Prepared, context_of, prepare
from studio.data.settings import read as read_data
from studio.graph.model import ProjectData
from studio.project import atomic
from studio.training import machine, runs
from studio.training.commands import Commands
from studio.training.progress import EpochRecord, Progress
from studio.training.settings import Settings, SettingsError, read
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import nn

    from studio.training.checkpoint import Checkpoints
    from studio.training.objectives import Objective
    from studio.training.start import Report


@dataclass(frozen=True, slots=True)
class RunResult:
    """What came of a training. `best` is `{"epoch", "validation", "train"}`, None where no weights are kept.

    `best` and `test`, the metrics on test data, are of the weights in best.safetensors: where a better epoch
    could not be written, of the one before. `last` is the last EpochRecord; `problems` what was not written.
    """

    folder: Path
    best: Mapping[str, Any] | None
    last: EpochRecord | None
    test: Mapping[str, float]
    samples_per_second: float
    status: Literal["done", "stopped"]
    problems: tuple[Message, ...] = ()


@dataclass(slots=True)
class _Training:
    """A training that is ready to start."""

    project: ProjectData
    settings: Settings
    data: Prepared
    module: nn.Module
    objective: Objective
    multiply_adds: int
    progress: Progress
    commands: Commands
    start: Report | None = None
    record: dict[str, Any] = field(default_factory=dict)


def train(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    progress: Progress | None = None,
    commands: Commands | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    device: str | None = None,
    on_start: Callable[[Mapping[str, Any]], None] | None = None,
) -> RunResult:
    """Trains `project` into a new folder in `runs_folder`. `base` is the folder of the project's file.

    `on_start` is given the run's record (its folder is `progress.run`) before the first step. Raises
    NetloomError where the project, the data or the machine does not allow it, or the loss is no number any
    more; the run folder, if there is one by then, says "failed" and why.
    """
    import torch

    progress, commands = progress or Progress(), commands or Commands()
    progress.status = "preparing"
    try:
        settings = _settings(project, device)
        progress.device = machine.choose_device(settings.device)
        multiply_adds = _forecast(project, settings, progress.device)
        threads = machine.choose_threads(
            settings.threads, multiply_adds * settings.batch_size, progress.device
        )
        progress.threads = threads
        gpus = [progress.device] if progress.device.startswith("cuda") else []
        with machine.using_threads(threads), torch.random.fork_rng(devices=gpus):
            training = _ready(project, base, runs_folder, settings, multiply_adds, progress, commands)
            return _run(training, runs_folder, on_start, on_epoch)
    except BaseException:
        progress.status = "failed"
        raise


def _settings(project: ProjectData, device: str | None) -> Settings:
    read_data(project.data)
    section = dict(project.training)
    if device is not None:
        section["device"] = device
    settings = read(section, context_of(project.data).task)
    if settings.network not in project.networks:
        raise SettingsError(
            Message(
                "training.network is {network}, and the project has no network of that name. Known: {known}.",
                network=settings.network,
                known=", ".join(project.networks),
            )
        )
    return settings


def _forecast(project: ProjectData, settings: Settings, device: str) -> int:
    """Refuses what would not fit before anything is allocated; returns the multiply-adds a sample."""
    from studio.compiler.infer import analyse

    report = analyse(project, context_of(project.data)).networks.get(settings.network)
    if report is None:
        return 0
    machine.check_memory(
        report.parameters, report.activation_bytes, settings.batch_size, machine.available_memory(device)
    )
    return report.multiply_adds


def _ready(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    settings: Settings,
    multiply_adds: int,
    progress: Progress,
    commands: Commands,
) -> _Training:
    """Builds the network, and tries one batch so that a misfit is told in words before the run begins."""
    import torch

    from studio.compiler.build import build
    from studio.data.batches import steps
    from studio.training import objectives, start

    module = build(project, settings.network, context_of(project.data), seed=settings.seed)
    data = prepare(project.data, base).to(progress.device)
    module.to(progress.device)
    objective = objectives.make(settings, data, module)
    begun = None
    if settings.weights is not None:
        found = start.find(settings.weights, base, runs_folder)
        planned = start.plan(project, settings.network, module, found)
        start.apply(planned, module, objective.taken)
        begun = start.report(planned, module)
    some = slice(0, min(len(data.train), settings.batch_size))
    with torch.no_grad():
        objective.check(module.eval()(data.train.inputs(some)), data.train.y[some])
    progress.epochs = settings.epochs
    progress.steps_per_epoch = steps(len(data.train), settings.batch_size)
    return _Training(project, settings, data, module, objective, multiply_adds, progress, commands, begun)


def _run(
    training: _Training,
    runs_folder: Path,
    on_start: Callable[[Mapping[str, Any]], None] | None,
    on_epoch: Callable[[EpochRecord], None] | None,
) -> RunResult:
    from studio.training import optimizers
    from studio.training.checkpoint import Checkpoints
    from studio.training.loop import DivergedError, fit

    progress = training.progress
    optimizer = optimizers.make(training.settings.optimizer, training.module.parameters())
    training.record = _first_record(training)
    folder = progress.run = _new_folder(runs_folder, training)
    if on_start is not None:
        on_start(training.record)
    checkpoints = Checkpoints(folder, training.objective.weights, progress.notices.append)
    journal = _Journal(folder, training, checkpoints, on_epoch)
    progress.status = "running"
    try:
        status = fit(
            training.module,
            training.data,
            training.objective,
            optimizer,
            training.settings,
            progress,
            training.commands,
            journal.keep,
        )
    except BaseException as error:
        checkpoints.write()
        known = isinstance(error, NetloomError)
        training.record["error"] = str(error) if known else f"{type(error).__name__}: {error}"
        journal.close("stopped" if isinstance(error, KeyboardInterrupt) else "failed")
        if isinstance(error, RuntimeError) and not isinstance(error, DivergedError):
            raise _from_torch(error, progress) from error
        raise
    return _finish(training, folder, checkpoints, journal, status)


def _new_folder(runs_folder: Path, training: _Training) -> Path:
    """The folder of a run that begins; none is left where its first files cannot be written."""
    from studio.project import files

    folder = runs.new_folder(runs_folder)
    try:
        atomic.write(folder / "project.json", files.dumps(training.project))
        runs.write_record(folder, training.record)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _finish(
    training: _Training,
    folder: Path,
    checkpoints: Checkpoints,
    journal: _Journal,
    status: Literal["done", "stopped"],
) -> RunResult:
    from studio.training.loop import evaluate

    progress = training.progress
    checkpoints.write()
    best = checkpoints.best
    test: dict[str, float] = {}
    if best is not None:
        # what is judged is what is kept: the very weights of best.safetensors
        training.module.load_state_dict(training.objective.weights(best.state))
        judge = training.objective.of_kept()
        test = evaluate(training.module, training.data.test, judge, training.settings.batch_size)
    training.record["test"] = test or None
    rate = progress.samples / progress.train_seconds if progress.train_seconds else 0.0
    training.record["samples_per_second"] = rate
    journal.close(status)
    progress.seconds_left = 0.0
    progress.status = status
    epoch = best.epoch if best is not None else None
    return RunResult(folder, epoch, journal.last, test, rate, status, journal.problems())


class _Journal:
    """Writes down what happened. A disk that fails is told of once and does not end the training."""

    def __init__(
        self,
        folder: Path,
        training: _Training,
        checkpoints: Checkpoints,
        on_epoch: Callable[[EpochRecord], None] | None,
    ) -> None:
        self._folder = folder
        self._training = training
        self._checkpoints = checkpoints
        self._on_epoch = on_epoch
        self._began = time.monotonic()
        self._fault: Message | None = None
        self.last: EpochRecord | None = None

    def keep(self, record: EpochRecord) -> None:
        training = self._training
        metrics = record.validation or record.train
        told = {
            "epoch": record.epoch,
            "validation": dict(record.validation),
            "train": dict(record.train),
        }
        self._checkpoints.take(training.module.state_dict(), training.objective.score(metrics), told)
        training.record["epochs"] = record.epoch
        self.last = record
        self._attempt(lambda: runs.append_metrics(self._folder, asdict(record)))
        if self._on_epoch is not None:
            self._on_epoch(record)

    def close(self, status: str) -> None:
        record = self._training.record
        record["status"] = status
        record["best"] = self._checkpoints.best.epoch if self._checkpoints.best is not None else None
        record["ended"] = _now()
        record["seconds"] = round(time.monotonic() - self._began, 3)
        record["notices"] = [str(notice) for notice in self._training.progress.notices]
        self._attempt(self._write_steps)
        self._attempt(lambda: runs.write_record(self._folder, record))

    def problems(self) -> tuple[Message, ...]:
        return tuple(fault for fault in (self._checkpoints.fault, self._fault) if fault is not None)

    def _write_steps(self) -> None:
        from safetensors.numpy import save

        _, numbers, losses = self._training.progress.steps_since(0)
        atomic.write(self._folder / "steps.safetensors", save({"step": numbers, "loss": losses}))

    def _attempt(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (NetloomError, OSError) as error:
            reason = error.message if isinstance(error, NetloomError) else error
            fault = Message("The run's record could not be written: {reason}", reason=reason)
            if self._fault is None:
                self._training.progress.notices.append(fault)
            self._fault = fault


def _first_record(training: _Training) -> dict[str, Any]:
    import torch

    settings, data, progress = training.settings, training.data, training.progress
    return {
        "format": runs.FORMAT,
        "version": runs.VERSION,
        "status": "running",
        "name": training.project.name,
        "started": _now(),
        "settings": settings.to_json(),
        "seed": settings.seed,
        "device": progress.device,
        "threads": progress.threads,
        "parameters": sum(p.numel() for p in training.module.parameters()),
        "multiply_adds": training.multiply_adds,
        "data": {
            "source": data.source,
            "fingerprint": data.fingerprint,
            "samples": {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
            "class_names": list(data.class_names),
            "feature_names": list(data.feature_names),
        },
        "context": runs.context_to_json(data.context),
        "preprocessing": data.preprocessing.to_json(),
        "objective": training.objective.facts(),
        "start": training.start.to_json() if training.start is not None else None,
        "versions": {
            "netloom": __version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "system": platform.platform(),
        },
        "process": {"id": os.getpid(), "machine": platform.node()},
        "epochs": 0,
        "best": None,
        "test": None,
    }


def _from_torch(error: RuntimeError, progress: Progress) -> NetloomError:
    """PyTorch's own error in the middle of a step: mostly no memory left on the device."""
    return NetloomError(
        Message(
            "PyTorch stopped at step {step}: {reason} The weights of the last whole epoch are kept. If "
            "memory is short, make the batch smaller.",
            step=progress.step + 1,
            reason=str(error).splitlines()[0] if str(error) else type(error).__name__,
        )
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
