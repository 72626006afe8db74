"""One training from a project to a run folder: checks first, then the loop, then the verdict on test data."""

from __future__ import annotations

import math
import os
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from studio import __version__
from studio.graph.model import ProjectData
from studio.project import atomic
from studio.training import ranks, runs
from studio.training.commands import Commands
from studio.training.divergence import DivergedError
from studio.training.journal import Journal, now
from studio.training.preparation import Training, failing, forecast, prepared, ready, set_pace, surroundings
from studio.training.progress import EpochRecord, Event, Progress
from studio.training.settings import Settings
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from studio.training.checkpoint import Checkpoints
    from studio.training.loop import Movers
    from studio.training.position import Saved
    from studio.training.schedules import Schedule


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


def train(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    progress: Progress | None = None,
    commands: Commands | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    device: str | None = None,
    on_start: Callable[[Mapping[str, Any]], None] | None = None,
    window: bool = False,
    group: Mapping[str, Any] | None = None,
) -> RunResult:
    """Trains `project` into a new folder in `runs_folder`. `base` is the folder of the project's file.

    `window`: there is one to watch, so one core is left to it. `group`: what the run is part of.
    `on_start` is given the run's record (its folder is `progress.run`) before the first step. Raises
    NetloomError where the project, the data or the machine does not allow it, or the loss is no number any
    more; the run folder, if there is one by then, says "failed" and why.
    """
    progress, commands = progress or Progress(), commands or Commands()
    with prepared(project, base, runs_folder, progress, commands, device) as training:
        set_pace(training, window=window)
        training.record = _first_record(training) | {"group": group}
        folder = ranks.folder(lambda: _new_folder(runs_folder, training))
        return _run(training, folder, on_start, on_epoch)


def rehearse(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    schedule_of: Callable[[Optimizer, int], Schedule],
    epochs: int,
    progress: Progress,
    commands: Commands,
    device: str | None = None,
) -> None:
    """Trains for some epochs and writes nothing down; `schedule_of(optimizer, steps an epoch)` sets the pace.

    Nothing is validated. Raises what `train` raises.
    """
    from studio.training.loop import Attendants, Movers, fit

    with prepared(project, base, runs_folder, progress, commands, device) as training:
        optimizer = _movers(training).optimizer
        data = training.data
        unjudged = replace(data, validation=replace(data.validation, x=data.train.x[:0], y=data.train.y[:0]))
        settings = replace(training.settings, epochs=epochs)
        progress.epochs, progress.status = epochs, "running"
        schedule = schedule_of(optimizer, progress.steps_per_epoch)
        movers = Movers(optimizer, schedule)
        given = (training.module, unjudged, training.objective, movers, settings, progress, commands)
        fit(*given, Attendants(lambda _: None))


def resume(
    run: Path,
    base: Path | None,
    progress: Progress | None = None,
    commands: Commands | None = None,
    on_epoch: Callable[[EpochRecord], None] | None = None,
    on_start: Callable[[Mapping[str, Any]], None] | None = None,
) -> RunResult:
    """Goes on with a run that was stopped or cut off, in its own folder, from the position it kept last.

    On a processor it ends with the same bits as a run that nothing disturbed. Raises what `train` raises, and
    RunError where the run is done or still running, kept no position, or its data have changed.
    """
    from studio.training import position

    progress, commands = progress or Progress(), commands or Commands()
    with failing(progress):
        opened = runs.open_run(run)
        _refuse_to_resume(opened)
        saved = position.load(opened.folder)
        settings = replace(opened.settings, device=opened.record["device"], weights=None)
        if "pace" not in opened.record:  # of a version that had only threads to choose
            settings = replace(settings, threads=opened.record["threads"])
        multiply_adds = forecast(opened.project, settings, progress)
        with surroundings(settings, multiply_adds, progress):
            given = (opened.project, base, run.parent, settings, multiply_adds, progress, commands)
            training = ready(*given, fresh=False)
            set_pace(training, opened.record.get("pace"))
            if training.data.fingerprint != saved.fingerprint:
                raise runs.RunError(
                    Message(
                        "The data of the run {run} have changed since, so it cannot be continued. Train "
                        "again.",
                        run=opened.info.id,
                    )
                )
            training.record = {**opened.record, "status": "running", "process": _process()}
            training.record.setdefault("resumed", []).append(now())
            folder = ranks.folder(lambda: opened.folder)
            return _run(training, folder, on_start, on_epoch, saved)


def _refuse_to_resume(run: runs.Run) -> None:
    if run.info.status == "done":
        raise runs.RunError(
            Message("The run {run} is done: there is nothing left to continue.", run=run.info.id)
        )
    if run.info.status == "running":
        raise runs.RunError(
            Message("The run {run} is still running. Stop it where it runs first.", run=run.info.id)
        )


def _run(
    training: Training,
    folder: Path,
    on_start: Callable[[Mapping[str, Any]], None] | None,
    on_epoch: Callable[[EpochRecord], None] | None,
    saved: Saved | None = None,
) -> RunResult:
    training.progress.run = folder
    running = _Running(training, folder, on_epoch, saved)
    if on_start is not None:
        on_start(training.record)
    training.progress.status = "running"
    try:
        with ranks.explained():
            status = running.fit(saved)
    except DivergedError as error:
        running.checkpoints.write()
        with ranks.alone():
            told = _examined(error, training, folder)
        _failed(training, running.journal, told)
        raise told from error
    except BaseException as error:
        running.checkpoints.write()
        _failed(training, running.journal, error)
        if isinstance(error, RuntimeError):
            raise _from_torch(error, training.progress) from error
        raise
    with ranks.alone():
        result = _finish(training, folder, running.checkpoints, running.journal, status)
    if status == "done":
        running.keeper.forget()
    return result


class _Running:
    """A training with everything that writes down how it goes."""

    def __init__(
        self,
        training: Training,
        folder: Path,
        on_epoch: Callable[[EpochRecord], None] | None,
        saved: Saved | None,
    ) -> None:
        from studio.training.checkpoint import Checkpoints
        from studio.training.position import Keeper
        from studio.training.steering import Steering

        progress, module, objective = training.progress, training.module, training.objective
        self._training, self._movers = training, _movers(training)
        optimizer, schedule, average = self._movers.optimizer, self._movers.schedule, self._movers.average
        self._judged = self._movers.judged(module)
        self.checkpoints = Checkpoints(folder, objective.weights, progress.notices.append)
        elapsed = saved.elapsed if saved is not None else 0.0
        whole = (folder, training.record, self._judged, objective, progress, self.checkpoints)
        self.journal = Journal(*whole, on_epoch, elapsed, training.settings.options.patience)
        moved = (module, optimizer, self.checkpoints, progress)
        fingerprint = training.data.fingerprint
        self.keeper = Keeper(folder, *moved, fingerprint, elapsed, schedule, average)
        if saved is not None:
            saved.restore(*moved, schedule, average)
            self.journal.go_on()
        steered = (folder, self._judged, optimizer, schedule, progress, objective.weights)
        self._steering = Steering(*steered, self._judge, self._note)

    def fit(self, saved: Saved | None) -> Literal["done", "stopped"]:
        """Trains to the end, or until it is stopped. Raises what `loop.fit` raises."""
        from studio.training import together
        from studio.training.loop import Attendants, fit

        training = self._training
        start = together.position_here(saved.position, training.objective) if saved is not None else None
        return fit(
            training.module,
            training.data,
            training.objective,
            self._movers,
            training.settings,
            training.progress,
            training.commands,
            Attendants(self.journal.keep, self.keeper, self._steering, self._note),
            start,
        )

    def _note(self, event: Event) -> None:
        self.journal.note(event)
        self.keeper.hurry()

    def _judge(self) -> dict[str, float]:
        """What the network is worth now on the validation data."""
        from studio.training.judging import evaluate

        training = self._training
        batch_size = training.settings.batch_size
        return evaluate(self._judged, training.data.validation, training.objective, batch_size)


def _failed(training: Training, journal: Journal, error: BaseException) -> None:
    known = isinstance(error, NetloomError)
    training.record["error"] = str(error) if known else f"{type(error).__name__}: {error}"
    journal.close("stopped" if isinstance(error, KeyboardInterrupt) else "failed")


def _examined(error: DivergedError, training: Training, folder: Path) -> DivergedError:
    """The error with the node where it began, and the run's record with it."""
    import torch

    from studio.training import speed
    from studio.training.examination import Again, examine
    from studio.training.loop import Attendants, fit

    training.progress.status = "stopping"

    def again(saved: Saved | None) -> Again:
        other = training.again(Progress(device=training.progress.device), Commands())
        precision = torch.float32
        if training.pace is not None:
            set_pace(other, training.pace.to_json())
            precision = speed.DTYPES[training.pace.precision]
        movers = _movers(other)
        if saved is not None:
            kept = (other.module, movers.optimizer, None, other.progress)
            saved.restore(*kept, movers.schedule, movers.average)
        given = (other.module, other.data, other.objective, movers, other.settings, other.progress)
        start = saved.position if saved is not None else None
        train = partial(fit, *given, other.commands, start=start)
        return other.module, precision, lambda watch: train(Attendants(lambda _: None, watch=watch))

    settings = training.settings
    every, network = settings.options.accumulate, settings.network
    told = examine(error, training.project, network, training.data.train, every, folder, again)
    training.record["fault"] = told.fault.to_json() if told.fault is not None else None
    return told


def _movers(training: Training) -> Movers:
    """What moves the weights of a training."""
    from studio.training import optimizers
    from studio.training.average import Average
    from studio.training.loop import Movers

    settings, module = training.settings, training.module
    optimizer = optimizers.make(
        settings.optimizer, module.parameters(), settings.options.decay, training.rates
    )
    ema = settings.options.ema
    average = Average(module, ema) if ema is not None else None
    return Movers(optimizer, _schedule(optimizer, settings, training.progress), average)


def _schedule(optimizer: Optimizer, settings: Settings, progress: Progress) -> Schedule | None:
    """What moves the learning rate; None where nothing does."""
    from studio.training.schedules import Schedule

    if not settings.options.varies:
        return None
    steps = math.ceil(progress.steps_per_epoch / settings.options.accumulate)
    return Schedule(optimizer, settings.options, steps, settings.epochs)


def _new_folder(runs_folder: Path, training: Training) -> Path:
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
    training: Training,
    folder: Path,
    checkpoints: Checkpoints,
    journal: Journal,
    status: Literal["done", "stopped"],
) -> RunResult:
    from studio.training import predictions, verdict
    from studio.training.judging import evaluate

    progress = training.progress
    checkpoints.write()
    best = checkpoints.best
    test: dict[str, float] = {}
    if best is not None:
        # what is judged is what is kept: the very weights of best.safetensors
        training.module.load_state_dict(training.objective.weights(best.state))
        judge = training.objective.of_kept()
        parts, size = _judged_parts(training.record), training.settings.batch_size
        if "test" in parts:
            test = evaluate(training.module, training.data.test, judge, size)
        training.record["verdict"] = verdict.of(training.module, training.data, judge, size, parts)
        journal.keep_predictions(predictions.of_classes(training.module.eval(), training.data, parts))
    training.record["test"] = test or None
    rate = progress.samples / progress.train_seconds if progress.train_seconds else 0.0
    training.record["samples_per_second"] = rate
    journal.close("interrupted" if training.commands.gone else status)
    progress.seconds_left = 0.0
    progress.status = status
    epoch = best.epoch if best is not None else None
    return RunResult(folder, epoch, journal.last, test, rate, status, journal.problems())


def _judged_parts(record: Mapping[str, Any]) -> tuple[str, ...]:
    """What a run is judged on at its end.

    One of several that are held against each other is not judged on test data: whoever chose by them would
    have no data left that nothing was chosen by.
    """
    group = record.get("group") or {}
    return ("validation",) if group.get("kind") in ("search", "folds") else ("validation", "test")


def _first_record(training: Training) -> dict[str, Any]:
    import torch

    settings, data, progress = training.settings, training.data, training.progress
    return {
        "format": runs.FORMAT,
        "version": runs.VERSION,
        "status": "running",
        "name": training.project.name,
        "started": now(),
        "settings": settings.to_json(),
        "seed": settings.seed,
        "device": progress.device,
        "threads": progress.threads,
        "pace": training.pace.to_json() if training.pace is not None else None,
        "processes": ranks.size(),
        "parameters": sum(p.numel() for p in training.module.parameters()),
        "multiply_adds": training.multiply_adds,
        "data": {
            "source": data.source,
            "fingerprint": data.fingerprint,
            "samples": {"train": len(data.train), "validation": len(data.validation), "test": len(data.test)},
            "dropped": data.dropped,
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
        "process": _process(),
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


def _process() -> dict[str, Any]:
    return {"id": os.getpid(), "machine": platform.node()}
