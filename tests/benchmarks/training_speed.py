"""`netloom train` against other ways to train the same networks, in turns on one machine.

    python -m tests.benchmarks.training_speed [--peers /tmp/peers] [--rounds 5] [--threads 1] [--quick]

Every side is a process that is kept for all rows. They train one after the other, a round each, and again, so
that what else the machine does falls on all of them alike. Each row is trained from several seeds; the first
round of a seed warms up (what is compiled, is compiled there) and does not count. Printed are the medians of
the samples a second by the clock and by the processor's time, the ratios of `netloom train` to each side (the
median over the rounds, each against the same round), page faults a step, and the accuracy on test data after
equally many samples: the mean over the seeds and its standard error. Under each row stands what it was held
against, and at the end which goals were met.

All sides in PyTorch begin with the same weights and take the same batches in the same order, so in float32
they reach the same accuracy, but for rounding; Keras draws both for itself. Nothing that `netloom train`
measured on this machine before is used.

`--quick` has one round a seed that counts, and of the ResNet one seed: about six minutes on two quiet cores.

`--peers` is a virtual environment with what is not among the project's own dependencies: lightning, skorch,
keras with tensorflow-cpu and jax. It need not have a PyTorch of its own: a line with the path of this one's
site-packages in a file `.pth` suffices. A side that is not installed, fails or hangs is named and left out.
Without `--threads` every side uses as many as it does by itself; with it, all have so many cores to
themselves and no more.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.benchmarks.speed.rows import BATCH, ROWS, Row, load

HERE = "tests.benchmarks.speed"
SIDES: Mapping[str, tuple[str, ...]] = {
    "netloom train": ("netloom",),
    "netloom train (float32)": ("netloom", "float32"),
    "tutorial loop": ("torch_sides", "tutorial"),
    "tuned loop (float32)": ("torch_sides", "tuned"),
    "tuned loop (bfloat16)": ("torch_sides", "tuned-bf16"),
    "Lightning": ("torch_sides", "lightning"),
    "skorch": ("torch_sides", "skorch"),
    "Keras on TensorFlow": ("keras_side", "tensorflow"),
    "Keras on JAX": ("keras_side", "jax"),
    "Keras on torch": ("keras_side", "torch"),
}
OWN, OWN_FLOAT32 = "netloom train", "netloom train (float32)"
TUTORIAL, TUNED = "tutorial loop", ("tuned loop (float32)", "tuned loop (bfloat16)")
CONVOLUTIONS = ("conv", "lenet")
BEST_TUNED, TWICE = 0.97, 2.0
"""goals: of the best loop tuned by hand, and of the tutorial's with convolutions in float32"""
PATIENCE_S = 300.0
"""a side that says nothing for so long has hung"""


@dataclass
class Outcome:
    """What one side did in one row. `rates`: samples a second by the clock and by the processor's time."""

    rates: list[tuple[float, float]] = field(default_factory=list)
    faults: float = 0.0
    accuracy: list[float] = field(default_factory=list)
    note: str = ""

    def accurate(self) -> str:
        """The mean accuracy over the seeds, and its standard error."""
        if not self.accuracy:
            return "--"
        mean, error = mean_of(self.accuracy)
        return f"{mean:.3f} ±{error:.3f}" if len(self.accuracy) > 1 else f"{mean:.3f} (1)"


def mean_of(values: Sequence[float]) -> tuple[float, float]:
    """The mean of some values and its standard error, which one value alone does not have (0)."""
    if len(values) < 2:
        return statistics.mean(values), 0.0
    return statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values))


def times(own: Outcome, other: Outcome) -> tuple[float, float]:
    """How many times as fast as `other` `own` is, by the clock and by the processor's time.

    The median over the rounds, each against the same round where both have them all.
    """
    if len(own.rates) != len(other.rates):
        (a, b), (c, d) = _medians(own), _medians(other)
        return a / c, b / d
    pairs = list(zip(own.rates, other.rates, strict=True))
    clock, processor = (statistics.median(a[n] / b[n] for a, b in pairs) for n in (0, 1))
    return clock, processor


class Side:
    """One process. `missing`: why it cannot take part."""

    def __init__(self, name: str, python: str, data: Path, threads: int | None) -> None:
        self.name, self.missing = name, ""
        module, *arguments = SIDES[name]
        self._home = tempfile.TemporaryDirectory()
        environment = dict(os.environ) | {"PYTHONUNBUFFERED": "1", "NETLOOM_HOME": self._home.name}
        if threads is not None:
            environment |= {name: str(threads) for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")}
            environment["TF_NUM_INTEROP_THREADS"] = str(threads)
        self._process = subprocess.Popen(
            [python, "-W", "ignore", "-m", f"{HERE}.{module}", str(data), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        if threads is not None and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self._process.pid, sorted(os.sched_getaffinity(0))[:threads])

    def ready(self) -> bool:
        if not self.hear().get("ready") and not self.missing:
            self.missing = "it did not start"
        return not self.missing

    def say(self, **line: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            self.missing = self.missing or "it ended"

    def hear(self) -> dict[str, Any]:
        """What it says next; nothing where it has ended, and why in `missing`."""
        output, errors = self._process.stdout, self._process.stderr
        assert output is not None and errors is not None
        watch = threading.Timer(PATIENCE_S, self._give_up)
        watch.start()
        try:
            line = output.readline()
        finally:
            watch.cancel()
        if line:
            return json.loads(line)  # type: ignore[no-any-return]
        self.missing = self.missing or _last(errors)
        return {}

    def _give_up(self) -> None:
        self.missing = f"it said nothing for {PATIENCE_S:.0f} s"
        self._process.kill()

    def close(self) -> None:
        self.say(end=True)
        self._process.kill()
        self._process.wait()
        self._home.cleanup()


def _last(errors: IO[bytes]) -> str:
    lines = errors.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it ended without a word"


def race(row: Row, sides: list[Side], rounds: int, seeds: int) -> dict[str, Outcome]:
    """Every side's outcome in a row; a side that fails is left out from there on."""
    outcomes = {side.name: Outcome() for side in sides}
    running = list(sides)
    for seed in range(seeds):
        running = _race(row, running, min(rounds, row.rounds), seed, outcomes)
    return outcomes


def _race(row: Row, sides: list[Side], rounds: int, seed: int, outcomes: Mapping[str, Outcome]) -> list[Side]:
    """The rounds of one seed; gives the sides that are still there."""
    running = []
    for side in sides:  # one by one: what a side measures before it begins is not to be disturbed
        side.say(row=row.name, seed=seed)
        if _waits(side, outcomes[side.name]):
            running.append(side)
    for number in range(rounds + 1):
        for side in list(running):
            side.say(go=True)
            said, outcome = side.hear(), outcomes[side.name]
            if "seconds" not in said or not _waits(side, outcome):
                outcome.note = outcome.note or said.get("failed", side.missing)
                running.remove(side)
            elif number:
                outcome.rates.append((said["samples"] / said["seconds"], said["samples"] / said["processor"]))
                outcome.faults = said["faults"] / (said["samples"] / BATCH)
    for side in running:
        side.say(end=True)
        said = side.hear()
        outcomes[side.name].accuracy += [said["accuracy"]] if "accuracy" in said else []
        outcomes[side.name].note = said.get("note") or said.get("failed", "")
    return running


def _waits(side: Side, outcome: Outcome) -> bool:
    said = side.hear()
    outcome.note = said.get("failed", side.missing)
    return bool(said.get("waiting"))


def show(outcomes: Mapping[str, Outcome]) -> None:
    own = outcomes.get(OWN)
    print(
        f"{'':24} {'samples/s':>10} {'ratio':>6} {'per cpu s':>10} {'ratio':>6} "
        f"{'faults':>7} {'accuracy':>12}"
    )
    for name, outcome in outcomes.items():
        if not outcome.rates:
            print(f"{name:24} -- {outcome.note}")
            continue
        clock, processor = _medians(outcome)
        ratios = times(own, outcome) if own is not None and own.rates else (float("nan"),) * 2
        print(
            f"{name:24} {clock:10.0f} {ratios[0]:6.2f} {processor:10.0f} {ratios[1]:6.2f} "
            f"{outcome.faults:7.0f} {outcome.accurate():>12}  {outcome.note}"
        )


@dataclass(frozen=True)
class Goal:
    """What a row is held against: the least ratio, by the clock and by the processor's time."""

    words: str
    least: float
    clock: float
    processor: float

    def __str__(self) -> str:
        met = "met" if self.clock >= self.least else "missed by the clock"
        if self.clock < self.least <= self.processor:
            met = "missed by the clock, met by the processor's time"
        ratios = f"{self.clock:.2f} ({self.processor:.2f} by the processor)"
        return f"{self.words}: {ratios}, goal {self.least:g}: {met}"


def goals(row: Row, outcomes: Mapping[str, Outcome]) -> list[Goal]:
    """What the issue asks of a row, with the sides that took part."""
    ran = {name: outcome for name, outcome in outcomes.items() if outcome.rates}
    found: list[Goal] = []
    if OWN in ran:
        others = {n: times(ran[OWN], o) for n, o in ran.items() if n not in (OWN, OWN_FLOAT32, *TUNED)}
        tuned = {name: times(ran[OWN], ran[name]) for name in TUNED if name in ran}
        for words, least, sides in (
            ("of {}, the fastest of the others", 1.0, others),
            ("of the {}", BEST_TUNED, tuned),
        ):
            if sides:
                name = min(sides, key=lambda name: sides[name][0])
                found.append(Goal(words.format(name), least, *sides[name]))
    if row.name in CONVOLUTIONS and OWN_FLOAT32 in ran and TUTORIAL in ran:
        found.append(Goal("float32 of the tutorial loop", TWICE, *times(ran[OWN_FLOAT32], ran[TUTORIAL])))
    return found


def accuracies(outcomes: Mapping[str, Outcome]) -> str:
    """How the accuracy of `netloom train` compares with the highest of the others, seed by seed."""
    own = outcomes.get(OWN, Outcome()).accuracy
    others = {n: o.accuracy for n, o in outcomes.items() if n not in (OWN, OWN_FLOAT32) and o.accuracy}
    others = {name: values for name, values in others.items() if len(values) == len(own)}
    if not own or not others:
        return "accuracy: nothing to compare with"
    name = max(others, key=lambda name: statistics.mean(others[name]))
    apart, error = mean_of([a - b for a, b in zip(own, others[name], strict=True)])
    said = f"accuracy: {apart:+.3f} against {name}, the highest of the others"
    if len(own) < 2:
        return f"{said}, of one seed"
    verdict = ", so alike" if abs(apart) <= 2 * error else ""
    return f"{said}; standard error {error:.3f} of {len(own)} seeds{verdict}"


def _medians(outcome: Outcome) -> tuple[float, float]:
    clock, processor = zip(*outcome.rates, strict=True)
    return statistics.median(clock), statistics.median(processor)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers", type=Path, default=Path("/tmp/peers"))
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("NETLOOM_TEST_DATA", "../shared/data"))
    )
    parser.add_argument("--rounds", type=int, default=5, help="that count, of each seed")
    parser.add_argument("--seeds", type=int, help="by itself, as many as the row says")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--rows", default=",".join(ROWS), help="of " + ", ".join(ROWS))
    parser.add_argument("--sides", default=",".join(SIDES), help="of " + ", ".join(SIDES))
    parser.add_argument(
        "--quick", action="store_true", help="one round of each seed, and one seed of the ResNet"
    )
    given, began = parser.parse_args(), time.perf_counter()
    found = given.peers / "bin" / "python"
    peers = str(found) if found.exists() else sys.executable
    sides = []
    for name in given.sides.split(","):
        python = (
            peers
            if SIDES[name][-1] in ("lightning", "skorch") or "keras" in SIDES[name][0]
            else sys.executable
        )
        sides.append(Side(name, python, given.data.resolve(), given.threads))
    here = [side for side in sides if side.ready()]
    for side in sides:
        if side not in here:
            print(f"{side.name}: not installed or not able to start here: {side.missing}")
    held: dict[str, list[Goal]] = {}
    try:
        for name in given.rows.split(","):
            row = ROWS[name]
            seeds = 1 if given.quick and row.rounds < given.rounds else given.seeds or row.seeds
            print(f"{row.title}, batches of {BATCH}; data: {load(name, given.data).note}")
            outcomes = race(row, here, 1 if given.quick else given.rounds, seeds)
            held[row.title] = goals(row, outcomes)
            show(outcomes)
            print(*held[row.title], accuracies(outcomes), "", sep="\n", flush=True)
    finally:
        for side in sides:
            side.close()
    missed = [f"{title}: {goal}" for title, some in held.items() for goal in some if goal.clock < goal.least]
    count = sum(map(len, held.values()))
    print(f"{count - len(missed)} of {count} goals met by the clock; {time.perf_counter() - began:.0f} s")
    print(*missed, sep="\n")


if __name__ == "__main__":
    main()
