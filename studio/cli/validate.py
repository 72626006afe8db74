"""`netloom validate`: cross-validation, a run for each fold, and what they reached together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from studio.cli.for_window import add_window, base_and_runs, stoppable
from studio.cli.opening import open_project
from studio.cli.output import DONE, INTERRUPTED, UsageError, print_json, print_table, scores
from studio.cli.parser import Commands, add_changes, add_command, add_json, add_project
from studio.quantities import significant
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.folds import Spread
    from studio.training.progress import EpochRecord, Progress
    from studio.training.run import RunResult


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "validate",
        tr("cross-validation: train once for each fold and tell mean and deviation"),
        run,
    )
    add_project(parser)
    parser.add_argument(
        "--folds",
        metavar="K",
        type=int,
        default=5,
        help=tr("how many parts the samples lie in; 5 without it"),
    )
    add_changes(parser)
    add_json(parser)
    add_window(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.cli.train import with_changes
    from studio.training import folds
    from studio.training.commands import Commands as Asked

    if arguments.folds < 2:
        raise UsageError(Message("Cross-validation needs 2 folds at least, not {n}.", n=arguments.folds))
    project = with_changes(open_project(arguments), arguments.changes)
    base, runs_folder = base_and_runs(arguments)
    asked, show = Asked(), _Json() if arguments.json else _Text(arguments.folds)
    with stoppable(arguments, asked):
        results = folds.validate(
            project,
            base,
            runs_folder,
            arguments.folds,
            asked,
            show.fold,
            show.epoch,
            show.start,
            arguments.device,
        )
    done = [result for result in results if result.status == "done"]
    show.end(folds.spread(done), len(done), arguments.folds)
    return DONE if len(done) == arguments.folds else INTERRUPTED


class _Json:
    def start(self, number: int, progress: Progress) -> None:
        print_json("start", fold=number, run=str(progress.run), epochs=progress.epochs)

    def epoch(self, number: int, record: EpochRecord) -> None:
        print_json(
            "epoch",
            fold=number,
            epoch=record.epoch,
            train=dict(record.train),
            validation=dict(record.validation),
        )

    def fold(self, number: int, result: RunResult) -> None:
        told = {"run": str(result.folder), "status": result.status, "best": result.best}
        print_json("fold", fold=number, **told)

    def end(self, spread: dict[str, Spread], done: int, folds: int) -> None:
        found = {name: {"mean": s.mean, "deviation": s.deviation} for name, s in spread.items()}
        print_json("end", folds=folds, done=done, validation=found)


class _Text:
    def __init__(self, folds: int) -> None:
        self._folds = folds

    def start(self, number: int, progress: Progress) -> None: ...

    def epoch(self, number: int, record: EpochRecord) -> None: ...

    def fold(self, number: int, result: RunResult) -> None:
        best = (result.best or {}).get("validation") or {}
        print(
            tr(
                "fold {number}/{folds}: {scores}  {run}",
                number=number,
                folds=self._folds,
                scores=scores(best),
                run=result.folder.name,
            ),
            flush=True,
        )

    def end(self, spread: dict[str, Spread], done: int, folds: int) -> None:
        if not spread:
            return
        print(tr("Validation over {done} of {folds} folds:", done=done, folds=folds))
        print_table(
            [(name, f"{significant(s.mean)} ± {significant(s.deviation)}") for name, s in spread.items()]
        )
