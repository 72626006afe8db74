"""What the window says to a command that it starts: where the project lies, and that it is still there."""

from __future__ import annotations

import argparse
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.stopping import stopped_by_signals

if TYPE_CHECKING:
    from studio.training.commands import Commands


def add_window(parser: argparse.ArgumentParser) -> None:
    """Options that no person types: the project file is a copy of what the window shows."""
    parser.add_argument("--runs", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--base", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--until-input-ends", action="store_true", help=argparse.SUPPRESS)


def base_and_runs(arguments: argparse.Namespace) -> tuple[Path, Path]:
    """The folder of the project's file, and that of its runs."""
    from studio.training.runs import runs_folder

    path: Path = arguments.project
    return arguments.base or path.resolve().parent, arguments.runs or runs_folder(path)


@contextmanager
def stoppable(arguments: argparse.Namespace, commands: Commands) -> Iterator[None]:
    """Ctrl-C stops, and so does the end of the standard input where a window holds it: it may be gone."""
    if arguments.until_input_ends:
        threading.Thread(target=_listen, args=(commands,), name="input", daemon=True).start()
    with stopped_by_signals(commands, said=not arguments.until_input_ends):
        yield


def _listen(commands: Commands) -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock nobody may hold when Python ends
        pass
    commands.stop()
