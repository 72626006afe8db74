"""`netloom data`: a file of one's own as the data of a project, looked at once."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from studio.cli.opening import open_project
from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.data.kinds import Reading
    from studio.data.source import SourceInfo


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
    from studio.data.guessing import guess
    from studio.data.sources import KINDS, described
    from studio.graph.document import Document
    from studio.project import files

    project = open_project(arguments)
    guessed = guess(arguments.file)
    told = {} if arguments.target is None else {"target": arguments.target}
    if told and guessed.source not in ("table", "text"):
        raise UsageError(Message("--target is for tables: images are told apart by their folders."))
    reading = KINDS[guessed.source].look(guessed.root, told) if guessed.brought else None
    document = Document(project)
    with document.transaction(Message("Use the data {name}", name=arguments.file.name)) as edit:
        edit.set(("data", "source"), guessed.source)
        edit.set(("data", "root"), str(guessed.root.resolve()))
        if reading is None:
            edit.unset(("data", "reading"))
        else:
            edit.set(("data", "reading"), reading)
    info = described(document.data().data)
    files.save(arguments.project, document.data())
    if arguments.json:
        print_json("data", source=guessed.source, reading=reading)
        return DONE
    print(tr("Wrote {file}.", file=arguments.project))
    print(_sentence(info, reading or {}))
    return DONE


def _sentence(info: SourceInfo, reading: Reading) -> str:
    """What the data is, in a line."""
    if info.name == "table":
        return tr(
            "{rows} rows to predict {target} ({task}) from {columns}.",
            rows=info.samples,
            target=reading["target"],
            task=info.task,
            columns=", ".join(info.feature_names),
        )
    if len(info.shape) == 3 and info.class_names:
        return tr("{n} images of {classes}.", n=sum(info.counts), classes=", ".join(info.class_names))
    return tr(
        "{n} samples of {shape} ({task}).",
        n=sum(info.counts),
        shape="×".join(map(str, info.given)),
        task=info.task,
    )
