"""`netloom code`: the network as a Python file, on standard output."""

from __future__ import annotations

import argparse
import sys

from studio.cli.opening import context_of, open_project
from studio.cli.output import DONE, UsageError
from studio.cli.parser import Commands, add_command, add_project
from studio.words import Message, tr


def add(commands: Commands) -> None:
    parser = add_command(commands, "code", tr("the network as Python source, on standard output"), run)
    add_project(parser)
    parser.add_argument(
        "--network",
        metavar="NAME",
        default="model",
        help=tr("which network of the project; model without it"),
    )


def run(arguments: argparse.Namespace) -> int:
    from studio.compiler.source import source

    project = open_project(arguments)
    if arguments.network not in project.networks:
        raise UsageError(
            Message(
                "The project has no network {name}. It has: {known}.",
                name=arguments.network,
                known=", ".join(project.networks) or "–",
            )
        )
    sys.stdout.write(source(project, arguments.network, context_of(project)))
    return DONE
