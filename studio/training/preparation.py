"""From a project to a training that is ready to start: settings, network, data, and how steps are computed.

What is wrong with any of them is told here, before a run folder is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.data.prepare import Prepared, prepare
from studio.data.settings import read as read_data
from studio.graph.model import ProjectData
from studio.training import allocator, machine, ranks
from studio.training.commands import Commands
from studio.training.objectives import context_of
from studio.training.progress import Progress
from studio.training.settings import Settings, SettingsError, read
from studio.words import Message

if TYPE_CHECKING:
    from torch import nn
    from torch.fx import GraphModule

    from studio.training.objectives import Objective
    from studio.training.speed import Pace
    from studio.training.start import Report


@dataclass(slots=True)
class Training:
    """A training that is ready to start. `rates`: what multiplies the learning rate of a parameter."""

    project: ProjectData
    settings: Settings
    data: Prepared
    module: GraphModule
    objective: Objective
    multiply_adds: int
    progress: Progress
    commands: Commands
    again: Callable[[Progress, Commands], Training]
    """makes it anew, with a network and data of its own"""
    start: Report | None = None
    pace: Pace | None = None
    rates: Mapping[nn.Parameter, float] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)


@contextmanager
def prepared(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    progress: Progress,
    commands: Commands,
    device: str | None,
) -> Iterator[Training]:
    with failing(progress):
        settings = settings_of(project, device)
        multiply_adds = forecast(project, settings, progress)
        with surroundings(settings, multiply_adds, progress):
            yield ready(project, base, runs_folder, settings, multiply_adds, progress, commands)


@contextmanager
def failing(progress: Progress) -> Iterator[None]:
    progress.status = "preparing"
    try:
        yield
    except BaseException:
        progress.status = "failed"
        raise


@contextmanager
def surroundings(settings: Settings, multiply_adds: int, progress: Progress) -> Iterator[None]:
    """The threads of the settings, and random generators that are afterwards as they were before."""
    import torch

    work = multiply_adds * settings.batch_size
    progress.threads = machine.choose_threads(settings.threads, work, progress.device)
    gpus = [progress.device] if progress.device.startswith("cuda") else []
    with (
        machine.using_threads(progress.threads),
        torch.random.fork_rng(devices=gpus),
        allocator.keeping_memory(),
    ):
        yield


def settings_of(project: ProjectData, device: str | None) -> Settings:
    read_data(project.data)
    section = dict(project.training)
    if device is not None:
        section["device"] = device
    settings = read(section, context_of(project).task)
    if settings.network not in project.networks:
        raise SettingsError(
            Message(
                "training.network is {network}, and the project has no network of that name. Known: {known}.",
                network=settings.network,
                known=", ".join(project.networks),
            )
        )
    return settings


def forecast(project: ProjectData, settings: Settings, progress: Progress) -> int:
    """Chooses the device and refuses what would not fit there; returns the multiply-adds a sample."""
    from studio.compiler.infer import analyse

    device = progress.device = ranks.device(machine.choose_device(settings.device))
    report = analyse(project, context_of(project)).networks.get(settings.network)
    if report is None:
        return 0
    machine.check_memory(
        report.parameters, report.activation_bytes, settings.batch_size, machine.available_memory(device)
    )
    return report.multiply_adds


def ready(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    settings: Settings,
    multiply_adds: int,
    progress: Progress,
    commands: Commands,
    fresh: bool = True,
) -> Training:
    """Builds the network, and tries one batch so that a misfit is told in words before the run begins."""
    import torch

    from studio.compiler.build import build
    from studio.data.batches import steps
    from studio.training import first_loss, learning, objectives, shortened, start, weighting, whole
    from studio.training.objectives.classification import Classification

    context = context_of(project)
    module = whole.taking(build(project, settings.network, context, seed=settings.seed), context)
    data = prepare(project.data, base).to(progress.device)
    if data.faults is not None and data.faults.count and fresh:
        progress.notices.append(
            Message(
                "{n} faulty samples were skipped, the first: {fault}",
                n=data.faults.count,
                fault=data.faults.first[0].said,
            )
        )
    module.to(progress.device)
    objective = objectives.make(settings, data, module)
    begun = None
    if settings.weights is not None:
        found = start.find(settings.weights, base, runs_folder)
        planned = start.plan(project, settings.network, module, found)
        start.apply(planned, module, objective.taken)
        begun = start.report(planned, module)
    factors = learning.factors(project, settings.network, context)
    learning.freeze(module, factors)
    chances = weighting.of_samples(settings.options, data.train.y)
    data = replace(data, train=replace(data.train, chances=chances))
    some = slice(0, min(len(data.train), settings.batch_size))
    with torch.no_grad(), shortened.left_alone(module):
        x, y = data.train.inputs(some), data.train.y[some]
        prediction = module.eval()(x)
        objective.check(prediction, objective.target(x, y))
        if settings.loss == "cross_entropy" and isinstance(objective, Classification) and begun is None:
            classes, loss = prediction.shape[1], float(objective.loss(prediction, y))
            if (odd := first_loss.hint(loss, classes, x, prediction)) is not None and fresh:
                progress.notices.append(odd)
    progress.epochs = settings.epochs
    progress.steps_per_epoch = steps(len(data.train), settings.batch_size)
    rates = learning.of_parameters(module, factors) if factors else {}
    again = partial(ready, project, base, runs_folder, settings, multiply_adds)
    given = (project, settings, data, module, objective, multiply_adds, progress, commands, again, begun)
    return Training(*given, rates=rates)


def set_pace(training: Training, known: Mapping[str, Any] | None = None, window: bool = False) -> None:
    """Chooses how the steps are computed, or takes what the run's record says, and gets ready for it."""
    import torch

    from studio.training import speed, trial

    settings, progress, module = training.settings, training.progress, training.module
    if known is not None:
        pace = speed.Pace.from_json(known)
    else:
        given = (settings, module, training.objective, training.data, training.multiply_adds)
        steps = progress.epochs * progress.steps_per_epoch
        plain = speed.ruled(settings, training.multiply_adds, progress.device)
        pace = trial.choose(plain, *given, steps, progress.device, window)
        pace = speed.Pace.from_json(ranks.same(pace.to_json()))
    training.pace, training.data = pace, speed.laid(training.data, pace)
    speed.equip(module, pace, progress.device)
    progress.threads, progress.way, progress.pace = pace.threads, pace.name, pace.said
    torch.set_num_threads(pace.threads)
    if pace.compile:
        speed.warm_up(module, training.objective, training.data, settings, progress)
