"""Why a training stopped being numbers: its last steps are made once more, from the position kept last.

A run goes on from a position with the same bits (docs/decisions/0064), so the bad step comes again, and this
time every node is looked at.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import fx

from studio.training import position, watch
from studio.training.divergence import DivergedError, Fault
from studio.training.runs import RunError
from studio.words import NetloomError

if TYPE_CHECKING:
    from studio.data.prepare import Split
    from studio.graph.model import ProjectData
    from studio.training.position import Saved
    from studio.training.watch import Watch

Again = tuple[fx.GraphModule, torch.dtype, Callable[["Watch"], object]]
"""a network as it was, the precision of its steps, and what trains it on with a watch before each of them"""


def examine(
    error: DivergedError,
    project: ProjectData,
    network: str,
    data: Split,
    every: int,
    folder: Path,
    again: Callable[[Saved | None], Again],
) -> DivergedError:
    """The error with where it began; as it is where that does not show.

    `again` gives the training as it was at a position, or at its start. `every` batches make a step of the
    optimiser, so what they sent back may be that much older than the loss.
    """
    fault = watch.in_data(data)
    if fault is None:
        fault = _made_again(error.step - 1 - every, project, network, folder, again)
    return error.at(fault) if fault is not None else error


def _made_again(
    first: int, project: ProjectData, network: str, folder: Path, again: Callable[[Saved | None], Again]
) -> Fault | None:
    try:
        saved = position.load(folder)
    except RunError:  # it ended before one was kept
        saved = None
    try:
        module, precision, train = again(saved)
        watcher = watch.Watch(module, project, network, first, precision)
        try:
            with watcher.running():
                train(watcher)
        except (DivergedError, watch.FoundError):
            return watcher.fault()
    except (NetloomError, RuntimeError, OSError):
        return None  # what stopped the training is told all the same
    return None
