"""The training loop. Knows neither Qt nor files: it turns batches into steps and writes plain numbers."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import nn
from torch.optim import Optimizer

from studio.data.prepare import Prepared
from studio.training import ranks, together
from studio.training.average import Average
from studio.training.commands import Commands
from studio.training.descent import Descent
from studio.training.divergence import DivergedError
from studio.training.feed import feed
from studio.training.judging import evaluate
from studio.training.objectives import Meter, Objective
from studio.training.position import Keeper, Position, set_generators
from studio.training.progress import EpochRecord, Event, Progress
from studio.training.recorder import Recorder, check_finite
from studio.training.replay import Replay, replays
from studio.training.schedules import Schedule
from studio.training.settings import Settings
from studio.training.steering import Steering, rate_of

__all__ = ["Attendants", "DivergedError", "Movers", "evaluate", "fit"]

End: TypeAlias = Literal["done", "stopped"]


@dataclass(frozen=True, slots=True)
class Movers:
    """What moves the weights: an optimiser, what sets its learning rate, and an average of what they were."""

    optimizer: Optimizer
    schedule: Schedule | None = None
    average: Average | None = None

    def judged(self, module: nn.Module) -> nn.Module:
        """What is validated and kept of `module`: the average where there is one."""
        return self.average.module if self.average is not None else module


@dataclass(frozen=True, slots=True)
class Attendants:
    """Who is told of a training, and may say something.

    `keep` is called after each epoch: True ends the run. The `keeper` gets the position now and then, at a
    pause and at a stop. `steering` does what is asked meanwhile, `note` is told what the loop does by itself,
    and `watch` is called before each step with its number.
    """

    keep: Callable[[EpochRecord], bool | None]
    keeper: Keeper | None = None
    steering: Steering | None = None
    note: Callable[[Event], object] = lambda event: None
    watch: Callable[[int], object] | None = None


def fit(
    module: nn.Module,
    data: Prepared,
    objective: Objective,
    movers: Movers,
    settings: Settings,
    progress: Progress,
    commands: Commands,
    attendants: Attendants,
    start: Position | None = None,
) -> End:
    """Trains `module` in place. Raises DivergedError.

    The same seed on the same machine gives the same weights, bit for bit (on a CPU); from `start` training
    goes on with the same bits. Several processes (`training.ranks`) share every batch.
    """
    training = _Fit(module, data, objective, movers, settings, progress, commands, attendants)
    for epoch in range(start.epoch if start else 1, settings.epochs + 1):
        end = training.epoch(epoch, start)
        if end is not None:
            return end
        start = None
    return "done"


class _Fit:
    """One training, an epoch after the other."""

    def __init__(
        self,
        module: nn.Module,
        data: Prepared,
        objective: Objective,
        movers: Movers,
        settings: Settings,
        progress: Progress,
        commands: Commands,
        attendants: Attendants,
    ) -> None:
        optimizer, schedule = movers.optimizer, movers.schedule
        self._module, self._data, self._objective = module, data, objective
        self._movers, self._settings, self._progress = movers, settings, progress
        self._attendants, self._commands = attendants, together.mirrored(commands)
        self._recorder = Recorder(progress, optimizer)
        descent = Descent(module, optimizer, settings.options, schedule, objective, movers.average)
        given = (module, objective, descent, progress, attendants.note, data.train)
        self._portions = together.portions(*given, self._replay(descent.every))
        self._breaks = together.breaks(
            self._recorder,
            self._commands,
            objective,
            attendants.keeper,
            attendants.steering,
            descent.every,
            optimizer,
            schedule,
            progress,
        )
        self._limit = together.limit(settings.options, progress)

    def _replay(self, every: int) -> Replay | None:
        """What replays steps; None where each is computed by autograd, as one that is watched must be."""
        speed = self._settings.speed
        wanted = speed.replay and not speed.compile and every == 1 and self._attendants.watch is None
        if not wanted or not replays(self._module, self._objective):
            return None
        return Replay(self._module, self._objective, self._progress.notices.append)

    def epoch(self, epoch: int, start: Position | None) -> End | None:
        """Trains an epoch, from the middle of it where `start` is; says how the training ends, if it does."""
        began, self._progress.epoch = time.perf_counter(), epoch
        seed = (self._settings.seed * 1_000_003 + epoch) % 2**63
        torch.manual_seed(seed + ranks.number())
        self._module.train()
        meter = self._objective.meter()
        self._recorder.begin()
        done = 0
        if start is not None:
            began -= start.seconds
            done = self._go_on(start, meter)
        self._breaks.begin(epoch, done, began, meter)
        self._steps(seed, done, meter)
        self._recorder.flush()
        together.settle(self._commands)
        if self._commands.ending:
            self._commands.stop()
        enough = self._close(epoch, meter) if self._recorder.samples else False
        return self._end(epoch, enough)

    def _go_on(self, start: Position, meter: Meter) -> int:
        """Puts the middle of an epoch back; gives how many of its batches are done."""
        self._objective.restore(start.objective)
        if start.batch:
            set_generators(start.generator, self._progress.device)
            meter.restore(start.meter)
            self._recorder.restore(start.sums)
        return start.batch

    def _steps(self, seed: int, done: int, meter: Meter) -> None:
        """The batches of an epoch after those that are done, until they end or a break ends them."""
        breaks, limit, recorder, portions = self._breaks, self._limit, self._recorder, self._portions
        steps, watch = self._progress.steps_per_epoch, self._attendants.watch
        for x, y in feed(self._data.train, self._settings.batch_size, seed, done, breaks.wait_for_data):
            if not breaks.take() or limit.reached(breaks):
                break
            if watch is not None:
                watch(recorder.made + 1)
            recorder.step(portions.step(x, y, meter, last=breaks.done + 1 == steps), len(x))
            breaks.done += 1

    def _close(self, epoch: int, meter: Meter) -> bool:
        """Judges and keeps what an epoch made; says whether that is enough."""
        progress, objective, movers = self._progress, self._objective, self._movers
        train = {"loss": self._recorder.epoch_loss(), **together.merged(meter, objective).result()}
        judged = movers.judged(self._module)
        validation = evaluate(judged, self._data.validation, objective, self._settings.batch_size)
        check_finite(validation.get("loss", 0.0), progress)
        if movers.schedule is not None or any(event.kind == "lr" for event in progress.events):
            train["lr"] = rate_of(movers.optimizer)
        if movers.schedule is not None:
            movers.schedule.epoch((validation or train)["loss"])
        seconds = time.perf_counter() - self._breaks.began
        complete = not (self._commands.stopping or self._limit.over) or self._whole(epoch)
        record = EpochRecord(epoch, progress.step, train, validation, seconds, complete)
        enough = ranks.agreed(self._attendants.keep(record))
        progress.epochs_done.append(record)
        return bool(enough)

    def _whole(self, epoch: int) -> bool:
        """Whether every batch of the epoch was taken."""
        return self._progress.step == epoch * self._progress.steps_per_epoch

    def _end(self, epoch: int, enough: bool) -> End | None:
        if enough or self._limit.over:
            return "done"
        if self._commands.stopping and self._progress.share < 1:
            keeper = self._attendants.keeper
            if keeper is not None and self._whole(epoch):
                keeper.keep(Position(epoch + 1, 0, objective=self._objective.state()))
            return "stopped"
        return None
