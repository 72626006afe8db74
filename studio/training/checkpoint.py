"""Which weights are kept, and when they are written: the best and the last, on a schedule.

A disk that is full or gone does not end a training: it goes on, the fault is told, and writing is tried
again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.torch import save_file

from studio.project import atomic
from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor

WRITE_SECONDS, SELDOM_SECONDS, SHARE = 2.0, 60.0, 0.02
"""seconds between two writings of weights, and the share of the time that writing may take between them"""
BEST, LAST = "best", "last"


@dataclass(frozen=True, slots=True)
class Kept:
    """The weights after one epoch, and what the run's record says of that epoch."""

    state: dict[str, Tensor]
    epoch: Mapping[str, Any]


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Writes a safetensors file whole or not at all. Raises WriteError, OSError."""
    try:
        with atomic.writing(path) as temporary:
            mode = temporary.stat().st_mode
            save_file(_apart(tensors), temporary, dict(metadata))
            temporary.chmod(mode)  # safetensors makes a file that nobody else may read
    except SafetensorError as error:
        raise OSError(str(error)) from error


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Each tensor with memory of its own, as the format wants it: tied weights are one under two names."""
    found: dict[str, Tensor] = {}
    held: set[int] = set()
    for name, tensor in tensors.items():
        own = tensor.detach().contiguous()
        place = own.untyped_storage().data_ptr()
        found[name] = own.clone() if place in held else own
        held.add(place)
    return found


class Checkpoints:
    """Weights of one run. `announce` is told once each time writing begins to fail.

    `best` is what the file of the best weights holds, None while there is no such file. `fault`: what to say
    at the end of a training whose newest weights could not be written.
    """

    def __init__(
        self,
        folder: Path,
        weights: Callable[[dict[str, Tensor]], dict[str, Tensor]],
        announce: Callable[[Message], None],
    ) -> None:
        self._folder = folder
        self._weights = weights
        self._announce = announce
        self._unwritten: dict[str, Kept] = {}
        self._score: tuple[float, ...] | None = None
        self._next = time.monotonic() + WRITE_SECONDS
        self._failing = False
        self.best: Kept | None = None
        self.fault: Message | None = None

    @property
    def newest_best(self) -> Kept | None:
        """The best weights so far, on the disk or not."""
        return self._unwritten.get(BEST) or self.best

    @property
    def score(self) -> tuple[float, ...] | None:
        """What the best weights reached, as the objective compares it."""
        return self._score

    def restore(self, best: Kept, score: tuple[float, ...]) -> None:
        """Goes on from the best weights of an earlier process."""
        self._unwritten[BEST] = best
        self._score = score
        self.write()

    def take(self, state: Mapping[str, Tensor], score: tuple[float, ...], epoch: Mapping[str, Any]) -> None:
        """Keeps a copy of `state` as the last weights, and as the best if `score` beats all before."""
        copy = {name: value.detach().to("cpu", copy=True).contiguous() for name, value in state.items()}
        kept = Kept(copy, epoch)
        self._unwritten[LAST] = kept
        if self._score is None or score > self._score:
            self._score = score
            self._unwritten[BEST] = kept
        if time.monotonic() >= self._next:
            self.write()

    def write(self) -> None:
        """Writes what is kept and not on the disk yet."""
        began = time.monotonic()
        for name in (BEST, LAST):
            kept = self._unwritten.get(name)
            if kept is None:
                continue
            if not self._attempt(self._folder / f"{name}.safetensors", kept.state):
                break
            del self._unwritten[name]
            if name == BEST:
                self.best = kept
        else:
            self._failing, self.fault = False, None
        now = time.monotonic()
        self._next = now + max(WRITE_SECONDS, min((now - began) / SHARE, SELDOM_SECONDS))

    def _attempt(self, path: Path, state: dict[str, Tensor]) -> bool:
        try:
            write_tensors(path, self._weights(state), {"format": "pt"})
        except (NetloomError, OSError) as error:
            self._fail(path, error)
        else:
            return True
        return False

    def _fail(self, path: Path, error: Exception) -> None:
        reason = error.message if isinstance(error, NetloomError) else error
        self.fault = Message(
            "The weights could not be written to {path}: {reason} The training has ended without them: free "
            "some space and train again.",
            path=path,
            reason=reason,
        )
        if not self._failing:
            self._failing = True
            self._announce(
                Message(
                    "The weights could not be written to {path}: {reason} Training goes on and tries again; "
                    "free some space.",
                    path=path,
                    reason=reason,
                )
            )
