"""Several processes that train one network: who is here, what each takes, how they agree. Mostly one alone.

torchrun starts them and says by environment variables which of how many this is; `joined` brings them
together. Everything here is as if there were one process where nobody joined. Light: no torch before that.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from studio.words import Message, NetloomError

if TYPE_CHECKING:
    from torch import Tensor
    from torch.distributed.distributed_c10d import Store

T = TypeVar("T")
PATIENCE = timedelta(days=1)
"""how long one waits for another: a run may be paused"""
EXPLAIN_S = 5.0
"""how long after a connection broke the reason may still arrive"""
_LOST = ("gloo", "nccl", "connection", "peer", "socket", "store", "broken pipe")
"""words of an error that is of the way between processes"""


class RankError(NetloomError):
    """Another process of the training has ended it, or they do not come together."""


@dataclass(slots=True)
class _Here:
    number: int
    count: int
    store: Store
    folders: list[Path]
    alone: bool = False


_here: _Here | None = None


def asked() -> bool:
    """Whether torchrun has started this process as one of several."""
    return int(os.environ.get("WORLD_SIZE") or 1) > 1 and "RANK" in os.environ


def size() -> int:
    """How many processes take part."""
    return 1 if _here is None or _here.alone else _here.count


def number() -> int:
    """Which of them this is, from 0; the first one writes the run and says how it goes."""
    return 0 if _here is None else _here.number


def local() -> int:
    """Which of the processes on its machine this is."""
    return int(os.environ.get("LOCAL_RANK") or 0)


def command(count: int) -> list[str]:
    """What starts so many processes of a module on this machine; the module's name and arguments follow."""
    import sys

    by = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    return [*by, "-m"]


def wanted(section: Mapping[str, Any]) -> int:
    """How many processes a training section asks for; one where it says nothing that can be read."""
    said = section.get("processes")
    return said if isinstance(said, int) and not isinstance(said, bool) and 0 < said <= 1024 else 1


def expected() -> int:
    """Which process this is to be, before the processes have come together."""
    return int(os.environ.get("RANK") or 0) if asked() else 0


@contextmanager
def joined() -> Iterator[None]:
    """The processes that torchrun started are together inside the block; one alone goes through.

    What one of them raises ends all of them: the others raise RankError with its words.
    """
    global _here
    if not asked() or _here is not None:
        yield
        return
    import torch
    from torch import distributed
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    if torch.cuda.is_available():
        torch.cuda.set_device(local() % torch.cuda.device_count())
    store, rank, count = next(iter(rendezvous("env://", timeout=timedelta(minutes=10))))
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    distributed.init_process_group(
        backend,
        store=PrefixStore("steps", store),
        rank=rank,
        world_size=count,
        timeout=PATIENCE,
    )
    _here = _Here(rank, count, PrefixStore("words", store), [])
    try:
        with explained():
            yield
    except BaseException as error:
        _tell(error)
        raise
    finally:
        for folder in _here.folders:
            shutil.rmtree(folder, ignore_errors=True)
        _here = None
        with suppress(RuntimeError):
            distributed.destroy_process_group()


@contextmanager
def explained() -> Iterator[None]:
    """An error of the way to the others becomes what one of them said before it ended."""
    try:
        yield
    except RuntimeError as error:
        if _here is None or not any(word in str(error).lower() for word in _LOST):
            raise
        raise RankError(_heard(_here) or _silent(error)) from error


def _tell(error: BaseException) -> None:
    """Leaves the reason where the others look for it; only the first one's counts."""
    here = _here
    if here is None or isinstance(error, RankError):
        return
    said = error.message if isinstance(error, NetloomError) else Message("{error}", error=repr(error))
    with suppress(RuntimeError):
        if here.store.add("failed", 1) == 1:
            here.store.set("error", json.dumps({"rank": here.number, "said": said.to_json()}))


def _heard(here: _Here) -> Message | None:
    end = time.monotonic() + EXPLAIN_S
    while time.monotonic() < end:
        with suppress(RuntimeError):
            if here.store.check(["error"]):
                told = json.loads(here.store.get("error"))
                return Message(
                    "Process {number} of {count} ended the training: {reason}",
                    number=told["rank"] + 1,
                    count=here.count,
                    reason=Message.from_json(told["said"]),
                )
        time.sleep(0.05)
    return None


def _silent(error: Exception) -> Message:
    return Message(
        "Another process of this training has gone without a word, so it ended here too: {reason} The "
        "weights of the last whole epoch are kept; what the lost process said stands in its own output.",
        reason=str(error).splitlines()[0],
    )


@contextmanager
def alone() -> Iterator[None]:
    """Inside the block this process does by itself what otherwise all of them share."""
    if _here is None:
        yield
        return
    before, _here.alone = _here.alone, True
    try:
        yield
    finally:
        _here.alone = before


def folder(make: Callable[[], Path]) -> Path:
    """Where this process writes: the first one into what `make` gives, the others where nobody looks."""
    if number() == 0 or _here is None:
        return make()
    made = Path(tempfile.mkdtemp(prefix="netloom-rank-"))
    _here.folders.append(made)
    return made


def device(chosen: str) -> str:
    """The device of this process: of several GPUs each takes its own."""
    if size() == 1 or not chosen.startswith("cuda"):
        return chosen
    import torch

    return f"cuda:{local() % torch.cuda.device_count()}"


# -- agreeing ------------------------------------------------------------------------------------


def told(values: tuple[float, ...]) -> tuple[float, ...]:
    """What the first process says, on every process."""
    if size() == 1:
        return values
    import torch
    from torch import distributed

    word = torch.tensor(values, dtype=torch.float64)
    distributed.broadcast(word, 0)
    return tuple(word.tolist())


def agreed(yes: object) -> bool:
    """What the first process decides, on every process."""
    return bool(told((float(bool(yes)),))[0])


def summed(values: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The sums over all processes, of tensors that have the same names and shapes on each."""
    if size() == 1:
        return dict(values)
    from torch import distributed

    found = {}
    for name in sorted(values):
        found[name] = values[name].detach().clone()
        distributed.all_reduce(found[name])
    return found


def gathered(value: Tensor) -> list[Tensor]:
    """The tensor of each process, in their order; all have one shape. On the processor."""
    if size() == 1:
        return [value]
    import torch
    from torch import distributed

    found = [torch.empty_like(value) for _ in range(size())]
    distributed.all_gather(found, value.contiguous())
    return found


def share(samples: int) -> slice:
    """The samples of a row of them that are this process's, as even as they can be."""
    whole, rest = divmod(samples, size())
    begin = number() * whole + min(number(), rest)
    return slice(begin, begin + whole + (number() < rest))


def same(value: dict[str, Any]) -> dict[str, Any]:
    """The first process's value on every process, as JSON."""
    here = _here
    if here is None or size() == 1:
        return value
    turn = f"word {here.store.add(f'turn of {here.number}', 1)}"
    if here.number == 0:
        here.store.set(turn, json.dumps(value))
        return value
    here.store.wait([turn], PATIENCE)
    heard: dict[str, Any] = json.loads(here.store.get(turn))
    return heard
