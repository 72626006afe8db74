"""Netloom without a window: one file a command. This one reads the command line and turns errors into words.

Exit status: 0 done, 1 the project has a problem, 2 wrong use, 3 a file or the system failed, 130 stopped by
Ctrl-C. Nothing here imports torch or Qt before a command needs it.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from studio import __version__, places
from studio.cli import window
from studio.cli.language import choose_language
from studio.cli.output import FILE_FAILED, INTERRUPTED, WRONG_USE, say_error, status_of
from studio.cli.parser import Parser
from studio.words import NetloomError, tr

COMMANDS = (
    "new", "gallery", "data", "check", "train", "validate", "search", "lr", "evaluate", "sample", "runs",
    "export", "import", "code", "figure", "diff", "merge", "doctor",
)  # fmt: skip
"""in the order of --help; each is a module here with `add(commands)`"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit status. `argv` is without the program's name."""
    given = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        given, chosen_language = choose_language(given)
        if given and (given[0] in COMMANDS or given[0].startswith("-")):
            arguments = _parser().parse_args(given)
        else:
            arguments = window.parser(chosen_language).parse_args(given)
    except NetloomError as error:
        return say_error(error, "--json" in given, WRONG_USE)
    except SystemExit as end:  # argparse's way of saying that --help or an error ends the program
        return end.code if isinstance(end.code, int) else WRONG_USE
    return _run(arguments)


def _parser() -> Parser:
    from studio.cli import (
        check,
        code,
        data,
        diff,
        doctor,
        evaluate,
        export,
        figure,
        gallery,
        import_,
        lr,
        merge,
        new,
        runs,
        sample,
        search,
        train,
        validate,
    )

    parser = Parser(
        prog="netloom",
        usage="netloom [PROJECT]\n       netloom COMMAND ...",
        description=tr(
            "Draw a neural network, train it while you watch, export a model that works anywhere."
        ),
        epilog=tr("Without a command the window opens. Each command tells more with --help."),
    )
    parser.add_argument(
        "--version", action="version", version=f"Netloom {__version__}", help=tr("say which version this is")
    )
    parser.add_argument(
        "--language", metavar="CODE", help=tr("en or zh_CN; without it the system's language is taken")
    )
    commands = parser.add_subparsers(
        title=tr("commands"), metavar="COMMAND", required=True, prog="netloom", parser_class=Parser
    )
    learning = (train, validate, search, lr, evaluate, sample)
    modules = (new, gallery, data, check, *learning, runs, export, import_, code, figure, diff, merge, doctor)
    for module in modules:
        module.add(commands)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    as_json = getattr(arguments, "json", False)
    try:
        status = arguments.run(arguments)
        sys.stdout.flush()
        return int(status)
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough, as in `netloom code ... | head`. Nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except NetloomError as error:
        return say_error(error, as_json, status_of(error))
    except OSError as error:
        return say_error(_file_error(error), as_json, FILE_FAILED)
    except Exception as error:  # noqa: BLE001 - the last net: a person gets a sentence, the log the traceback
        return say_error(_unexpected(error), as_json, FILE_FAILED)


def _file_error(error: OSError) -> str:
    reason = error.strerror or str(error)
    if error.filename is None:
        return tr("The system failed: {reason}", reason=reason)
    return tr("{file}: {reason}", file=error.filename, reason=reason)


def _unexpected(error: Exception) -> str:
    log = places.user_data() / "logs" / "netloom.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(
                f"\n{datetime.now().astimezone().isoformat(timespec='seconds')} {' '.join(sys.argv)}\n"
            )
            traceback.print_exception(error, file=file)
        where: Path | str = log
    except OSError:
        traceback.print_exception(error)
        where = tr("the lines above")
    return tr(
        "Something went wrong that Netloom did not expect: {kind}: {what}. The details are in {log}.",
        kind=type(error).__name__,
        what=str(error).partition("\n")[0].rstrip("."),
        log=where,
    )
