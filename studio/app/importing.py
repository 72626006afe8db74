"""What the import dialog asks for, and how it is done: in a lane, without any widget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from studio.app.tasks import Ticket
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.graph.model import ProjectData

Kind = Literal["architecture", "onnx", "weights"]
Place = Literal["project", "network"]
WEIGHTS = ("*.safetensors", "*.pt", "*.pth", "*.bin", "*.ckpt")
"""how the names of weights files end"""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be imported. `project` is the open one, `path` its file; `source` a name or a file."""

    kind: Kind
    source: str
    place: Place
    download: bool
    project: ProjectData
    path: Path | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: a project that was drawn, and the run that holds the weights, where there are some."""

    order: Order
    name: str
    project: ProjectData | None
    run: Path | None
    lines: tuple[Message, ...]
    complete: bool = True
    """whether every layer has its weights from what was imported, where weights were"""


def carry_out(ticket: Ticket, order: Order) -> Outcome:
    """Reads what is to be imported. Nothing of the open project changes here. Raises NetloomError."""
    return _weights(ticket, order) if order.kind == "weights" else _network(ticket, order)


def _weights(ticket: Ticket, order: Order) -> Outcome:
    from studio.importing import weights
    from studio.training import imported
    from studio.training.runs import runs_folder

    file = Path(order.source)
    ticket.progress(0.1, tr("Reading {file}", file=file.name))
    found = weights.read(file)
    ticket.progress(0.5, tr("Matching the tensors"))
    base = order.path.parent if order.path is not None else None
    run, report = imported.keep(order.project, base, runs_folder(order.path), found)
    complete = not report.fresh and not report.resized
    return Outcome(order, file.name, None, run, report.lines, complete)


def _network(ticket: Ticket, order: Order) -> Outcome:
    from studio.importing import sources, weights
    from studio.training import imported
    from studio.training.runs import runs_folder

    source = sources.TORCHVISION + order.source if order.kind == "architecture" else order.source
    drawn = sources.draw(source, order.download, ticket.progress)
    project, lines, run = drawn.project, drawn.lines, None
    if drawn.weights is not None and drawn.weights.keys():
        ticket.progress(0.95, tr("Keeping the weights"))
        path = order.path if order.place == "network" else None
        held = replace(project, settings={"training": {"network": "model"}})
        given = weights.Weights(Path(drawn.source), drawn.weights, ordered=True)
        run, _ = imported.keep(held, None, runs_folder(path), given)
        project = imported.with_start(project, run)
        lines = (*lines, Message("The weights are kept as the run {run}.", run=run.name))
    return Outcome(order, drawn.project.name, project, run, lines)
