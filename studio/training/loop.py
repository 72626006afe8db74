"""The training loop. Knows neither Qt nor files: it turns batches into steps and writes plain numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn

from studio.data.batches import batches
from studio.data.prepare import Prepared, Split
from studio.training import machine, ranks, together
from studio.training.average import Average
from studio.training.commands import Commands
from studio.training.divergence import DivergedError
from studio.training.feed import feed
from studio.training.objectives import Meter, Objective
from studio.training.options import Options
from studio.training.position import Keeper, Position, generators, set_generators
from studio.training.progress import EpochRecord, Event, Progress
from studio.training.schedules import Schedule
from studio.training.settings import Settings
from studio.training.steering import Steering, rate_of
from studio.training.stepper import Stepper
from studio.words import Message, NetloomError

__all__ = ["DivergedError", "Recorder", "evaluate", "fit"]

FLUSH_SECONDS = 0.05
FLUSH_STEPS = 256
EVALUATION_BATCH = 256
Found = TypeVar("Found")
RETRY_S = 10.0
"""how long a run whose data have vanished waits before it tries again by itself"""


def fit(
    module: nn.Module,
    data: Prepared,
    objective: Objective,
    optimizer: torch.optim.Optimizer,
    settings: Settings,
    progress: Progress,
    commands: Commands,
    keep: Callable[[EpochRecord], bool | None],
    keeper: Keeper | None = None,
    start: Position | None = None,
    schedule: Schedule | None = None,
    steering: Steering | None = None,
    note: Callable[[Event], object] = lambda event: None,
    watch: Callable[[int], object] | None = None,
    average: Average | None = None,
) -> Literal["done", "stopped"]:
    """Trains `module` in place. `keep` is called after each epoch: True ends the run. Raises DivergedError.

    The same seed on the same machine gives the same weights, bit for bit (on a CPU). The `keeper` gets the
    position now and then, at a pause and at a stop; from `start` the training goes on with the same bits.
    `steering` does what is asked meanwhile, `note` is told what the loop does by itself, and `watch` is
    called before each step with its number. Where there is an `average` of the weights, that is judged.
    Several processes (`training.ranks`) share every batch.
    """
    recorder = Recorder(progress, optimizer)
    descent = Descent(module, optimizer, settings.options, schedule, objective, average)
    judged = average.module if average is not None else module
    commands = together.mirrored(commands)
    portions = together.portions(module, objective, descent, progress, note, data.train)
    breaks = together.breaks(
        recorder, commands, objective, keeper, steering, descent.every, optimizer, schedule, progress
    )
    limit = together.limit(settings.options, progress)
    steps = progress.steps_per_epoch
    for epoch in range(start.epoch if start else 1, settings.epochs + 1):
        began, progress.epoch = time.perf_counter(), epoch
        seed = (settings.seed * 1_000_003 + epoch) % 2**63
        torch.manual_seed(seed + ranks.number())
        module.train()
        meter = objective.meter()
        recorder.begin()
        done = 0
        if start is not None:
            objective.restore(start.objective)
            done, began, start = _go_on(start, meter, recorder, progress.device), began - start.seconds, None
        breaks.begin(epoch, done, began, meter)
        for x, y in feed(data.train, settings.batch_size, seed, done, breaks.wait_for_data):
            if not breaks.take() or limit.reached(breaks):
                break
            if watch is not None:
                watch(recorder.made + 1)
            recorder.step(portions.step(x, y, meter, last=breaks.done + 1 == steps), len(x))
            breaks.done += 1
        recorder.flush()
        together.settle(commands)
        if commands.ending:
            commands.stop()
        if recorder.samples:
            train = {"loss": recorder.epoch_loss(), **together.merged(meter, objective).result()}
            validation = evaluate(judged, data.validation, objective, settings.batch_size)
            check_finite(validation.get("loss", 0.0), progress)
            if schedule is not None or any(event.kind == "lr" for event in progress.events):
                train["lr"] = rate_of(optimizer)
            if schedule is not None:
                schedule.epoch((validation or train)["loss"])
            complete = not (commands.stopping or limit.over) or progress.step == epoch * steps
            seconds = time.perf_counter() - breaks.began
            record = EpochRecord(epoch, progress.step, train, validation, seconds, complete)
            enough = ranks.agreed(keep(record))
            progress.epochs_done.append(record)
            if enough:
                return "done"
        if limit.over:
            return "done"
        if commands.stopping and progress.share < 1:
            if keeper is not None and progress.step == epoch * steps:
                keeper.keep(Position(epoch + 1, 0, objective=objective.state()))
            return "stopped"
    return "done"


class Descent:
    """From a loss to a step of the optimiser: every batch or every few, with a bound on the gradient.

    The gradients of `every` batches are averaged; what is left at the end of an epoch is a step of its own.
    """

    def __init__(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        options: Options,
        schedule: Schedule | None,
        objective: Objective,
        average: Average | None = None,
    ) -> None:
        self._average, self._l1 = average, options.l1
        self._decayed = [p for p in module.parameters() if options.decay == "all" or p.ndim > 1]
        self._parameters = [p for group in optimizer.param_groups for p in group["params"]]
        turns = objective.turns if len(objective.turns) > 1 else ()
        self._movable = {turn: objective.movable(module, turn) for turn in turns}
        self._turns, self._taken = len(objective.turns), 0
        self._stepper, self._schedule = Stepper(optimizer), schedule
        self._clip = options.clip_norm
        self._gathered, self._empty = 0, True
        self.every = options.accumulate

    def gather(self, loss: Tensor, turn: str = "", share: float = 1.0) -> Tensor:
        """Takes in the loss of a batch, or of a part of it; gives it back without its history.

        Where several take turns, only the parameters of `turn` move.
        """
        if self._empty:
            self._stepper.clear()
            self._empty = False
        part = loss * share if share < 1 else loss
        (part / self.every if self.every > 1 else part).backward(inputs=self._movable.get(turn))  # type: ignore[no-untyped-call]
        return loss.detach()

    def forget(self) -> None:
        """Drops what was gathered, after a batch that failed half-way."""
        self._gathered, self._empty = 0, True

    def move(self, last: bool) -> None:
        """Ends a batch, the `last` of its epoch or not: a step where enough batches are gathered."""
        self._gathered += 1
        if self._gathered == self.every or last:
            self._descend()

    def _descend(self) -> None:
        if self._gathered < self.every:  # a rest is averaged over as many as there are
            for parameter in self._parameters:
                if parameter.grad is not None:
                    parameter.grad.mul_(self.every / self._gathered)
        if self._l1:
            self._pull()
        if self._clip is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._clip)
        self._stepper.step()
        if self._average is not None:
            self._average.update()
        self._taken = (self._taken + 1) % self._turns
        if self._schedule is not None and not self._taken:
            self._schedule.step()
        self._gathered, self._empty = 0, True

    def _pull(self) -> None:
        """The gradient of `l1` times the sum of absolute values, of what weight decay is for."""
        for parameter in self._decayed:
            if parameter.grad is not None:
                parameter.grad.add_(parameter.detach().sign(), alpha=self._l1)


def _go_on(start: Position, meter: Meter, recorder: Recorder, device: str) -> int:
    """Puts the middle of an epoch back; gives how many of its batches are done."""
    if start.batch:
        set_generators(start.generator, device)
        meter.restore(start.meter)
        recorder.restore(start.sums)
    return start.batch


def evaluate(module: nn.Module, split: Split, objective: Objective, batch_size: int) -> dict[str, float]:
    """Loss and metrics of `split` in evaluation mode; empty where it has no samples."""
    if not len(split):
        return {}
    module.eval()
    return with_room(lambda size: _evaluate(module, split, objective, size), batch_size)


def with_room(work: Callable[[int], Found], batch_size: int) -> Found:
    """What `work` gives with batches as large as the memory allows. Raises what it raises."""
    size = max(batch_size, EVALUATION_BATCH)
    while True:
        try:
            return work(size)
        except (RuntimeError, MemoryError) as error:
            if not machine.out_of_memory(error) or size == 1:
                raise
        size = -(-size // 2)


def _evaluate(module: nn.Module, split: Split, objective: Objective, batch_size: int) -> dict[str, float]:
    meter, total = objective.meter(), torch.zeros((), dtype=torch.float32, device=split.y.device)
    own = together.part(split, objective)
    with torch.no_grad():
        for x, y in batches(own, batch_size):
            loss, prediction, target = objective.judge(module, x, y)
            total += loss * len(x)
            meter.add(prediction, target)
    if len(own) < len(split):
        total, meter = ranks.summed({"loss": total})["loss"], together.merged(meter, objective)
    return {"loss": float(total) / len(split), **meter.result()}


def check_finite(loss: float, progress: Progress, step: int | None = None) -> None:
    """Raises DivergedError for a loss that is infinite or no number."""
    if math.isfinite(loss):
        return
    said: dict[str, Any] = {
        "value": "NaN" if math.isnan(loss) else "∞",
        "step": progress.step if step is None else step,
        "epoch": progress.epoch,
    }
    if progress.epochs_done:
        raise DivergedError(
            Message(
                "The loss became {value} at step {step}, in epoch {epoch}, so training stopped there. "
                "Usually a smaller learning rate helps: try a tenth. The weights of the last good epoch are "
                "kept.",
                **said,
            ),
            said["step"],
        )
    raise DivergedError(
        Message(
            "The loss became {value} at step {step}, in epoch {epoch}, so training stopped there. Usually a "
            "smaller learning rate helps: try a tenth. No epoch was finished, so no weights are kept.",
            **said,
        ),
        said["step"],
    )


class Recorder:
    """Gathers losses as tensors and reads them on a schedule: reading one may wait for the device."""

    def __init__(self, progress: Progress, optimizer: torch.optim.Optimizer) -> None:
        self._progress, self._optimizer = progress, optimizer
        progress.lr = rate_of(optimizer)
        self._losses: list[Tensor] = []
        self._sizes: list[int] = []
        self._started = self._read = time.perf_counter()
        self._loss_sum = 0.0
        self.samples = 0

    def begin(self) -> None:
        """Starts the clock and the sums of an epoch."""
        self._loss_sum, self.samples = 0.0, 0
        self._read = time.perf_counter()

    @property
    def made(self) -> int:
        """How many steps the run has made."""
        return self._progress.step + len(self._losses)

    def step(self, loss: Tensor, samples: int) -> None:
        self._losses.append(loss)
        self._sizes.append(samples)
        if len(self._losses) >= FLUSH_STEPS or time.perf_counter() - self._read >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes what was gathered to the progress. Raises DivergedError for a loss that is no number."""
        if not self._losses:
            return
        values = torch.stack(self._losses).tolist()
        now = time.perf_counter()
        progress, sizes = self._progress, self._sizes
        first = progress.step + 1
        progress.add(values)
        self._losses, self._sizes = [], []
        for value, size in zip(values, sizes, strict=True):  # one by one: when it is flushed does not matter
            self._loss_sum += value * size
        self.samples += sum(sizes)
        progress.samples += sum(sizes)
        progress.train_seconds += now - self._read
        progress.lr = rate_of(self._optimizer)
        rate = sum(sizes) / max(now - self._read, 1e-9)
        old = progress.samples_per_second
        progress.samples_per_second = rate if not old else 0.8 * old + 0.2 * rate
        remaining = progress.epochs * progress.steps_per_epoch - progress.step
        progress.seconds_left = remaining * (now - self._started) / progress.step
        self._read = now
        for offset, value in enumerate(values):
            check_finite(value, progress, first + offset)

    def position(self, epoch: int, batch: int, began: float, meter: Meter, objective: Objective) -> Position:
        """Where the training stands; what was gathered is written to the progress first."""
        self.flush()
        seconds, sums = time.perf_counter() - began, (self._loss_sum, self.samples)
        drawn = generators(self._progress.device)
        return Position(epoch, batch, seconds, sums, meter.state(), drawn, objective.state())

    def restore(self, sums: tuple[float, int]) -> None:
        """Goes on with the sums of an epoch that another process began."""
        self._loss_sum, self.samples = sums

    def epoch_loss(self) -> float:
        """The mean loss a sample since the epoch began."""
        return self._loss_sum / self.samples

    def pause(self, commands: Commands) -> float:
        """Waits until the run goes on; returns the seconds that took."""
        return self._rest(lambda: self._wait(commands))

    def steer(self, steering: Steering, commands: Commands) -> float:
        """Lets what was asked be done; returns the seconds that took."""
        return self._rest(lambda: steering.obey(commands))

    def wait_for_data(self, commands: Commands, reason: Exception) -> float:
        """Waits until the run goes on, or for a while, because the data cannot be read."""
        progress = self._progress
        why = reason.message if isinstance(reason, NetloomError) else reason
        said = Message(
            "The data cannot be read: {reason} Training waits and tries again; nothing is lost.", reason=why
        )
        if said not in progress.notices:
            progress.notices.append(said)
        progress.waits = said
        commands.pause()
        waited = self._rest(lambda: self._wait(commands, RETRY_S))
        progress.waits = None
        return waited

    def _wait(self, commands: Commands, seconds: float | None = None) -> None:
        self._progress.status = "paused"
        commands.wait(seconds)
        self._progress.status = "stopping" if commands.stopping else "running"

    def _rest(self, meanwhile: Callable[[], None]) -> float:
        """Does what is no part of a step; returns the seconds that took, which no rate counts."""
        self.flush()
        began = time.perf_counter()
        meanwhile()
        waited = time.perf_counter() - began
        self._started += waited
        self._read = time.perf_counter()
        return waited
