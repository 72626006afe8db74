"""`netloom [PROJECT]`: the window."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.display import why_no_window
from studio.cli.output import FILE_FAILED, UsageError, say_error
from studio.cli.parser import Parser
from studio.words import Message


def parser(chosen_language: str | None) -> Parser:
    """Its own, so that the window need not wait for the commands to be imported."""
    made = Parser(prog="netloom")
    made.add_argument("project", metavar="PROJECT", nargs="?", type=Path)
    made.set_defaults(run=run, chosen_language=chosen_language)
    return made


def run(arguments: argparse.Namespace) -> int:
    path: Path | None = arguments.project
    if path is not None and not path.exists() and not path.suffix:
        raise UsageError(
            Message(
                "{word} is neither a command nor a file. netloom --help lists the commands.", word=str(path)
            )
        )
    if (reason := why_no_window()) is not None:
        return say_error(reason, False, FILE_FAILED)
    from studio.app.main import main

    return main(path, arguments.chosen_language)
