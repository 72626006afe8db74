"""`netloom runs`: the runs of a project, oldest first."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from studio.cli.opening import open_project
from studio.cli.output import DONE, print_json, print_table, scores
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.words import tr


def add(commands: Commands) -> None:
    parser = add_command(commands, "runs", tr("the runs of a project, oldest first"), run)
    add_project(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.training import runs

    open_project(arguments)
    found = runs.list_runs(runs.runs_folder(arguments.project))
    if arguments.json:
        for info in found:
            print_json(run=str(info.folder), status=info.status, best=info.best, test=info.test)
    elif not found:
        print(tr("This project has no runs yet. netloom train starts one."))
    else:
        rows: list[tuple[object, ...]] = [(tr("run"), tr("status"), tr("best epoch"), tr("validation"))]
        rows += [(info.folder.name, info.status, *_best(info.best)) for info in found]
        print_table(rows, right=(2,))
    return DONE


def _best(best: Mapping[str, Any] | None) -> tuple[str, str]:
    if not best:
        return "–", "–"
    return str(best.get("epoch", "–")), scores(best.get("validation") or {})
