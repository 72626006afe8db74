"""`netloom diff`: in what two versions of a project differ."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.output import DONE, print_json, print_table
from studio.cli.parser import Commands, add_command, add_json
from studio.graph.difference import Difference, Kind, differences
from studio.graph.facts import place_text, value_text
from studio.graph.operations import MISSING
from studio.words import Message, tr

KINDS: dict[Kind, Message] = {
    "added": Message("added"),
    "removed": Message("removed"),
    "renamed": Message("renamed"),
    "changed": Message("changed"),
    "moved": Message("moved"),
}


def add(commands: Commands) -> None:
    parser = add_command(
        commands, "diff", tr("in what two versions of a project differ: nodes, wires, settings"), run
    )
    parser.add_argument("old", metavar="OLD", type=Path, help=tr("the project's JSON file before"))
    parser.add_argument("new", metavar="NEW", type=Path, help=tr("the project's JSON file after"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.project import files

    found = differences(files.load(arguments.old), files.load(arguments.new))
    if arguments.json:
        for each in found:
            print_json("difference", **_json(each))
        print_json("end", differences=len(found))
    elif found:
        print_table((str(KINDS[each.kind]), place_text(each.place), *_sides(each)) for each in found)
    else:
        print(tr("The two say the same."))
    return DONE


def _json(each: Difference) -> dict[str, object]:
    sides = {"old": each.old, "new": each.new}
    return {"kind": each.kind, "place": list(each.place)} | {
        name: value for name, value in sides.items() if value is not MISSING
    }


def _sides(each: Difference) -> tuple[str]:
    if each.kind in ("added", "removed"):
        return ("",)
    return (f"{value_text(each.old)} → {value_text(each.new)}",)
