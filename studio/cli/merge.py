"""`netloom merge`: two people's changes of one project as one; also as git's merge driver."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.output import DONE, PROJECT_PROBLEM, print_json
from studio.cli.parser import Commands, add_command, add_json
from studio.graph import validate
from studio.graph.facts import place_text, value_text
from studio.graph.merging import Conflict, Merged, merge
from studio.graph.model import ProjectData
from studio.words import tr


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "merge",
        tr("the changes of two versions since BASE as one; status 1 if something is left to choose"),
        run,
    )
    parser.add_argument("base", metavar="BASE", type=Path, help=tr("the version both began with"))
    parser.add_argument("ours", metavar="OURS", type=Path, help=tr("our version"))
    parser.add_argument("theirs", metavar="THEIRS", type=Path, help=tr("their version"))
    parser.add_argument("--out", metavar="FILE", type=Path, help=tr("where to write; without it over OURS"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.project import files

    base, ours, theirs = (files.load(getattr(arguments, name)) for name in ("base", "ours", "theirs"))
    merged = merge(base, ours, theirs)
    target: Path = arguments.out or arguments.ours
    files.save(target, merged.project)
    broken = _broken(merged.project, ours, theirs)
    if arguments.json:
        for conflict in merged.conflicts:
            print_json("conflict", **conflict.to_json())
        print_json("merged", file=str(target), conflicts=len(merged.conflicts), faults=broken)
    else:
        _print(merged, broken, target)
    return PROJECT_PROBLEM if merged.conflicts or broken else DONE


def _broken(merged: ProjectData, ours: ProjectData, theirs: ProjectData) -> list[str]:
    """What is wrong with the merged network that was wrong with neither side."""
    known = {str(fault.text) for side in (ours, theirs) for fault in validate.faults(side)}
    return [str(fault.text) for fault in validate.faults(merged) if str(fault.text) not in known]


def _print(merged: Merged, broken: list[str], target: Path) -> None:
    for conflict in merged.conflicts:
        print(_said(conflict), file=sys.stderr)
    for text in broken:
        print(text, file=sys.stderr)
    if merged.conflicts:
        print(
            tr(
                "Wrote {file}. {n} places were changed in both: ours stand there, theirs wait in the "
                "Problems panel to be chosen.",
                file=target,
                n=len(merged.conflicts),
            )
        )
    else:
        print(tr("Wrote {file}.", file=target))


def _said(conflict: Conflict) -> str:
    ours, theirs = value_text(conflict.ours), value_text(conflict.theirs)
    place = place_text(conflict.place)
    return tr("{place}: ours {ours}, theirs {theirs}", place=place, ours=ours, theirs=theirs)
