"""`netloom new`: lists the example projects, or copies one to a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json
from studio.insight import gallery
from studio.project import atomic
from studio.project.atomic import WriteError
from studio.words import Message, tr


def add(commands: Commands) -> None:
    parser = add_command(
        commands, "new", tr("copy an example project to a file; without arguments, list the examples"), run
    )
    parser.add_argument("example", metavar="EXAMPLE", nargs="?", help=tr("the example's name"))
    parser.add_argument(
        "file", metavar="FILE", nargs="?", type=Path, help=tr("the new file; without it EXAMPLE.json here")
    )
    parser.add_argument("--replace", action="store_true", help=tr("write over a file that exists"))
    add_json(parser)


def examples() -> dict[str, Path]:
    """The gallery's projects by name."""
    return {example.name: example.file for example in gallery.examples()}


def run(arguments: argparse.Namespace) -> int:
    if arguments.example is None:
        return _list(arguments.json)
    found = examples()
    if arguments.example not in found:
        raise UsageError(
            Message(
                "There is no example {name}. There are: {known}.",
                name=arguments.example,
                known=", ".join(found) or "–",
            )
        )
    target: Path = arguments.file or Path(f"{arguments.example}.json")
    if target.is_dir():
        target /= f"{arguments.example}.json"
    replaced = target.exists()
    if replaced and not arguments.replace:
        raise WriteError(
            Message(
                "{file} exists already and was left as it is. Name another file, or add --replace.",
                file=target,
            )
        )
    from studio.project import files

    copy = gallery.own_copy(files.load(found[arguments.example]), arguments.example)
    atomic.write(target, files.dumps(copy))
    if arguments.json:
        print_json("written", file=str(target), replaced=replaced)
    else:
        print(tr("Replaced {file}.", file=target) if replaced else tr("Wrote {file}.", file=target))
    return DONE


def _list(as_json: bool) -> int:
    width = max(len(example.name) for example in gallery.examples())
    for title, group in gallery.grouped():
        if not as_json:
            print(title)
        for example in group:
            if as_json:
                print_json(name=example.name, title=example.title, group=title.text, file=str(example.file))
            else:
                print(f"  {example.name.ljust(width)}  {example.title}")
    if not as_json:
        print(tr("netloom new EXAMPLE FILE copies one."))
    return DONE
