"""What connects to what, and what a gesture wires: appending, inserting on a wire, drawing to a card.

Every function edits inside the caller's transaction, so a gesture stays one undo step.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from studio.catalog import nodes as new_nodes
from studio.catalog import placing, ports, table
from studio.graph import naming
from studio.graph.edit import Edit
from studio.graph.model import OUTPUT, Node, ProjectData, Wire, wires_into
from studio.graph.operations import MISSING
from studio.graph.order import would_cycle
from studio.graph.values import Path
from studio.words import Message

SELF_ATTENTION = frozenset({"nn.MultiheadAttention", "F.scaled_dot_product_attention"})
"""Types that are given one source for all that they require, when they are appended."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a wire may be drawn, and if not, why. `slot` is where it would end."""

    ok: bool
    reason: Message | None = None
    slot: Path | None = None


def verdict(
    project: ProjectData,
    network: str,
    source: str,
    target: str,
    slot: Path | None = None,
    replace: bool = False,
) -> Verdict:
    """Whether the output of `source` may be wired to `target`: to `slot`, or where it is free.

    With `replace`, a node whose only input is taken gives up the wire that it has.
    """
    net = project.networks[network]
    if source not in net.nodes or target not in net.nodes:
        return _no(Message("There is no such node any more."))
    if source == target:
        return _no(Message("A node cannot feed itself."))
    giver, taker = net.nodes[source], net.nodes[target]
    if not ports.outputs(giver, project):
        return _no(Message("{node} is where the network ends: it gives nothing on.", node=source))
    if not ports.inputs(taker, project):
        return _no(Message("{node} takes no input: it is where data enters.", node=target))
    if slot is not None and ports.port_at(taker, slot, project) is None:
        return _no(Message("{node} has no such input.", node=target))
    if would_cycle(net, source, target):
        return _no(
            Message(
                "{source} comes after {target}: the wire would close a circle.", source=source, target=target
            )
        )
    where = slot if slot is not None else ports.free_slot(taker, project)
    if where is None and replace:
        where = ports.only_slot(taker, project)
    if where is None:
        return _no(Message("{node} has no free input.", node=target))
    return Verdict(True, None, where)


def connect(
    edit: Edit,
    network: str,
    source: str,
    output: int | None,
    target: str,
    slot: Path | None,
    project: ProjectData | None = None,
) -> Path | None:
    """Wires an output to `slot`, or to where `target` is free. Returns the slot; None where nothing is free.

    `output` is written only for a source with several outputs.
    """
    project = project or edit.document.data()
    known = edit.document.nodes(network)
    where = slot if slot is not None else ports.free_slot(known[target], project)
    if where is None:
        return None
    edit.connect(network, source, target, where, _index(known[source], output, project))
    if known[target].type == OUTPUT:
        _leave_width_to_data(edit, network, known[source], project)
    return where


def _leave_width_to_data(edit: Edit, network: str, last: Node, project: ProjectData) -> None:
    """A layer straight from the palette that becomes the last one is as wide as the data asks for."""
    entry = table.entry(last.type)
    name = entry.auto_out if entry is not None else None
    if entry is None or name is None or not project.data.get("source"):
        return
    used = any(n.block == network for held in project.networks.values() for n in held.nodes.values())
    if name in last.params and last.params[name] == entry.new.get(name) and not used:
        edit.set_param(network, last.id, name, MISSING)


def append(
    edit: Edit, network: str, new_node: Node, after_id: str | None, project: ProjectData | None = None
) -> None:
    """Adds `new_node` and wires it behind `after_id`.

    Where exactly one wire leaves `after_id`, the new node goes into it, so that a chain stays a chain; where
    several do, it starts a branch.
    """
    project = project or edit.document.data()
    edit.add_node(network, new_node)
    if after_id is None or not ports.inputs(new_node, project):
        return
    after = edit.document.node(network, after_id)
    if not ports.outputs(after, project):
        return
    leaving = [wire for wire in _wires(edit, network) if wire.source == after_id]
    connect(edit, network, after_id, 0, new_node.id, None, project)
    if new_node.type in SELF_ATTENTION:
        while ports.free_slot(edit.document.node(network, new_node.id), project) is not None:
            connect(edit, network, after_id, 0, new_node.id, None, project)
    if _goes_into(leaving, new_node, project):
        connect(edit, network, new_node.id, 0, leaving[0].target, leaving[0].slot, project)


def append_new(edit: Edit, network: str, type_: str, after_id: str | None) -> str:
    """Makes a node of `type_`, names it, places it under `after_id` covering nothing, and wires it."""
    project = edit.document.data()
    known = edit.document.nodes(network)
    node = new_nodes.new_node(type_, naming.fresh(naming.base_name(type_), known))
    leaving = [wire for wire in _wires(edit, network) if wire.source == after_id]
    moved: Mapping[str, tuple[int, int]] = {}
    if after_id is None:
        at = placing.at_end(known)
    elif _goes_into(leaving, node, project):
        at, moved = placing.pushed(known, after_id)
    else:
        at = placing.below(known, after_id)
    for id_, place in moved.items():
        edit.move(network, id_, place)
    append(edit, network, replace(node, at=at), after_id, project)
    return node.id


def insert_on_wire(
    edit: Edit, network: str, node_id: str, wire: Wire, project: ProjectData | None = None
) -> bool:
    """Puts a node that exists into a wire: source -> node -> target. False where it has no free input."""
    project = project or edit.document.data()
    if not can_insert(project, network, edit.document.node(network, node_id), wire):
        return False
    connect(edit, network, wire.source, wire.index, node_id, None, project)
    connect(edit, network, node_id, 0, wire.target, wire.slot, project)
    return True


def can_insert(project: ProjectData, network: str, node: Node, wire: Wire) -> bool:
    """Whether `node` may go into `wire`: it has a free input and an output, and no circle would close."""
    net = project.networks[network]
    if node.id in (wire.source, wire.target) or wire.source not in net.nodes:
        return False
    if not ports.outputs(node, project) or ports.free_slot(node, project) is None:
        return False
    if node.id not in net.nodes:
        return True
    return not (would_cycle(net, wire.source, node.id) or would_cycle(net, node.id, wire.target))


def _goes_into(leaving: list[Wire], node: Node, project: ProjectData) -> bool:
    """Whether a node appended where these wires leave takes the place between: one wire, and room on it."""
    return len(leaving) == 1 and bool(ports.outputs(node, project)) and bool(ports.inputs(node, project))


def _wires(edit: Edit, network: str) -> list[Wire]:
    return [wire for node in edit.document.nodes(network).values() for wire in wires_into(node)]


def _index(source: Node, output: int | None, project: ProjectData) -> int | None:
    """A reference's `i`: left out where the source has one output."""
    return (output or 0) if len(ports.outputs(source, project)) > 1 else None


def _no(reason: Message) -> Verdict:
    return Verdict(False, reason)
