"""`netloom import`: a network that others made as a project, or their weights into a project's network."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from studio.cli.output import DONE, UsageError, print_json
from studio.cli.parser import Commands, add_command, add_json
from studio.graph.model import ProjectData
from studio.words import Message, tr

WEIGHTS = (".safetensors", ".pt", ".pth", ".bin", ".ckpt")


def add(commands: Commands) -> None:
    parser = add_command(
        commands,
        "import",
        tr("an ONNX file or a torchvision architecture as a project; weights into one"),
        run,
    )
    parser.add_argument(
        "source",
        metavar="SOURCE",
        nargs="?",
        help=tr(
            "model.onnx, torchvision:resnet18, or a weights file for the network of the project FILE; "
            "without it, list the architectures"
        ),
    )
    parser.add_argument("file", metavar="FILE", nargs="?", type=Path, help=tr("the project's file"))
    parser.add_argument("-o", "--out", metavar="FILE", type=Path, help=tr("the same as FILE"))
    parser.add_argument(
        "--weights", metavar="FILE", type=Path, help=tr("read the weights of the architecture from a file")
    )
    parser.add_argument(
        "--download",
        action="store_true",
        help=tr("download torchvision's trained weights of the architecture"),
    )
    parser.add_argument("--replace", action="store_true", help=tr("write over a file that exists"))
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    if arguments.source is None:
        return _list(arguments.json)
    target = _target(arguments)
    if Path(arguments.source).suffix.lower() in WEIGHTS:
        return _weights(Path(arguments.source), target, arguments.json)
    return _project(arguments, target)


def _list(as_json: bool) -> int:
    from studio.importing.sources import TORCHVISION, architectures

    for name in architectures():
        if as_json:
            print_json(source=TORCHVISION + name)
        else:
            print(TORCHVISION + name)
    return DONE


def _target(arguments: argparse.Namespace) -> Path:
    if arguments.file is not None and arguments.out is not None:
        raise UsageError(Message("The project's file is named twice. Leave out FILE or -o."))
    target = arguments.out or arguments.file
    return target if target is not None else Path(f"{Path(arguments.source.rpartition(':')[2]).stem}.json")


def _project(arguments: argparse.Namespace, target: Path) -> int:
    """A new project, and a run that holds the weights it came with."""
    from studio.importing import sources, weights
    from studio.project import files
    from studio.project.atomic import WriteError
    from studio.training import imported
    from studio.training.runs import runs_folder

    if target.exists() and not arguments.replace:
        raise WriteError(
            Message(
                "{file} exists already and was left as it is. Name another file, or add --replace.",
                file=target,
            )
        )
    given = weights.read(arguments.weights) if arguments.weights is not None else None
    drawn = sources.draw(arguments.source, arguments.download, _tell)
    _clear()
    project, lines, folder = drawn.project, list(drawn.lines), None
    files.save(target, project)
    if given is None and drawn.weights is not None:
        given = weights.Weights(Path(drawn.source), drawn.weights, ordered=True)
    if given is not None:
        folder, report = imported.keep(project, target.resolve().parent, runs_folder(target), given)
        lines += report.lines if arguments.weights is not None or report.fresh else ()
        files.save(target, imported.with_start(project, folder))
    return _say(target, folder, lines, project, arguments.json)


def _weights(source: Path, target: Path, as_json: bool) -> int:
    """Weights into the network of a project that exists, kept as a run that the next one begins with."""
    from studio.importing import weights
    from studio.project import files
    from studio.training import imported
    from studio.training.runs import runs_folder

    opened = files.open_project(target)
    folder, report = imported.keep(
        opened.project, target.resolve().parent, runs_folder(target), weights.read(source)
    )
    if opened.read_only is None:
        files.save(target, imported.with_start(opened.project, folder))
    return _say(target, folder, report.lines, opened.project, as_json)


def _say(
    target: Path, folder: Path | None, lines: Iterable[Message], project: ProjectData, as_json: bool
) -> int:
    if as_json:
        told: dict[str, Any] = {"file": str(target), "run": str(folder) if folder is not None else None}
        nodes = sum(len(network.nodes) for network in project.networks.values())
        print_json("imported", **told, nodes=nodes, report=[str(line) for line in lines])
        return DONE
    for line in lines:
        print(line)
    print(tr("Wrote {file}.", file=target))
    if folder is not None:
        print(tr("The weights are kept in {folder}; the next training begins with them.", folder=folder))
    return DONE


def _tell(_share: float, text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
