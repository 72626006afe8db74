"""argparse with translated headings and options that several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from studio.cli.output import WRONG_USE, print_json
from studio.words import tr

Run = Callable[[argparse.Namespace], int]
Commands = Any
"""what argparse's add_subparsers returns; its class has no public name"""


class _Formatter(argparse.HelpFormatter):
    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        known = {"positional arguments": tr("arguments"), "options": tr("options")}
        super().start_section(known.get(heading or "", heading))


class Parser(argparse.ArgumentParser):
    """Ends wrong use with status 2, one line that says what, one that says where to look."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=_Formatter, allow_abbrev=False, add_help=False, **settings)
        self.add_argument("-h", "--help", action="help", help=tr("show this and end"))

    def error(self, message: str) -> NoReturn:
        if "--json" in sys.argv:
            print_json("error", message=message, status=WRONG_USE)
        self.exit(WRONG_USE, f"netloom: {message}\n{tr('{command} --help tells more.', command=self.prog)}\n")


def add_command(commands: Commands, name: str, words: str, run: Run) -> argparse.ArgumentParser:
    """A command, described in a few `words`; `run(arguments)` does it and returns the exit status."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(run=run)
    return parser


def add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", type=Path, help=tr("the project's JSON file"))


def add_changes(parser: argparse.ArgumentParser) -> None:
    """What is otherwise for this run only: settings, and where it is computed."""
    parser.add_argument(
        "--set",
        dest="changes",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help=tr("change a setting for this run only: training.epochs=3, data.source=iris; may be repeated"),
    )
    parser.add_argument(
        "--device", metavar="DEVICE", help=tr("where to compute: auto, cpu, cuda, cuda:1, mps")
    )


def add_trained(parser: argparse.ArgumentParser) -> None:
    """A trained network: a project, one of its runs, and which of the run's weights."""
    add_project(parser)
    parser.add_argument(
        "--run",
        metavar="RUN",
        dest="run_reference",
        default="last",
        help=tr("a run's folder, or last, which is what is taken without it"),
    )
    parser.add_argument(
        "--weights",
        metavar="NAME",
        default="best",
        help=tr("best, last, or a snapshot such as step-120; without it best"),
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help=tr("print one JSON object a line, nothing else"))
