"""What a training runs on: the device, how many threads, and whether the memory suffices."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio.quantities import count, data_size
from studio.training.settings import SettingsError
from studio.words import Message, NetloomError

ONE_THREAD_BELOW = 50e6
"""multiply-adds of a batch, forward: below, waking a second thread costs as much as it saves"""
BYTES_A_PARAMETER = 16
"""weight, gradient and two moments, four bytes each"""
SHARE = 0.8
"""of the free memory that a training may take"""


class MemoryShortError(NetloomError):
    """The network does not fit into the memory there is."""


def choose_device(wanted: str) -> str:
    """The device to train on; "auto" takes a GPU where there is one. Raises SettingsError."""
    import torch

    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = wanted.partition(":")
    there = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
        "xpu": torch.xpu.device_count() if hasattr(torch, "xpu") else 0,
    }
    if int(number or 0) >= there.get(kind, 0):
        raise SettingsError(
            Message(
                "training.device is {device}, which this machine or this PyTorch does not have. Set it to "
                "auto or cpu.",
                device=wanted,
            )
        )
    return wanted


def choose_threads(wanted: int | None, multiply_adds: int, device: str) -> int:
    """How many threads a step uses: `wanted`, else by the work in a batch. A rule, so that runs repeat.

    One core is left to the window and whatever else runs: threads that wait for one that lost its core turn
    idly, which was measured to cost up to ten times (docs/decisions/0022).
    """
    import torch

    if wanted is not None:
        return wanted
    if device != "cpu" or multiply_adds < ONE_THREAD_BELOW:
        return 1
    return max(1, torch.get_num_threads() - 1)


def cores() -> int:
    """How many threads may compute at once here: `OMP_NUM_THREADS`, else the cores given to this process."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdecimal() and int(said):
        return int(said)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def using_threads(number: int) -> Iterator[None]:
    """torch computes with `number` threads inside the block, and as before after it."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check_memory(parameters: int, activation_bytes: int, batch_size: int, available: int | None) -> None:
    """Raises MemoryShortError where a training of so many parameters would not fit into `available` bytes."""
    if available is None:
        return
    weights, activations = parameters * BYTES_A_PARAMETER, activation_bytes * batch_size
    if weights + activations <= SHARE * available:
        return
    raise MemoryShortError(
        Message(
            "Training would need about {need}: {weights} for {parameters} parameters and {activations} for "
            "the values of a batch of {batch}. {free} are free, and {share} % of that may be used. {cure}",
            need=data_size(weights + activations),
            weights=data_size(weights),
            parameters=count(parameters),
            activations=data_size(activations),
            batch=batch_size,
            free=data_size(available),
            share=round(SHARE * 100),
            cure=Message("Make the batch smaller.")
            if weights <= SHARE * available / 2
            else Message("Make the largest layers smaller."),
        )
    )


_ONEDNN_WITHOUT_MEMORY = ("could not create a primitive", "could not create a memory")
"""what convolutions on a processor say, among other things, where memory is short (seen with RLIMIT_AS)"""


def out_of_memory(error: BaseException) -> bool:
    """Whether PyTorch, on whatever device, or Python says by `error` that no memory is left."""
    said = str(error).lower()
    words = ("out of memory", "not enough memory", "can't allocate memory", *_ONEDNN_WITHOUT_MEMORY)
    return isinstance(error, MemoryError) or any(word in said for word in words)


def available_memory(device: str = "cpu") -> int | None:
    """Bytes a training may take on `device`; None where the system does not say."""
    if device.startswith("cuda"):
        import torch

        free, _ = torch.cuda.mem_get_info(device)
        return int(free)
    if sys.platform.startswith("linux"):
        limits = [size for size in (_meminfo(), *_control_groups()) if size is not None]
        return min(limits, default=None)
    if sys.platform == "win32":
        return _windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _meminfo() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(found) * 1024 if found else None


def _control_groups() -> Iterator[int | None]:
    """What a container's limit leaves, in both generations of control groups."""
    root = Path("/sys/fs/cgroup")
    for limit, used in (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    ):
        try:
            yield max(0, int((root / limit).read_text()) - int((root / used).read_text()))
        except (OSError, ValueError):
            yield None


def _windows() -> int | None:
    class Status(ctypes.Structure):
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "available", "a", "b", "c", "d", "e")),
        )

    status = Status()
    status.length = ctypes.sizeof(Status)
    windows = getattr(ctypes, "windll", None)
    if windows is None or not windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.available)
