"""Cross-validation: the network is trained once for each fold, and the folds' scores are told together.

Each fold is a run of its own, with its number in its project (`data.split.fold`), so it can be opened,
continued and used as any other. What is fitted to data, as the mean that is subtracted, is fitted to the
fold's training part alone, since a fold is nothing but another way to split.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.graph.model import ProjectData
from studio.graph.values import set_at
from studio.training.progress import EpochRecord, Progress

if TYPE_CHECKING:
    from studio.training.commands import Commands
    from studio.training.run import RunResult


@dataclass(frozen=True, slots=True)
class Spread:
    """A metric over the folds: its mean, and the standard deviation between them (of a sample: n - 1)."""

    mean: float
    deviation: float


def fold_of(project: ProjectData, number: int, folds: int) -> ProjectData:
    """The project with the split of fold `number`, from 1."""
    settings = set_at(dict(project.settings), ("data", "split", "folds"), folds)
    return replace(project, settings=set_at(settings, ("data", "split", "fold"), number))


def validate(
    project: ProjectData,
    base: Path | None,
    runs_folder: Path,
    folds: int,
    commands: Commands,
    on_fold: Callable[[int, RunResult], None] = lambda number, result: None,
    on_epoch: Callable[[int, EpochRecord], None] = lambda number, record: None,
    on_start: Callable[[int, Progress], None] = lambda number, progress: None,
    device: str | None = None,
) -> list[RunResult]:
    """Trains every fold in turn; one that was stopped is the last. Raises what `run.train` raises."""
    from studio.training.run import train

    group = {"id": f"folds {datetime.now():%Y-%m-%d %H:%M:%S}", "kind": "folds", "of": folds}
    results = []
    for number in range(1, folds + 1):
        progress = Progress()

        def tell(record: EpochRecord, number: int = number) -> None:
            on_epoch(number, record)

        def begin(_: object, number: int = number, progress: Progress = progress) -> None:
            on_start(number, progress)

        made = fold_of(project, number, folds)
        part = {**group, "number": number}
        result = train(made, base, runs_folder, progress, commands, tell, device, begin, group=part)
        results.append(result)
        on_fold(number, result)
        if result.status == "stopped":
            break
    return results


def spread(results: Sequence[RunResult]) -> dict[str, Spread]:
    """Every metric of the best epochs on validation data, over the folds that were finished."""
    return spread_of([result.best["validation"] for result in results if result.best is not None])


def spread_of(scores: Sequence[Mapping[str, Any]]) -> dict[str, Spread]:
    """Mean and deviation of what all of `scores` have."""
    if not scores:
        return {}
    found = {}
    for name in scores[0]:
        values = [float(score[name]) for score in scores if score.get(name) is not None]
        if len(values) == len(scores):
            mean = math.fsum(values) / len(values)
            squares = math.fsum((value - mean) ** 2 for value in values)
            found[name] = Spread(mean, math.sqrt(squares / (len(values) - 1)) if len(values) > 1 else 0.0)
    return found
