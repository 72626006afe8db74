"""`netloom lr`: a learning rate by the range test."""

from __future__ import annotations

import argparse

from studio.cli.for_window import add_window, base_and_runs, stoppable
from studio.cli.opening import open_project
from studio.cli.output import DONE, print_json
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.quantities import significant
from studio.words import tr

BAR = 40


def add(commands: Commands) -> None:
    parser = add_command(commands, "lr", tr("find a learning rate by trying; nothing is changed"), run)
    add_project(parser)
    parser.add_argument(
        "--from", dest="lowest", metavar="LR", type=float, default=1e-7, help=tr("the smallest rate")
    )
    parser.add_argument(
        "--to", dest="highest", metavar="LR", type=float, default=10.0, help=tr("the largest rate")
    )
    parser.add_argument("--steps", metavar="N", type=int, default=100, help=tr("how many steps to try"))
    parser.add_argument(
        "--device", metavar="DEVICE", help=tr("where to compute: auto, cpu, cuda, cuda:1, mps")
    )
    add_json(parser)
    add_window(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.training import lr_range
    from studio.training.commands import Commands as Asked

    project = open_project(arguments)
    base, runs_folder = base_and_runs(arguments)
    asked = Asked()
    with stoppable(arguments, asked):
        limits = (arguments.lowest, arguments.highest, arguments.steps)
        found = lr_range.find(project, base, runs_folder, None, asked, *limits, arguments.device)
    if arguments.json:
        print_json("end", **found.to_json())
        return DONE
    low, high = min(found.smoothed), max(found.smoothed)
    every = max(1, len(found.rates) // 25)
    for rate, loss in list(zip(found.rates, found.smoothed, strict=True))[::every]:
        length = round(BAR * (loss - low) / (high - low or 1.0))
        print(f"{rate:9.1e}  {loss:10.4g}  {'━' * max(1, length)}")
    print(found.reason)
    print(tr("Suggested learning rate: {lr}", lr=significant(found.suggestion)))
    return DONE
