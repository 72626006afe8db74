"""A short measurement at the start of a run: which way to compute its steps is the fastest here.

Copies of the network take a few steps on the first samples, in turns, so that a machine that is busy for a
moment is so for all. The run itself is not touched: weights, statistics and random numbers are as before.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from studio.training import known_ways, machine, ranks, speed, tape
from studio.training.replay import replays
from studio.training.settings import Settings
from studio.training.speed import Pace
from studio.words import Message

if TYPE_CHECKING:
    from studio.data.prepare import Prepared
    from studio.training.objectives import Objective
    from studio.training.objectives.objective import Outcome

SHARE, MOST_S = 0.02, 4.0
"""of the time that the training is expected to take, and at most"""
LEAST_S = 0.05
"""a training that is over before such a measurement pays is computed the plain way"""
ADDS_PER_S = {"cpu": 2e10, "cuda": 2e12}
"""multiply-adds a second that a device is expected to do, to foretell how long a training takes"""
ROUNDS = 8
HOPELESS = 4.0
"""times as long as a way that is known: not worth a second look"""
LEAST_STEP_S = 0.004
"""a shorter step is measured as one of several"""
LAYOUT_GAIN, PRECISION_GAIN, THREAD_GAIN = 1.03, 1.05, 1.15
"""how many times as fast another way must be to be taken"""
AGREE = 0.98
"""the least cosine between the gradients in a lower precision and in float32"""


@dataclass(slots=True)
class _Subject:
    """What is tried: the network, its objective and some samples."""

    module: nn.Module
    objective: Objective
    x: Tensor
    y: Tensor
    device: str
    until: float
    replay: bool
    clock: Callable[[], float] = time.perf_counter

    @property
    def late(self) -> bool:
        return time.perf_counter() > self.until


def choose(
    plain: Pace,
    settings: Settings,
    module: nn.Module,
    objective: Objective,
    data: Prepared,
    multiply_adds: int,
    steps: int,
    device: str,
    window: bool = False,
) -> Pace:
    """The way to compute a run of `steps` steps, whose forward takes `multiply_adds` a sample.

    `window`: a core is left to one. Measures only what `settings` leave open and what `plain` does not say,
    and what was not measured here before.
    """
    ways = speed.ways(plain, settings, module, device)
    threads = _thread_counts(settings, device, window)
    if len(ways) == 1 and threads in ((), (plain.threads,)):
        return replace(plain, said=Message("{way}: as the settings say", way=plain.name))
    seconds = _budget(settings, multiply_adds, steps, device)
    if seconds < LEAST_S or len(objective.turns) > 1 or objective.state():
        said = Message("{way}: the run is short, so no other way was tried", way=plain.name)
        return replace(plain, said=said)
    mark = known_ways.mark(settings, module, tuple(data.train.x.shape[1:]), device, window)
    if (known := known_ways.recall(mark)) is not None:
        return known
    some = _sample_count(settings, multiply_adds, seconds / (len(ways) + len(threads)), device)
    subject = _Subject(
        module,
        objective,
        data.train.inputs(slice(0, some)),
        data.train.y[:some],
        device,
        time.perf_counter() + seconds,
        _may_replay(settings),
    )
    gpus = [device] if device.startswith("cuda") else []
    before = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=gpus):
            if device == "cpu" and plain.threads == 1:  # what else the machine does is no matter
                subject.clock = time.thread_time
            tries = _measured(subject, ways)
            if not any(one.pace == plain for one in tries):
                return replace(plain, said=Message("{way}: no other way could be tried", way=plain.name))
            best = _best(tries, plain)
            subject.clock = time.perf_counter
            others = [replace(best, threads=number) for number in threads if number != best.threads]
            more = _measured(subject, [best]) if others else []
            more = _measured(subject, others, more) if more else []
            chosen = _told(tries, more, best, _most(more, best), plain)
            known_ways.keep(mark, chosen)
            return chosen
    finally:
        torch.set_num_threads(before)


def _may_replay(settings: Settings) -> bool:
    alone = ranks.size() == 1 and settings.options.accumulate == 1
    return alone and settings.speed.replay and not settings.speed.compile


def _budget(settings: Settings, multiply_adds: int, steps: int, device: str) -> float:
    kind = torch.device(device).type
    if kind not in ADDS_PER_S:
        return 0.0
    expected = 3 * multiply_adds * settings.batch_size * steps / ADDS_PER_S[kind]
    return min(SHARE * expected, MOST_S)


def _sample_count(settings: Settings, multiply_adds: int, seconds: float, device: str) -> int:
    """So many that a way is tried a few times in its `seconds`, and never so few that it says nothing."""
    each = 3 * multiply_adds / ADDS_PER_S[torch.device(device).type]
    return max(min(settings.batch_size, 8), min(settings.batch_size, int(seconds / (4 * each + 1e-12))))


def _thread_counts(settings: Settings, device: str, window: bool) -> tuple[int, ...]:
    """How many threads may be chosen; none where that is settled. A window keeps one core to itself."""
    if settings.threads is not None or device != "cpu" or ranks.size() > 1:
        return ()
    cores = machine.cores()
    most = max(1, cores - 1) if window else cores
    return tuple(sorted({1, max(1, most // 2), max(1, cores - 1), most}))


def _measured(subject: _Subject, ways: Iterable[Pace], known: Sequence[_Try] = ()) -> list[_Try]:
    """The ways that work here, tried in turns with those `known`: what is hopeless against them only once."""
    hopeless = HOPELESS * min((one.best for one in known), default=math.inf)
    made = [one for way in ways if (one := _Try.made(subject, way, hopeless)) is not None]
    tries = [*known, *made]
    racing = [one for one in tries if one.best <= hopeless or one.best == math.inf]
    for number in range(ROUNDS if len(racing) > 1 else 1):
        if number and subject.late:
            break
        for one in racing:
            one.run()
    return tries


class _Try:
    """A copy of the network that computes in one way. `best`: the least seconds of a step so far."""

    def __init__(self, subject: _Subject, pace: Pace) -> None:
        self.pace, self.best = pace, math.inf
        self._subject = subject
        self._module = copy.deepcopy(subject.module).train()
        speed.equip(self._module, replace(pace, compile=False), subject.device)
        self._x = subject.x
        if subject.x.dim() == 4:
            self._x = subject.x.contiguous(memory_format=speed.FORMATS[pace.memory_format])
        self._steps = 1
        self._tape: tape.Tape | None = None

    @classmethod
    def made(cls, subject: _Subject, pace: Pace, hopeless: float = math.inf) -> _Try | None:
        """Warmed up, unless that took more than `hopeless` seconds; then `best` says how long it took.

        None where this network cannot compute so here, or too little memory is left.
        """
        try:
            made = cls(subject, pace)
            made.run()
            if made.best > hopeless:
                return made
            made.write_down()
            made.run()
        except (RuntimeError, MemoryError):
            return None
        made._steps = max(1, round(LEAST_STEP_S / made.best))
        made.best = math.inf
        return made

    def write_down(self) -> None:
        """From here on steps are made as the run will make them: without autograd, where that can be."""
        subject = self._subject
        if not subject.replay or not replays(self._module, subject.objective):
            return
        trained = [p for p in self._module.parameters() if p.requires_grad]
        try:
            self._tape = tape.record(self._outcome, self._x, subject.y, trained)[0]
        except (tape.TapeError, RuntimeError):  # then they are made by autograd
            return

    def run(self) -> None:
        torch.set_num_threads(self.pace.threads)
        began = self._now()
        for _ in range(self._steps):
            if self._tape is not None:
                self._tape(self._x, self._subject.y)
            else:
                self._step()
        self.best = min(self.best, (self._now() - began) / self._steps)

    def gradient(self) -> Tensor:
        """(parameters,) of a step with the same random numbers as any other's."""
        torch.manual_seed(0)
        self._step()
        found = [p.grad.reshape(-1) for p in self._module.parameters() if p.grad is not None]
        return torch.cat(found) if found else torch.zeros(1)

    def _step(self) -> None:
        for parameter in self._module.parameters():
            parameter.grad = None
        self._outcome(self._x, self._subject.y)[0].backward()  # type: ignore[no-untyped-call]

    def _outcome(self, x: Tensor, y: Tensor) -> Outcome:
        objective = self._subject.objective
        return objective.step(self._module, x, y, objective.turns[0])

    def _now(self) -> float:
        if self._subject.device.startswith("cuda"):
            torch.cuda.synchronize()
        return self._subject.clock()


def _best(tries: Sequence[_Try], plain: Pace) -> Pace:
    """The fastest way, where it is clearly faster; a lower precision only with nearly the same gradients."""
    exact = [one for one in tries if one.pace.precision == plain.precision]
    base = next(one for one in exact if one.pace == plain)
    best = min(exact, key=lambda one: one.best)
    if base.best < LAYOUT_GAIN * best.best:
        best = base
    for low in sorted((one for one in tries if one not in exact), key=lambda one: one.best):
        alike = next(one for one in exact if one.pace.memory_format == low.pace.memory_format)
        if best.best >= PRECISION_GAIN * low.best and _cosine(low.gradient(), alike.gradient()) >= AGREE:
            return low.pace
    return best.pace


def _cosine(a: Tensor, b: Tensor) -> float:
    return float(torch.dot(a, b) / (a.norm() * b.norm()))


def _most(tries: Sequence[_Try], best: Pace) -> Pace:
    """The number of threads that is clearly faster, else that of `best`."""
    base = next((one for one in tries if one.pace == best), None)
    if base is None:
        return best
    fastest = min(tries, key=lambda one: one.best)
    return fastest.pace if base.best >= THREAD_GAIN * fastest.best else best


def _told(tries: Sequence[_Try], more: Sequence[_Try], best: Pace, chosen: Pace, plain: Pace) -> Pace:
    """The chosen way with what was measured, in numbers and in words. `more`: `best` with other threads."""
    first, second = ({one.pace.key: one.best for one in some} for some in (tries, more))
    factor = first[plain.key] / first[best.key]
    if chosen != best:
        factor *= second[best.key] / second[chosen.key]
    said = Message("{way}: nothing else was faster here", way=chosen.name)
    if chosen != plain:
        said = Message("{way}: {factor} times as fast here", way=chosen.name, factor=f"{factor:.1f}")
    if chosen.precision != plain.precision:
        said = Message("{said} (weights, losses and validation in float32)", said=said)
    found = {key: round(1000 * seconds, 3) for key, seconds in (second | first).items()}
    return replace(chosen, milliseconds=found, said=said)
