"""`netloom doctor`: what works on this machine, what does not, and the cure."""

from __future__ import annotations

import argparse

from studio import __version__
from studio.cli.output import DONE, PROJECT_PROBLEM, print_json, print_table
from studio.cli.parser import Commands, add_command, add_json
from studio.words import tr


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "doctor",
        tr("what works here and what does not, and the cure; status 1 if a need is missing"),
        run,
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.cli.checkup import examine

    findings = examine()
    if arguments.json:
        for found in findings:
            print_json(
                "check",
                name=found.name,
                state=found.state,
                text=str(found.text),
                cure=None if found.cure is None else str(found.cure),
            )
    else:
        states = {"ok": tr("ok"), "warning": tr("warning"), "missing": tr("missing")}
        print(f"Netloom {__version__}")
        print_table((states[found.state], found.name, found.text) for found in findings)
        if cures := [found for found in findings if found.cure is not None]:
            print()
            for found in cures:
                print(tr("{name}: {cure}", name=found.name, cure=found.cure))
    return PROJECT_PROBLEM if any(found.state == "missing" for found in findings) else DONE
