"""`netloom data`: a file of one's own as the data of a project, and what is odd about the data."""

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
    from studio.graph.model import ProjectData


TARGET_KEYS = {
    **dict.fromkeys(("table", "parquet", "text", "labelled_images", "sequences"), "target"),
    "arrays": "y",
}
"""kinds of files that predict a column or an array that can be named, and where their reading has it"""


def add(commands: Commands) -> None:
    parser = add_command(commands, "data", tr("a file of your own as the data of a project"), run)
    add_project(parser)
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        nargs="?",
        help=tr("a table, texts, a folder of images; without it the data is looked at that the project has"),
    )
    parser.add_argument("--target", metavar="COLUMN", help=tr("the column to predict"))
    parser.add_argument(
        "--faults",
        choices=("stop", "skip"),
        help=tr("what is done at a broken image, a short row, a text among numbers: stop (usual) or skip it"),
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Writes what a file holds into the project, where one is named; says what is odd about the data."""
    from studio.insight.data_look.look import look

    project = open_project(arguments)
    if arguments.file is not None:
        project = _take(arguments, project)
    elif arguments.target is not None:
        raise UsageError(Message("--target is the column of a file: name the file too."))
    seen = look(project, arguments.project.parent)
    if arguments.json:
        print_json("look", **seen.to_json())
        return DONE
    train, validation, test = seen.counts
    print(
        tr(
            "{train} to train, {validation} to validate, {test} to test.",
            train=train,
            validation=validation,
            test=test,
        )
    )
    for finding in seen.findings:
        kind = tr("warning") if finding.severity == "warning" else tr("hint")
        place = f" {finding.place}:" if finding.place else ""
        print(f"{kind}:{place} {finding.text}")
    if not seen.findings:
        print(tr("Nothing odd was found."))
    return DONE


def _take(arguments: argparse.Namespace, project: ProjectData) -> ProjectData:
    """Looks at the file and saves the project with it as its data."""
    from studio.data.guessing import guess
    from studio.data.sources import KINDS, described
    from studio.graph.document import Document
    from studio.project import files

    guessed = guess(arguments.file, arguments.target)
    told = {} if arguments.target is None else {TARGET_KEYS.get(guessed.source, ""): arguments.target}
    if "" in told:
        raise UsageError(Message("--target is for tables: images are told apart by their folders."))
    if arguments.faults is not None:
        told["faults"] = arguments.faults
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
    else:
        print(tr("Wrote {file}.", file=arguments.project))
        print(_sentence(info, reading or {}))
    return document.data()


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
