"""`netloom data`: a file of one's own as the data of a project, looked at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.opening import open_project
from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.words import Message, tr


def add(commands: Commands) -> None:
    parser = add_command(commands, "data", tr("a file of your own as the data of a project"), run)
    add_project(parser)
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help=tr("a table (.csv, .tsv) or a folder of images, a folder a class"),
    )
    parser.add_argument("--target", metavar="COLUMN", help=tr("the column to predict"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Looks at the file and writes what it holds into the project."""
    from studio.data.sources import kind_of
    from studio.graph.document import Document
    from studio.project import files

    project = open_project(arguments)
    kind = kind_of(arguments.file)
    told = {} if arguments.target is None else {"target": arguments.target}
    if told and kind.folder:
        raise UsageError(Message("--target is for tables: images are told apart by their folders."))
    reading = kind.look(arguments.file, told)
    info = kind.describe(reading)
    document = Document(project)
    with document.transaction(Message("Use the data {name}", name=arguments.file.name)) as edit:
        edit.set(("data", "source"), kind.name)
        edit.set(("data", "root"), str(arguments.file.resolve()))
        edit.set(("data", "reading"), reading)
    files.save(arguments.project, document.data())
    if arguments.json:
        print_json("data", source=kind.name, reading=reading)
        return DONE
    print(tr("Wrote {file}.", file=arguments.project))
    if kind.folder:
        print(tr("{n} images of {classes}.", n=sum(info.counts), classes=", ".join(info.class_names)))
        return DONE
    print(
        tr(
            "{rows} rows to predict {target} ({task}) from {columns}.",
            rows=info.samples,
            target=reading["target"],
            task=info.task,
            columns=", ".join(info.feature_names),
        )
    )
    return DONE
