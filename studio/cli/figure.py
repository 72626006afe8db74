"""`netloom figure`: a network as SVG, PDF or PNG, for a paper or a slide; two versions beside each other."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from studio.cli.opening import context_of, open_project
from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json, add_project
from studio.graph.model import ProjectData
from studio.project import atomic, files
from studio.words import Message, tr

SUFFIXES = (".svg", ".pdf", ".png")


def add(commands: Commands) -> None:
    parser = add_command(commands, "figure", tr("a network as SVG, PDF or PNG, for a paper or a slide"), run)
    add_project(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=Path, required=True, help=tr("the file; .svg, .pdf or .png")
    )
    parser.add_argument("--network", metavar="NAME", help=tr("which network; without it the one trained"))
    parser.add_argument(
        "--style",
        metavar="STYLE",
        default="paper",
        help=tr("paper, print (black and white), dark, or a style sheet: FILE.toml"),
    )
    parser.add_argument(
        "--open", metavar="N", type=int, default=0, help=tr("how many levels of blocks show their inside")
    )
    parser.add_argument("--names", action="store_true", help=tr("with the names of the nodes"))
    parser.add_argument("--no-shapes", action="store_true", help=tr("without the shapes on the wires"))
    parser.add_argument("--apart", action="store_true", help=tr("a box for every layer, activations too"))
    parser.add_argument(
        "--against",
        metavar="OLD",
        type=Path,
        help=tr("mark what was added, changed or moved since this version of the project"),
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    from studio.compiler.survey import main_network, survey
    from studio.export.figure import drawing, style, svg

    out: Path = arguments.out
    if out.suffix.lower() not in SUFFIXES:
        raise UsageError(
            Message("A figure is written as .svg, .pdf or .png, not as {suffix}.", suffix=out.suffix or "–")
        )
    project = open_project(arguments)
    look = style.load(arguments.style)
    options = drawing.Options(arguments.open, arguments.names, not arguments.no_shapes, not arguments.apart)
    name = arguments.network or main_network(project)
    marks = _marks(arguments.against, project) if arguments.against else {}
    made = drawing.draw(survey(project, context_of(project)), name, look, options, marks)
    atomic.write(out, _content(svg.write(made, look, f"{project.name}: {name}"), out.suffix.lower()))
    if arguments.json:
        print_json("figure", file=str(out), width=round(made.width), height=round(made.height))
    else:
        print(tr("Wrote {file}.", file=out))
    return DONE


def _marks(old: Path, project: ProjectData) -> dict[tuple[str, str], str]:
    from studio.graph.difference import marks

    return marks(files.load(old), project)


def _content(svg: str, suffix: str) -> bytes:
    if suffix == ".svg":
        return svg.encode()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtGui import QGuiApplication

    from studio.app.figures import files as figure_files

    application = QGuiApplication.instance() or QGuiApplication([])
    content = figure_files.rendered(svg, suffix)
    del application
    return content
