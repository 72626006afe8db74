"""Where a training stands between two steps, kept on the disk so that it goes on there with the same bits.

What decides the next step is the weights, the optimiser's state, the random generators, the place in the
permutation of the epoch and its sums. The best weights so far lie in the same file: it is written whole or
not at all, so that no part of it can be of another moment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from studio.training import optimizers
from studio.training.checkpoint import Checkpoints, Kept, write_tensors
from studio.training.progress import EpochRecord, Event, Progress
from studio.training.runs import POSITION, RunError
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from studio.training.average import Average
    from studio.training.schedules import Schedule

FIRST_S, EVERY_S, SELDOM_S = 1.0, 10.0, 60.0
SHARE = 0.02
"""the part of the time that keeping the position may take, where it is large: then it is kept more seldom"""
VERSION = 1


@dataclass(slots=True)
class Position:
    """`epoch` is being trained (from 1), `batch` batches of it are done in `seconds`.

    `sums` are of the losses of this epoch, `meter` of its metrics; `generator` is that of the device, and
    `objective` what the objective itself has gathered.
    """

    epoch: int
    batch: int
    seconds: float = 0.0
    sums: tuple[float, int] = (0.0, 0)
    meter: dict[str, Tensor] = field(default_factory=dict)
    generator: dict[str, Tensor] = field(default_factory=dict)
    objective: dict[str, Tensor] = field(default_factory=dict)


def generators(device: str) -> dict[str, Tensor]:
    """The states of PyTorch's generators that a step on `device` draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.startswith("cuda"):
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_generators(states: Mapping[str, Tensor], device: str) -> None:
    torch.set_rng_state(states["cpu"])
    if "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


@dataclass(slots=True)
class Saved:
    """A position with all that belongs to it, read from the disk."""

    position: Position
    facts: Mapping[str, Any]
    tensors: Mapping[str, Tensor]

    @property
    def fingerprint(self) -> str:
        """Of the data that was trained on."""
        return str(self.facts["fingerprint"])

    @property
    def elapsed(self) -> float:
        """Seconds the run took until then, pauses included."""
        return float(self.facts["elapsed"])

    def restore(
        self,
        module: nn.Module,
        optimizer: Optimizer,
        checkpoints: Checkpoints | None,
        progress: Progress,
        schedule: Schedule | None = None,
        average: Average | None = None,
    ) -> None:
        """Puts everything where it was. Raises RunError where the network is another one.

        Without `checkpoints` the best weights stay where they are.
        """
        try:
            module.load_state_dict(self._part("module."))
        except RuntimeError as error:
            raise RunError(
                Message(
                    "The run's position is of another network: {reason}", reason=str(error).split("\n")[0]
                )
            ) from error
        if average is not None:
            average.restore(self._part("average."))
        if schedule is not None:
            schedule.restore(self.facts["schedule"])
        optimizers.restore(optimizer, self._optimizer())
        best = self.facts["best"]
        if best is not None and checkpoints is not None:
            checkpoints.restore(Kept(self._part("best."), best["epoch"]), tuple(best["score"]))
        progress.epochs_done = [EpochRecord(**record) for record in self.facts["epochs"]]
        progress.add(self.tensors["losses"].numpy())
        progress.events = [Event(**event) for event in self.facts.get("events", ())]
        progress.epoch, progress.parts = self.position.epoch, self.facts.get("parts", 1)
        progress.samples, progress.train_seconds = self.facts["trained"]

    def _part(self, prefix: str) -> dict[str, Tensor]:
        return {n.removeprefix(prefix): t for n, t in self.tensors.items() if n.startswith(prefix)}

    def _optimizer(self) -> dict[str, Any]:
        state: dict[int, dict[str, Any]] = {}
        for name, tensor in self._part("optimizer.").items():
            index, _, key = name.partition(".")
            state.setdefault(int(index), {})[key] = tensor
        for index, key, value in self.facts["optimizer"]:
            state.setdefault(index, {})[key] = value
        groups = [{name: _tuple(name, v) for name, v in group.items()} for group in self.facts["groups"]]
        return {"state": state, "param_groups": groups}


def _tuple(name: str, value: Any) -> Any:
    """JSON has no tuples; `params` is the one list that is meant to be one."""
    return tuple(value) if isinstance(value, list) and name != "params" else value


class Keeper:
    """Writes the position of one run now and then. A disk that fails is told of once; training goes on."""

    def __init__(
        self,
        folder: Path,
        module: nn.Module,
        optimizer: Optimizer,
        checkpoints: Checkpoints,
        progress: Progress,
        fingerprint: str,
        elapsed: float = 0.0,
        schedule: Schedule | None = None,
        average: Average | None = None,
    ) -> None:
        self._folder = folder
        self._module, self._optimizer, self._checkpoints = module, optimizer, checkpoints
        self._progress, self._fingerprint = progress, fingerprint
        self._began = time.monotonic() - elapsed
        self._next = time.monotonic() + FIRST_S
        self._told = False
        self._schedule, self._average = schedule, average

    def due(self) -> bool:
        return time.monotonic() >= self._next

    def hurry(self) -> None:
        """Lets the position be kept before the next step: something happened that is not to be lost."""
        self._next = 0.0

    def keep(self, position: Position) -> None:
        """Writes `position` with the weights and states of this moment.

        Nothing is written where a weight is no number: the position before is the last of any worth.
        """
        began = time.monotonic()
        if not all(bool(torch.isfinite(parameter).all()) for parameter in self._module.parameters()):
            return
        try:
            write_tensors(self._folder / POSITION, self._tensors(position), self._facts(position))
        except NetloomError as error:
            self._tell(error.message)
        except OSError as error:
            self._tell(error)
        cost = time.monotonic() - began
        self._next = time.monotonic() + min(max(EVERY_S, cost / SHARE), SELDOM_S)

    def forget(self) -> None:
        """A run that is done does not go on."""
        (self._folder / POSITION).unlink(missing_ok=True)

    def _tell(self, reason: object) -> None:
        if not self._told:
            self._told = True
            self._progress.notices.append(
                Message(
                    "The position of the run could not be written, so it cannot be continued after a crash: "
                    "{reason}",
                    reason=reason,
                )
            )

    def _tensors(self, position: Position) -> dict[str, Tensor]:
        tensors = {f"module.{name}": value for name, value in self._module.state_dict().items()}
        if self._average is not None:
            tensors |= {f"average.{name}": value for name, value in self._average.state().items()}
        for index, values in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{n}": v for n, v in values.items() if isinstance(v, Tensor)}
        if (best := self._checkpoints.newest_best) is not None:
            tensors |= {f"best.{name}": value for name, value in best.state.items()}
        tensors |= {f"meter.{name}": value for name, value in position.meter.items()}
        tensors |= {f"generator.{name}": value for name, value in position.generator.items()}
        tensors |= {f"objective.{name}": value for name, value in position.objective.items()}
        tensors["losses"] = torch.from_numpy(self._progress.steps_since(0)[2])
        return tensors

    def _facts(self, position: Position) -> dict[str, str]:
        state = self._optimizer.state_dict()
        best = self._checkpoints.newest_best
        facts = {
            "version": VERSION,
            "epoch": position.epoch,
            "batch": position.batch,
            "seconds": position.seconds,
            "sums": position.sums,
            "optimizer": [
                (index, name, value)
                for index, values in state["state"].items()
                for name, value in values.items()
                if not isinstance(value, Tensor)
            ],
            "groups": state["param_groups"],
            "schedule": self._schedule.state() if self._schedule is not None else None,
            "best": best and {"epoch": best.epoch, "score": self._checkpoints.score},
            "epochs": [asdict(record) for record in self._progress.epochs_done],
            "events": [asdict(event) for event in self._progress.events],
            "parts": self._progress.parts,
            "trained": (self._progress.samples, self._progress.train_seconds),
            "fingerprint": self._fingerprint,
            "elapsed": time.monotonic() - self._began,
        }
        return {"format": "pt", "position": json.dumps(facts)}


def load(folder: Path) -> Saved:
    """What a Keeper wrote last. Raises RunError where there is nothing, or nothing that can be read."""
    from safetensors import SafetensorError, safe_open

    path = folder / POSITION
    if not path.is_file():
        raise RunError(
            Message(
                "The run {run} cannot be continued: no position of it was kept. It is done, or it ended in "
                "its first seconds. Train again.",
                run=folder.name,
            )
        )
    try:
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["position"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
        return Saved(_position(facts, tensors), facts, tensors)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise RunError(
            Message("The position {path} could not be read: {reason}", path=path, reason=error)
        ) from error


def _position(facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Position:
    def part(prefix: str) -> dict[str, Tensor]:
        return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}

    loss, samples = facts["sums"]
    gathered = (part(prefix) for prefix in ("meter.", "generator.", "objective."))
    return Position(facts["epoch"], facts["batch"], facts["seconds"], (loss, samples), *gathered)
