"""Why a training stopped being numbers: its last steps are made once more, from the position kept last.

A run goes on from a position with the same bits (docs/decisions/0064), so the bad step comes again, and this
time every node is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from torch import fx

from studio.training import position, watch
from studio.training.divergence import DivergedError, Fault
from studio.training.runs import RunError

if TYPE_CHECKING:
    from studio.data.prepare import Split
    from studio.graph.model import ProjectData
    from studio.training.position import Saved
    from studio.training.watch import Watch


@dataclass(frozen=True, slots=True)
class Again:
    """A training that can be made again up to a step. `begin` gives its network as it was at the start or at a
    position; `train` goes on from there and calls the watch before each step."""

    begin: Callable[[Saved | None], fx.GraphModule]
    train: Callable[[Watch], object]


def examine(
    error: DivergedError,
    folder: Path,
    project: ProjectData,
    network: str,
    data: Split,
    every: int,
    again: Again,
) -> Fault | None:
    """Where it began; None where that does not show.

    `every` batches make a step of the optimiser, so what they sent back may be that much older than the loss.
    """
    found = watch.in_data(data)
    if found is not None:
        return found
    try:
        saved = position.load(folder)
    except RunError:
        saved = None
    module = again.begin(saved)
    watcher = watch.Watch(module, project, network, error.step - 1 - every)
    try:
        with watcher.running():
            again.train(watcher)
    except (DivergedError, watch.FoundError):
        return watcher.fault()
    return None
