"""What a figure is made of, and making it: plain values, away from the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.app.tasks import Ticket
from studio.graph.difference import Difference, differences, marks
from studio.graph.model import ProjectData


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be drawn and how. `against` is an earlier version of the project, a file."""

    project: ProjectData
    network: str
    style: str
    depth: int
    names: bool
    shapes: bool
    joined: bool
    against: Path | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """`svg` is the figure; `told` in what the project differs from the version it is compared with."""

    svg: str
    told: tuple[Difference, ...] = ()


def make(ticket: Ticket, order: Order) -> Made:
    """Raises NetloomError for a style sheet or a version that cannot be read."""
    from studio.compiler.survey import survey
    from studio.export.figure import drawing, svg
    from studio.export.figure.style import load
    from studio.project import files
    from studio.training import objectives

    project = order.project
    style = load(order.style)
    old = files.load(order.against) if order.against is not None else None
    ticket.check()
    options = drawing.Options(order.depth, order.names, order.shapes, order.joined)
    walked = survey(project, objectives.context_of(project))
    ticket.check()
    found = marks(old, project) if old is not None else {}
    drawn = drawing.draw(walked, order.network, style, options, found)
    told = tuple(differences(old, project)) if old is not None else ()
    return Made(svg.write(drawn, style, f"{project.name}: {order.network}"), told)


def save(ticket: Ticket, svg: str, path: Path) -> Path:
    """Writes the figure in the format that the file's name says. Raises NetloomError."""
    from studio.app.figures.files import rendered
    from studio.project import atomic

    atomic.write(path, rendered(svg, path.suffix.lower()))
    return path
