"""What the loop does otherwise where several processes train: batches are shared, the first one decides.

Each process draws the same order and takes its part of every batch; DistributedDataParallel adds gradients
up so that a step is that of the whole batch. The first process decides what was asked of the run and when
its position is kept, and tells the others between two steps.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from studio.training import ranks, steering
from studio.training.breaks import Breaks, Limit
from studio.training.commands import Commands
from studio.training.objectives import Meter, Objective, ObjectiveError
from studio.training.portions import Portions
from studio.training.position import Position, generators
from studio.training.progress import Event, Progress
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from studio.data.prepare import Split
    from studio.training.descent import Descent
    from studio.training.options import Options
    from studio.training.position import Keeper
    from studio.training.replay import Replay
    from studio.training.schedules import Schedule

CONTROL_STEPS = 8
"""steps of the optimiser between two words of the first process: one costs what a small all-reduce does"""


class Unread:
    """A meter for what another process counts."""

    def add(self, prediction: Any, y: Tensor) -> None: ...

    def result(self) -> dict[str, float]:
        return {}

    def state(self) -> dict[str, Tensor]:
        return {}

    def restore(self, state: Any) -> None: ...


class Mirror(Commands):
    """What was asked of the first process, as all of them know it since they looked together last."""

    def __init__(self, asked_here: Commands) -> None:
        super().__init__()
        self.here = asked_here

    def look(self) -> None:
        stopping, ending = ranks.told((self.here.stopping, self.here.ending))
        self.ending = bool(ending)
        if stopping:
            self.stop()


def mirrored(commands: Commands) -> Commands:
    return Mirror(commands) if ranks.size() > 1 else commands


def settle(commands: Commands) -> None:
    """At the end of an epoch: what was asked until now."""
    if isinstance(commands, Mirror):
        commands.look()


class Shares(Portions):
    """Each process takes its part of a batch; gradients are weighed by how many samples they are of."""

    def __init__(
        self,
        module: nn.Module,
        objective: Objective,
        descent: Descent,
        progress: Progress,
        note: Callable[[Event], object],
        data: Split,
    ) -> None:
        if len(objective.turns) > 1:
            raise ObjectiveError(
                Message("Networks that take turns are trained by one process. Set training.processes to 1.")
            )
        self._weight = 1.0
        shared = _shared(module, objective, data, self._reduce)
        super().__init__(shared, objective, descent, progress, note)
        _tell_of_norms(module, progress)

    def step(self, x: Tensor, y: Tensor, meter: Meter, last: bool) -> Tensor:
        count = ranks.size()
        if len(x) >= 2 * count:
            own = ranks.share(len(x))
            some_x, some_y, self._weight = x[own], y[own], (own.stop - own.start) / len(x)
        else:  # too few to share: all take them, one counts them
            some_x, some_y, self._weight = x, y, 1 / count
            meter = meter if ranks.number() == 0 else Unread()
        loss = super().step(some_x, some_y, meter, last) * self._weight
        torch.distributed.all_reduce(loss)
        return loss if ranks.number() == 0 else loss.nan_to_num()  # the first one says what it is worth

    def _reduce(self, _, bucket):  # type: ignore[no-untyped-def] # DDP reads annotations, and ours are texts
        part = bucket.buffer().mul_(self._weight)
        done = torch.distributed.all_reduce(part, async_op=True).get_future()
        return done.then(lambda future: future.value()[0])

    def _halve(self, batch: int) -> None:
        raise NetloomError(
            Message(
                "Memory ran out on process {number} of {count}, at a batch of {batch}. Make the batch "
                "smaller, or gather the gradients of several batches (training.accumulate).",
                number=ranks.number() + 1,
                count=ranks.size(),
                batch=batch,
            )
        )


def portions(
    module: nn.Module,
    objective: Objective,
    descent: Descent,
    progress: Progress,
    note: Callable[[Event], object],
    data: Split,
    replay: Replay | None,
) -> Portions:
    """How batches are taken here; `replay` is for one process."""
    if ranks.size() == 1:
        return Portions(module, objective, descent, progress, note, replay)
    return Shares(module, objective, descent, progress, note, data)


def _shared(module: nn.Module, objective: Objective, data: Split, reduce: Any) -> nn.Module:
    from torch.nn.parallel import DistributedDataParallel

    unused = _has_unused(module, objective, data)
    made = DistributedDataParallel(module, find_unused_parameters=unused)
    made.register_comm_hook(None, reduce)
    return made


def _has_unused(module: nn.Module, objective: Objective, data: Split) -> bool:
    """Whether a step leaves parameters without a gradient: tried on a copy, so that nothing is moved."""
    trial, some = copy.deepcopy(module).train(), slice(0, 4)
    gpus = [data.x.device] if data.x.is_cuda else []
    with torch.random.fork_rng(devices=gpus):
        loss = objective.step(trial, data.inputs(some), data.y[some], objective.turns[0])[0]
        loss.backward()  # type: ignore[no-untyped-call]
    return any(p.grad is None for p in trial.parameters() if p.requires_grad)


def _tell_of_norms(module: nn.Module, progress: Progress) -> None:
    norms = nn.modules.batchnorm._BatchNorm  # noqa: SLF001 - the one name for all of them
    if any(isinstance(layer, norms) for layer in module.modules()):
        progress.notices.append(
            Message(
                "Batch normalisation sees each process's part of a batch by itself: the curves are a little "
                "other than those of one process."
            )
        )


class SharedBreaks(Breaks):
    """The breaks of all processes, at the same steps: every few, as the first one says."""

    def __init__(
        self,
        recorder: Any,
        commands: Mirror,
        objective: Objective,
        keeper: Keeper | None,
        steer: Any,
        every: int,
        optimizer: Optimizer,
        schedule: Schedule | None,
        progress: Progress,
    ) -> None:
        super().__init__(recorder, commands, objective, keeper, steer, every)
        self._here, self._optimizer, self._schedule = commands.here, optimizer, schedule
        self._progress = progress

    @property
    def midway(self) -> bool:
        return self.done % (self._every * CONTROL_STEPS) > 0

    def take(self) -> bool:
        if self.midway:
            return True
        here, keeper = self._here, self._keeper
        due = keeper is not None and (keeper.due() or here.paused or here.stopping)
        kept = ranks.agreed(due)
        if kept:
            self._keep(keeper)
        rate = steering.rate_of(self._optimizer)
        if ranks.number() == 0:
            self._rest()
        factor, stopping = ranks.told((steering.rate_of(self._optimizer) / rate, here.stopping))
        if ranks.number() and factor != 1.0:
            steering.scale(self._optimizer, factor)
            if self._schedule is not None:
                self._schedule.scale(factor)
        if not stopping:
            return True
        if not kept:
            self._keep(keeper)
        self._commands.stop()
        return False

    def wait_for_data(self, reason: Exception) -> bool:
        raise reason

    def _rest(self) -> None:
        """What the first process does by itself while the others wait for its word."""
        with ranks.alone():
            if self._here.waiting and self._steering is not None:
                self.began += self._recorder.steer(self._steering, self._here)
            if self._here.paused:
                self.began += self._recorder.pause(self._here)

    def _keep(self, keeper: Keeper | None) -> None:
        meter = merged(self._meter, self._objective)
        device = self._progress.device
        drawn = {name: ranks.gathered(state) for name, state in sorted(generators(device).items())}
        if ranks.number() or keeper is None:
            return
        place = (self._epoch, self.done, self.began)
        position = self._recorder.position(*place, meter, self._objective)
        for name, states in drawn.items():
            for number, state in enumerate(states[1:], 1):
                position.generator[_of(name, number)] = state
        keeper.keep(position)


def breaks(
    recorder: Any,
    commands: Commands,
    objective: Objective,
    keeper: Keeper | None,
    steer: Any,
    every: int,
    optimizer: Optimizer,
    schedule: Schedule | None,
    progress: Progress,
) -> Breaks:
    """What happens here between two steps."""
    if isinstance(commands, Mirror):
        given = (recorder, commands, objective, keeper, steer, every, optimizer, schedule, progress)
        return SharedBreaks(*given)
    return Breaks(recorder, commands, objective, keeper, steer, every)


class SharedLimit(Limit):
    """The first process's watch counts."""

    def reached(self, breaks: Breaks) -> bool:
        if self._minutes is None or breaks.midway:
            return False
        self.over = ranks.agreed(ranks.number() == 0 and super().reached(breaks))
        return self.over


def limit(options: Options, progress: Progress) -> Limit:
    return Limit(options, progress) if ranks.size() == 1 else SharedLimit(options, progress)


def merged(meter: Meter, objective: Objective) -> Meter:
    """A meter of what all processes have gathered: what they gather are sums."""
    if ranks.size() == 1:
        return meter
    whole = objective.meter()
    whole.restore(ranks.summed(meter.state()))
    return whole


def part(split: Split, objective: Objective) -> Split:
    """The samples of `split` that this process judges.

    All of them where they are too few to share, or where the meter has no sums that could be added up.
    """
    if ranks.size() == 1 or len(split) < ranks.size() or not objective.meter().state():
        return split
    own = ranks.share(len(split))
    return replace(split, x=split.x[own], y=split.y[own])


def position_here(start: Position, objective: Objective) -> Position:
    """The position where this process goes on: its own random numbers, and nothing gathered but by one."""
    number = ranks.number()
    if number == 0:
        return start
    drawn = {name: start.generator.get(_of(name, number), state) for name, state in start.generator.items()}
    return replace(start, meter=objective.meter().state(), generator=drawn)


def _of(name: str, number: int) -> str:
    return f"{name} of {number}"
