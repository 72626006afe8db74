"""Whether a file gives what the module gives: the comparison that every export has to pass."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from studio.export.formats import ExportError
from studio.words import Message

if TYPE_CHECKING:
    from torch import Tensor

    from studio.export.subject import Subject

BATCHES = (1, 5)
"""batch sizes that are tried besides all samples at once"""
SAME_ENGINE = 1e-5
"""PyTorch against PyTorch: the same operations, possibly summed in another order"""
OTHER_ENGINE = 1e-4
"""another engine's own kernels, in float32; both relative to the largest output, at least to 1"""

SEED = 0

Batch = Sequence["Tensor"]
"""one tensor an input, or an output"""
RunBatches = Callable[[Sequence[Batch]], Sequence[Batch]]
"""runs the written file on several batches and gives the outputs of each"""


@dataclass(frozen=True, slots=True)
class Deviation:
    largest: float
    tolerance: float
    samples: int


def compare(network: Subject, run_batches: RunBatches, relative: float) -> Deviation:
    """Runs the file on all samples and on small batches and holds it against the module.

    Raises ExportError where shapes differ, a number is none, or outputs lie further apart than `relative`.
    """
    samples = len(network.samples[0])
    sizes = sorted({*(size for size in BATCHES if size <= samples), samples})
    batches = [[value[:size] for value in network.samples] for size in sizes]
    with torch.random.fork_rng(devices=[]):  # a network that draws on the way draws the same both times
        torch.manual_seed(SEED)
        written = run_batches(batches)
        torch.manual_seed(SEED)
        own = [network.outputs(batch) for batch in batches]
    try:
        found = [_distance(a, b, relative) for a, b in zip(own, written, strict=True)]
    except ExportError:
        _check_steady(network)
        raise
    return Deviation(max(largest for largest, _ in found), max(limit for _, limit in found), samples)


def _check_steady(network: Subject) -> None:
    """Raises ExportError for a network that gives something else each time it is asked."""
    first, again = (network.outputs([value[:2] for value in network.samples]) for _ in range(2))
    if not all(torch.equal(a, b) or bool(a.isnan().any()) for a, b in zip(first, again, strict=True)):
        raise ExportError(
            Message(
                "The network draws random numbers on the way, so this file could not be compared with it and "
                "was not kept. Export its weights (safetensors or state_dict); the Code panel has its source."
            )
        )


def _distance(expected: Sequence[Tensor], given: Sequence[Tensor], relative: float) -> tuple[float, float]:
    if [tuple(value.shape) for value in expected] != [tuple(value.shape) for value in given]:
        raise ExportError(
            Message(
                "The written file gives {found} where the network gives {expected}, so it was not kept.",
                found=", ".join("×".join(map(str, value.shape)) for value in given),
                expected=", ".join("×".join(map(str, value.shape)) for value in expected),
            )
        )
    largest, limit = 0.0, relative
    for left, right in zip(expected, given, strict=True):
        left, right = left.to(torch.float64), right.to(torch.float64)
        if not bool(torch.isfinite(left).all()):
            raise ExportError(
                Message(
                    "The network itself gives values that are no numbers (NaN or ∞), so there is nothing to "
                    "compare with. Train it again with a smaller learning rate."
                )
            )
        distance = float((left - right).abs().max()) if left.numel() else 0.0
        limit = max(limit, relative * float(left.abs().max())) if left.numel() else limit
        largest = max(largest, distance)
        if not distance <= limit:  # also where distance is NaN
            raise ExportError(
                Message(
                    "The written file differs from the network by {distance}, more than the {limit} that "
                    "rounding explains, so it was not kept. Try another format.",
                    distance=f"{distance:.3g}",
                    limit=f"{limit:.3g}",
                )
            )
    return largest, limit


_CLEAN_START = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "studio":
            raise ImportError("a file exported by Netloom must not need Netloom")
sys.meta_path.insert(0, Blocked())
"""


def in_clean_python(code: str, *arguments: object) -> str:
    """Runs `code` in a new interpreter that cannot import Netloom, and gives what it prints.

    `sys.argv[1:]` there are the arguments. Raises ExportError with the last line of what went wrong.
    """
    command = [sys.executable, "-I", "-B", "-c", _CLEAN_START + code, *map(str, arguments)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise ExportError(
            Message(
                "The written file does not run on its own, so it was not kept: {reason}", reason=lines[-1]
            )
        )
    return done.stdout
