"""`netloom export`: a trained network as a file that works without Netloom."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from studio.cli.opening import open_run
from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json, add_trained
from studio.export.formats import FORMATS
from studio.quantities import significant
from studio.words import Message, tr


def add(commands: Commands) -> None:
    parser = add_command(
        commands, "export", tr("a trained network as a file that works without Netloom"), run
    )
    add_trained(parser)
    parser.add_argument(
        "--format",
        required=True,
        choices=tuple(FORMATS),
        metavar="FORMAT",
        help=tr("one of: {formats}", formats=", ".join(FORMATS)),
    )
    parser.add_argument(
        "--out", metavar="PATH", required=True, type=Path, help=tr("the file or folder to write")
    )
    parser.add_argument(
        "--without-preprocessing",
        dest="preprocessing",
        action="store_false",
        help=tr("onnx and pt2: leave out the standardising; the file then takes values already standardised"),
    )
    parser.add_argument(
        "--slurm",
        metavar="NODESxGPUS",
        help=tr("folder: add the project and a Slurm script that trains it on so many nodes, as in 2x4"),
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.export import slurm

    nodes = slurm.parse(arguments.slurm) if arguments.slurm is not None else None
    if nodes is not None and arguments.format != "folder":
        raise UsageError(Message("--slurm belongs to --format folder."))
    opened = open_run(arguments)
    from studio.export.export import export

    def progress(_share: float, text: str) -> None:
        if sys.stderr.isatty():
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)

    try:
        report = export(
            opened,
            arguments.format,
            arguments.out,
            progress,
            which=arguments.weights,
            include_preprocessing=arguments.preprocessing,
        )
    finally:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    paths = [*report.paths]
    if nodes is not None:
        paths += slurm.add(arguments.out, opened.project, nodes)
    if arguments.json:
        print_json(
            "exported",
            format=report.format,
            files=[str(path) for path in paths],
            largest_deviation=report.largest_deviation,
            tolerance=report.tolerance,
            samples=report.samples,
            details=[str(line) for line in report.details],
        )
        return DONE
    for path in paths:
        print(tr("Wrote {file}.", file=path))
    print(
        tr(
            "Loaded back and compared with the network on {samples} samples: largest deviation {deviation}.",
            samples=report.samples,
            deviation=significant(report.largest_deviation),
        )
    )
    for line in report.details:
        print(line)
    return DONE
