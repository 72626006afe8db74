"""Which way of computing was measured to be the fastest, kept for this machine: the same run takes it again.

Two measurements of nearly equal ways may choose differently, and two ways round differently. So what was
chosen once for a network, its batches and its settings stays chosen here, until PyTorch or the machine is
another one or the file is deleted. A file that cannot be read or written costs a measurement, nothing else.
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import fx, nn
from torch.backends.cpu import get_cpu_capability as capability

from studio import places
from studio.project import atomic
from studio.project.atomic import WriteError
from studio.training import machine
from studio.training.settings import Settings
from studio.training.speed import DTYPES, FORMATS, Pace

FILE = "ways.json"
MOST = 300
"""choices that are kept; the oldest go first"""


def mark(settings: Settings, module: nn.Module, sample: tuple[int, ...], device: str, window: bool) -> str:
    """What a choice follows from, as one text: network, batch, settings of speed, machine and PyTorch."""
    told = {
        "torch": torch.__version__,
        "machine": [platform.node(), platform.machine(), capability(), machine.cores()],
        "device": torch.cuda.get_device_name(device) if device.startswith("cuda") else device,
        "window": window,
        "objective": [settings.objective, settings.loss],
        "speed": [asdict(settings.speed), settings.threads],
        "batch": [settings.batch_size, *sample],
        "network": [repr(module), *(m.code for m in module.modules() if isinstance(m, fx.GraphModule))],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def recall(key: str) -> Pace | None:
    """The way that was chosen for `key` here; None where none was."""
    table = _read().get(key)
    try:
        pace = Pace.from_json(table) if table is not None else None
    except (KeyError, TypeError, AttributeError):
        return None
    if pace is None or pace.precision not in DTYPES or pace.memory_format not in FORMATS:
        return None
    return pace if type(pace.threads) is int and pace.threads > 0 else None


def keep(key: str, pace: Pace) -> None:
    """Remembers the choice for `key`."""
    held = _read()
    held.pop(key, None)
    held[key] = pace.to_json()
    newest = dict(list(held.items())[-MOST:])
    try:
        _file().parent.mkdir(parents=True, exist_ok=True)
        atomic.write(_file(), json.dumps(newest))
    except (OSError, WriteError):
        return  # a measurement more the next time


def _file() -> Path:
    return places.user_cache() / FILE


def _read() -> dict[str, Any]:
    try:
        table = json.loads(_file().read_bytes())
    except (OSError, ValueError):
        return {}
    return table if isinstance(table, dict) else {}
