"""What lies under the mouse: lit up, and told in plain text."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip

from studio import quantities
from studio.app.canvas import look
from studio.app.canvas.edge_layer import HOT, LIT
from studio.app.canvas.geometry import Side
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.scene import GraphScene
from studio.graph.model import Wire
from studio.words import tr

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

PORT_REACH = 9
WIRE_REACH = 6
MOST = 200
"""so many wires of a path are lit"""


def highlight(view: GraphView, at: QPointF) -> None:
    """Shows the card under a point with its wires, the port with its name, or the wire."""
    graph, overlay = view.graph, view.graph.overlay
    port = graph.port_at(at, PORT_REACH / view.zoom) if view.shows_ports else None
    card = port[0] if port else graph.card_at(at)
    states: dict[Wire, str] = {}
    wire: Wire | None = None
    graph.hover(card.node.id if card else None)
    if port is not None:
        ends = wires_of(graph, *port)
        states = _along(graph, ends) | dict.fromkeys(ends, HOT)
    elif card is not None:
        states = dict.fromkeys(graph.edges.wires_at(card.node.id), LIT)
    else:
        wire = graph.edges.edge_at(at, WIRE_REACH / view.zoom)
        states = _along(graph, [wire]) | {wire: HOT} if wire is not None else {}
    labels = [_port_label(graph, *port)] if port is not None and not port[0].is_dot else []
    if wire is not None:
        labels = [(at, _wire_text(graph, wire), True)]
    spot = port[0].port(port[1], port[2]) if port is not None else None
    if spot != overlay.port or labels != overlay.labels:
        overlay.port, overlay.labels = spot, labels
        overlay.refresh()
    graph.edges.set_states(states)
    view.point_at(Qt.CursorShape.CrossCursor if port is not None else Qt.CursorShape.ArrowCursor)


def _along(graph: GraphScene, wires: list[Wire]) -> dict[Wire, str]:
    """The wires on the way to where these begin, and from where they end: the nearest `MOST` of them."""
    edges = graph.edges
    found: dict[Wire, str] = {}
    for next_ in (lambda w: edges.wires_into(w.source), lambda w: edges.wires_from(w.target)):
        open_ = list(wires)
        for wire in open_:
            for other in next_(wire):
                if other not in found and len(open_) < MOST:
                    found[other] = LIT
                    open_.append(other)
    return found


def _port_label(graph: GraphScene, card: NodeItem, side: Side, index: int) -> tuple[QPointF, str, bool]:
    """Where a port's label stands, what it says, and whether it stands above."""
    at = card.port(side, index)
    if side == "in":
        inlet = card.shape_.inlets[index]
        name = tr("{port} (optional)", port=inlet.name) if inlet.optional else inlet.name
        wire = next(iter(wires_of(graph, card, side, index)), None)
        return at, _line(name, _shape(graph, wire.source, wire.index) if wire is not None else ""), True
    id_ = card.node.id
    return at, _line(card.shape_.outlets[index], _shape(graph, id_, index), _size(graph, id_)), False


def _line(*said: str) -> str:
    return " · ".join(filter(None, said))


def _shape(graph: GraphScene, id_: str, index: int | None) -> str:
    """The shape and the type of what an output gives; nothing where they are not known."""
    spec = look.spec_of(graph.faces.report(id_), index)
    return f"{spec} {spec.dtype}" if spec is not None else ""


def _size(graph: GraphScene, id_: str) -> str:
    """How many parameters a node has; nothing where it has none."""
    report = graph.faces.report(id_)
    return tr("{n} parameters", n=quantities.count(report.parameters)) if report and report.parameters else ""


def _ends_at(graph: GraphScene, wire: Wire, card: NodeItem, side: Side, index: int) -> bool:
    """Whether a wire ends at a port."""
    if side == "out":
        return wire.source == card.node.id and (wire.index or 0) == index
    return wire.target == card.node.id and graph.inlet(wire) == index


def wires_of(graph: GraphScene, card: NodeItem, side: Side, index: int) -> list[Wire]:
    """The wires that end at a port."""
    return [wire for wire in graph.edges.wires_at(card.node.id) if _ends_at(graph, wire, card, side, index)]


def show_tip(view: GraphView, event: QHelpEvent) -> bool:
    """The tooltip of the card or wire under the mouse."""
    at = view.viewportTransform().inverted()[0].map(QPointF(event.pos()))
    text = ""
    card = view.graph.card_at(at)
    if card is not None:
        text = view.graph.faces.tip(card.node.id)
    else:
        wire = view.graph.edges.edge_at(at, WIRE_REACH / view.zoom)
        if wire is not None:
            text = _wire_text(view.graph, wire)
    if text and not view.gesture:
        QToolTip.showText(event.globalPos(), f"<p>{escape(text)}</p>", view.viewport())
    else:
        QToolTip.hideText()
    return True


def _wire_text(graph: GraphScene, wire: Wire) -> str:
    size = _size(graph, wire.source)
    shape = _shape(graph, wire.source, wire.index)
    return _line(f"{wire.source} → {wire.target}", shape, f"{wire.source}: {size}" if size else "")
