"""`netloom runs`: the runs of a project, oldest first; their numbers; two compared."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from studio.cli.opening import open_project
from studio.cli.output import DONE, print_json, print_table, scores
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.words import tr


def add(commands: Commands) -> None:
    parser = add_command(commands, "runs", tr("the runs of a project, oldest first"), run)
    add_project(parser)
    parser.add_argument("--csv", metavar="FILE", type=Path, help=tr("write every number of every run there"))
    parser.add_argument(
        "--tensorboard", metavar="FOLDER", type=Path, help=tr("write event files for TensorBoard there")
    )
    parser.add_argument(
        "--compare",
        metavar="RUN",
        nargs=2,
        help=tr("in what two runs differ, and on how many samples they disagree"),
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.training import runs

    open_project(arguments)
    folder = runs.runs_folder(arguments.project)
    if arguments.compare:
        return _compare([runs.find_run(name, folder) for name in arguments.compare], arguments.json)
    found = runs.list_runs(folder)
    if arguments.csv is not None or arguments.tensorboard is not None:
        _write(arguments, [info.folder for info in found])
    elif arguments.json:
        for info in found:
            tags = list(info.labels.tags)
            print_json(run=str(info.folder), status=info.status, best=info.best, test=info.test, tags=tags)
    elif not found:
        print(tr("This project has no runs yet. netloom train starts one."))
    else:
        rows: list[tuple[object, ...]] = [(tr("run"), tr("status"), tr("best epoch"), tr("validation"))]
        rows += [(info.folder.name, info.status, *_best(info.best)) for info in found]
        print_table(rows, right=(2,))
    return DONE


def _write(arguments: argparse.Namespace, folders: list[Path]) -> None:
    from studio.training import curve_files

    if arguments.csv is not None:
        curve_files.write_csv(folders, arguments.csv)
        print(tr("The numbers of {n} runs are in {path}.", n=len(folders), path=arguments.csv))
    if arguments.tensorboard is not None:
        curve_files.write_tensorboard(folders, arguments.tensorboard)
        print(tr("Look at the runs with: tensorboard --logdir {folder}", folder=arguments.tensorboard))


def _compare(folders: list[Path], as_json: bool) -> int:
    from studio.training import predictions
    from studio.training.compare import differences
    from studio.training.runs import RunError

    rows = differences(folders)
    try:
        found = predictions.compare(*folders)
    except RunError as error:
        flips, said = None, str(error)
    else:
        first = sum(flip.first_is_right for flip in found.flips)
        flips = {
            "first": first,
            "second": len(found.flips) - first,
            "right": found.right,
            "wrong": found.wrong,
        }
        said = tr(
            "Only {first} is right: {n}. Only {second} is right: {m}. Both are right: {right}. Both are "
            "wrong: {wrong}.",
            first=folders[0].name,
            second=folders[1].name,
            n=flips["first"],
            m=flips["second"],
            right=flips["right"],
            wrong=flips["wrong"],
        )
    if as_json:
        print_json(runs=[str(folder) for folder in folders], differences=dict(rows), samples=flips)
        return DONE
    print_table(
        [(tr("Place"), *(folder.name for folder in folders)), *((place, *values) for place, values in rows)]
    )
    print(said)
    return DONE


def _best(best: Mapping[str, Any] | None) -> tuple[str, str]:
    if not best:
        return "–", "–"
    return str(best.get("epoch", "–")), scores(best.get("validation") or {})
