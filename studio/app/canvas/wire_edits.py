"""What gestures do to wires and to what lies on them: each function is one transaction with a name. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from studio.app.canvas.edits import Places, Source, Target, fresh_node
from studio.app.canvas.geometry import CARD_HEIGHT, DOT, ROW, Rect
from studio.app.canvas.placing import free_place
from studio.app.session import Session
from studio.catalog import nodes, wiring
from studio.graph import naming, passing
from studio.graph.edit import Edit
from studio.graph.model import Node, Wire
from studio.graph.operations import MISSING
from studio.graph.values import Json, reference
from studio.words import Message


def add_dot(session: Session, wire: Wire, at: tuple[float, float]) -> str:
    """Puts a dot with its middle at `at` on a wire, and selects it."""
    network = session.network
    place = (round(at[0] - DOT / 2), round(at[1] - DOT / 2))
    node = replace(fresh_node(session, passing.DOT, place), args=(reference(wire.source, wire.index),))
    label = Message("Put a dot on the wire from {source} to {target}", source=wire.source, target=wire.target)
    with session.edit(label) as edit:
        edit.add_node(network, node)
        edit.connect(network, node.id, wire.target, wire.slot)
    session.select((node.id,))
    return node.id


def bypass(session: Session, ids: Sequence[str]) -> None:
    """Bypasses nodes, or takes them in again where all of them are. Those without a wire are left alone."""
    known = session.document.nodes(session.network)
    chosen = [known[id_] for id_ in ids if id_ in known and passing.may_be_bypassed(known[id_])]
    if not chosen:
        return
    on = not all(passing.passes(node) for node in chosen)
    with session.edit(_bypass_label(on, [node.id for node in chosen])) as edit:
        for node in chosen:
            edit.set_extra(session.network, node.id, passing.BYPASSED, True if on else MISSING)


def _bypass_label(on: bool, ids: Sequence[str]) -> Message:
    if len(ids) == 1:
        text = Message("Bypass {node}", node=ids[0])
        return text if on else Message("Stop bypassing {node}", node=ids[0])
    text = Message("Bypass {count} nodes", count=len(ids))
    return text if on else Message("Stop bypassing {count} nodes", count=len(ids))


def take_out(session: Session, places: Places, wire: Wire | None = None) -> None:
    """Takes cards out of their wires and puts them where they were let go; `wire` takes a single one in."""
    label = Message("Take {count} nodes out of their wires", count=len(places))
    if len(places) == 1:
        label = Message("Take {node} out of its wires", node=next(iter(places)))
    network = session.network
    with session.edit(label) as edit:
        edit.take_out(network, places)
        for id_, at in places.items():
            edit.move(network, id_, at)
        if wire is not None and len(places) == 1:
            wiring.insert_on_wire(edit, network, next(iter(places)), wire)


def is_wired(session: Session, ids: Sequence[str]) -> bool:
    """Whether wires lead between `ids` and other nodes."""
    chosen = set(ids)
    wires = session.document.network(session.network).wires()
    return any((wire.source in chosen) != (wire.target in chosen) for wire in wires)


def connect_through(
    session: Session,
    source: Source,
    target: Target,
    fix: tuple[str, Mapping[str, Json]],
    rects: Mapping[str, Rect],
) -> None:
    """Draws a wire with a node between that makes what comes fit; `fix` is its type and its values."""
    network, (type_, values) = session.network, fix
    name = naming.fresh(naming.base_name(type_), session.document.nodes(network))
    label = Message(
        "Connect {source} to {target} by {node}", source=source.node, target=target.node, node=name
    )
    with session.edit(label) as edit:
        node = nodes.new_node(type_, name)
        node = replace(node, kwargs={**node.kwargs, **values}) if values else node
        edit.add_node(network, _place_between(node, rects[source.node], rects[target.node], rects))
        project = edit.document.data()
        wiring.connect(edit, network, source.node, source.output, name, None, project)
        wiring.connect(edit, network, name, None, target.node, target.slot, edit.document.data())


def _place_between(node: Node, one: Rect, other: Rect, rects: Mapping[str, Rect]) -> Node:
    middle = (one[1] + one[3] + other[1]) / 2 - CARD_HEIGHT / 2
    wanted = (one[0], max(middle, one[1] + one[3] + ROW), one[2], float(CARD_HEIGHT))
    return replace(node, at=free_place(wanted, rects.values()))


def straighten(session: Session, ids: Sequence[str], rects: Mapping[str, Rect]) -> None:
    """Puts cards below what feeds them first, so that the wires between are straight."""
    network = session.document.network(session.network)
    lefts = {id_: rect[0] for id_, rect in rects.items()}
    places: dict[str, tuple[int, int]] = {}
    for id_ in sorted(ids, key=lambda i: rects[i][1]):
        wire = next((w for w in network.wires() if w.target == id_ and w.source in rects), None)
        if wire is None or rects[wire.source][1] >= rects[id_][1]:
            continue
        above = rects[wire.source]
        lefts[id_] = lefts[wire.source] + (above[2] - rects[id_][2]) / 2
        places[id_] = (round(lefts[id_]), round(rects[id_][1]))
    if places:
        with session.edit(Message("Straighten the wires")) as edit:
            _move(edit, session.network, places)


def arrange(session: Session, label: Message, places: Places) -> None:
    """Moves cards to where a gesture put them, as the step `label`."""
    with session.edit(label) as edit:
        _move(edit, session.network, places)


def _move(edit: Edit, network: str, places: Places) -> None:
    for id_, at in places.items():
        edit.move(network, id_, at)
