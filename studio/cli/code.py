"""`netloom code`: a network as a Python file on standard output, and an edited file back into the project."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.opening import context_of, open_project
from studio.cli.output import DONE, PROJECT_PROBLEM, UsageError
from studio.cli.parser import Commands, add_command, add_project
from studio.graph.model import ProjectData
from studio.words import Message, tr


def add(commands: Commands) -> None:
    parser = add_command(commands, "code", tr("the network as Python source, or back from it"), run)
    add_project(parser)
    parser.add_argument(
        "--network",
        metavar="NAME",
        help=tr("which network of the project; without it the one that is trained"),
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--training",
        action="store_true",
        help=tr("a whole script that trains: data, preprocessing, loop, metrics, saving"),
    )
    what.add_argument(
        "--read",
        metavar="FILE",
        help=tr("read an edited source back into the project, without running it; - is standard input"),
    )


def run(arguments: argparse.Namespace) -> int:
    project = open_project(arguments)
    if arguments.training:
        return _training(project, arguments.network)
    network = _network(project, arguments.network)
    if arguments.read is not None:
        return _read(project, network, arguments)
    from studio.compiler.source import source

    sys.stdout.write(source(project, network, context_of(project)))
    return DONE


def _network(project: ProjectData, wanted: str | None) -> str:
    from studio.compiler.survey import main_network

    name = main_network(project) if wanted is None else wanted
    if name not in project.networks:
        raise UsageError(
            Message(
                "The project has no network {name}. It has: {known}.",
                name=name,
                known=", ".join(project.networks) or "–",
            )
        )
    return name


def _training(project: ProjectData, network: str | None) -> int:
    from studio.export.training_script import training_script

    if network is not None:
        raise UsageError(
            Message("--training writes the network that is trained: name it in training.network instead.")
        )
    sys.stdout.write(training_script(project))
    return DONE


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(Message("{file} is no text in UTF-8.", file=path)) from None


def _read(project: ProjectData, network: str, arguments: argparse.Namespace) -> int:
    from studio.compiler.reading.faults import ReadingError
    from studio.compiler.reading.file import remarks
    from studio.compiler.reading.merge import merge
    from studio.graph.document import Document
    from studio.project import files

    stdin = arguments.read == "-"
    try:
        text = sys.stdin.read() if stdin else _text(Path(arguments.read))
        change = merge(project, text, network, context_of(project))
    except ReadingError as error:
        for fault in error.faults:
            print(f"{'<stdin>' if stdin else arguments.read}:{fault.line}: {fault.text}", file=sys.stderr)
        print(tr("Nothing was changed in {file}.", file=arguments.project), file=sys.stderr)
        return PROJECT_PROBLEM
    if change is None:
        print(tr("{file} says the same already.", file=arguments.project))
        return DONE
    if left_out := remarks(text):
        note = tr("A network has no place for comments: {n} were left out.", n=len(left_out))
        print(tr("netloom: note: {note}", note=note), file=sys.stderr)
    document = Document(project)
    document.replay(change)
    saved = files.save(arguments.project, document.data())
    if saved.warning is not None:
        print(tr("netloom: note: {note}", note=saved.warning), file=sys.stderr)
    print(tr("Read into {file}.", file=arguments.project))
    return DONE
