"""What the canvas does to the document: each function is one transaction with a name. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from studio.app.canvas.geometry import CARD_HEIGHT, GRID, ROW, Rect, card_width
from studio.app.canvas.placing import free_place, make_room
from studio.app.collection import no_collection
from studio.app.session import Session
from studio.catalog import nodes, placing, ports, table, wiring
from studio.graph import fragment, naming, order, sharing
from studio.graph.edit import Edit
from studio.graph.model import Node, Wire
from studio.graph.values import Json, Path
from studio.words import Message

Places = Mapping[str, tuple[int, int]]
NUDGE = "nudge"


@dataclass(frozen=True, slots=True)
class Source:
    """An output a wire starts from."""

    node: str
    output: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A place a wire ends at; with `slot` None, the next free one of the node."""

    node: str
    slot: Path | None = None


def fresh_node(session: Session, type_: str, at: tuple[int, int] = (0, 0)) -> Node:
    """A node of a type with a name that is free in the shown network."""
    taken = session.document.nodes(session.network)
    return nodes.new_node(type_, naming.fresh(naming.base_name(type_), taken), at)


def width_of(session: Session, node: Node) -> int:
    """How wide the card of a node that is not there yet will be."""
    project = session.document.data()
    return card_width(len(ports.inputs(node, project)), len(ports.outputs(node, project)))


# -- adding and wiring -------------------------------------------------------------------------------


def add(session: Session, type_: str, at: tuple[int, int], end: Source | Target | None = None) -> str:
    """Adds a node with its corner at `at`, wired to the loose end of a wire if there is one."""
    name = fresh_node(session, type_).id
    network = session.network
    with session.edit(Message("Add {node}", node=name)) as edit:
        node = fresh_node(session, session.own_blocks.brought(edit, type_), at)
        edit.add_node(network, node)
        match end:
            case Source(source, output):
                if ports.free_slot(node, session.document.data()) is not None:
                    wiring.connect(edit, network, source, output, node.id, None, session.document.data())
            case Target(target, slot):
                if ports.outputs(node, session.document.data()):
                    wiring.connect(edit, network, node.id, None, target, slot, session.document.data())
    session.select((node.id,))
    return node.id


def append(session: Session, type_: str, after: str) -> str:
    """Adds a node behind another, wired to it; what comes after makes room."""
    name = fresh_node(session, type_).id
    with session.edit(Message("Add {node}", node=name)) as edit:
        id_ = wiring.append_new(edit, session.network, session.own_blocks.brought(edit, type_), after)
    session.select((id_,))
    return id_


def insert(
    session: Session, type_: str, wire: Wire, rects: Mapping[str, Rect], near: tuple[float, float]
) -> str:
    """Adds a node in the middle of a wire; what comes after makes room."""
    name = fresh_node(session, type_).id
    network = session.network
    with session.edit(Message("Insert {node}", node=name)) as edit:
        node = fresh_node(session, session.own_blocks.brought(edit, type_))
        size = (float(width_of(session, node)), float(CARD_HEIGHT))
        at, moves = _room_on_wire(session, wire, rects, size, near)
        edit.add_node(network, replace(node, at=at))
        wiring.insert_on_wire(edit, network, node.id, wire, session.document.data())
        _move(edit, network, moves)
    session.select((node.id,))
    return node.id


def insert_card(
    session: Session, id_: str, wire: Wire, rects: Mapping[str, Rect], near: tuple[float, float]
) -> None:
    """Puts a card that stands alone into a wire; what comes after makes room."""
    others = {other: rect for other, rect in rects.items() if other != id_}
    at, moves = _room_on_wire(session, wire, others, rects[id_][2:], near)
    network = session.network
    with session.edit(Message("Insert {node}", node=id_)) as edit:
        edit.move(network, id_, at)
        wiring.insert_on_wire(edit, network, id_, wire, session.document.data())
        _move(edit, network, moves)


def _room_on_wire(
    session: Session,
    wire: Wire,
    rects: Mapping[str, Rect],
    size: tuple[float, float],
    near: tuple[float, float],
) -> tuple[tuple[int, int], Places]:
    """Where a card goes on a wire, and where the cards go that it pushes down."""
    source, target = rects[wire.source], rects[wire.target]
    below = source[1] + source[3] + ROW
    if target[1] < source[1] + source[3]:
        wanted = (near[0] - size[0] / 2, near[1] - size[1] / 2, *size)
        return free_place(wanted, rects.values()), {}
    after = below + size[1] + ROW
    push = max(0, int(-(-(after - target[1]) // GRID) * GRID))
    lowest = max(below, target[1] + push - ROW - size[1])
    top = min(max(near[1] - size[1] / 2, below), lowest)
    left = near[0] - size[0] / 2
    if abs(source[0] + source[2] / 2 - near[0]) < size[0] / 2:
        left = source[0] + (source[2] - size[0]) / 2
    network = session.document.network(session.network)
    later = {wire.target} | order.downstream(network, wire.target)
    pushed = [id_ for id_ in later if id_ in rects and rects[id_][1] >= target[1]]
    moves = make_room(rects, pushed, push)
    there = {id_: (*moves.get(id_, rect[:2]), rect[2], rect[3]) for id_, rect in rects.items()}
    return free_place((left, top, *size), there.values()), moves


def connect(session: Session, source: Source, target: Target, instead: Wire | None = None) -> None:
    """Draws a wire. `instead` is the wire that was picked up for it."""
    network = session.network
    label = Message("Connect {source} to {target}", source=source.node, target=target.node)
    slot = target.slot
    with session.edit(label) as edit:
        if instead is not None:
            edit.disconnect(network, instead.target, instead.slot)
            if instead.target == target.node and slot is not None:
                slot = _closed_up(slot, instead.slot)
        wiring.connect(edit, network, source.node, source.output, target.node, slot, session.document.data())


def _closed_up(slot: Path, gone: Path) -> Path:
    """Where `slot` is after the place `gone` of the same list closed up."""
    same_list = len(slot) == len(gone) > 2 and slot[:-1] == gone[:-1]
    after, before = slot[-1], gone[-1]
    if same_list and isinstance(after, int) and isinstance(before, int) and before < after:
        return (*slot[:-1], after - 1)
    return slot


def take_over(session: Session, wires: Sequence[Wire], source: Source) -> None:
    """Moves the beginning of wires to another output."""
    with session.edit(Message("Move wires to {node}", node=source.node)) as edit:
        for wire in wires:
            edit.connect(session.network, source.node, wire.target, wire.slot, source.output)


def cut(session: Session, wires: Sequence[Wire]) -> None:
    """Removes wires; nothing takes their place."""
    if not wires:
        return
    first = wires[0]
    label = Message("Disconnect {source} from {target}", source=first.source, target=first.target)
    if len(wires) > 1:
        label = Message("Disconnect {count} wires", count=len(wires))
    with session.edit(label) as edit:
        for wire in sorted(wires, key=lambda w: [(isinstance(s, str), s) for s in w.slot], reverse=True):
            edit.disconnect(session.network, wire.target, wire.slot)


# -- moving, naming, removing ------------------------------------------------------------------------


def _move(edit: Edit, network: str, places: Places) -> None:
    for id_, at in places.items():
        edit.move(network, id_, at)


def move(session: Session, places: Places, merge_key: object | None = None) -> None:
    """Moves cards."""
    if len(places) == 1:
        label = Message("Move {node}", node=next(iter(places)))
    else:
        label = Message("Move {count} nodes", count=len(places))
    with session.edit(label, merge_key) as edit:
        _move(edit, session.network, places)


def rename(session: Session, old: str, new: str) -> None:
    """Gives a node another name; raises EditError when it is taken."""
    with session.edit(Message("Rename {old} to {new}", old=old, new=new)) as edit:
        edit.rename_node(session.network, old, new)


def name_fault(session: Session, old: str, new: str) -> Message | None:
    """Why a node cannot be renamed so; None when it can."""
    if new != old and new in session.document.nodes(session.network):
        return Message("There is a node {node} already.", node=new)
    return naming.fault(new)


def delete(session: Session, ids: Sequence[str], heal: bool) -> None:
    """Removes nodes; with `heal`, what they fed is fed by what fed them."""
    if not ids:
        return
    label = Message("Delete {count} nodes", count=len(ids))
    if len(ids) == 1:
        label = Message("Delete {node}", node=ids[0])
    with session.edit(label) as edit:
        edit.remove_nodes(session.network, ids, heal=heal)


# -- copying -----------------------------------------------------------------------------------------


def copied(session: Session, ids: Iterable[str]) -> dict[str, Json]:
    """The fragment of some nodes of the shown network."""
    project = session.document.data()
    return fragment.copy(project.networks[session.network], ids, project)


def paste(
    session: Session, held: Mapping[str, Json], at: tuple[int, int], keep_wires: bool = False
) -> list[str]:
    """Adds the nodes of a fragment with its corner at `at` and selects them."""
    with no_collection():
        with session.edit(Message("Paste {count} nodes", count=len(held["nodes"]))) as edit:
            ids = fragment.paste(edit, session.network, held, at, keep_wires)
        session.select(ids)
    return ids


def duplicate(session: Session, ids: Sequence[str], at: tuple[int, int]) -> list[str]:
    """Copies nodes to another place, wires between them kept, and selects the copies."""
    if not ids:
        return []
    held = copied(session, ids)
    label = Message("Duplicate {count} nodes", count=len(ids))
    if len(ids) == 1:
        label = Message("Duplicate {node}", node=ids[0])
    with session.edit(label) as edit:
        made = fragment.paste(edit, session.network, held, at)
    session.select(made)
    return made


def can_be_used_again(node: Node) -> bool:
    """Whether a node is a layer or a block: something that several cards may be."""
    return node.block is not None or table.is_module(node.type)


def use_again(session: Session, id_: str) -> str:
    """Adds a card for the same layer beside it, not wired yet, and selects it."""
    nodes = session.document.nodes(session.network)
    x, y = nodes[id_].at
    at = placing.beside(nodes, (x + placing.CARD[0], y))
    with session.edit(Message("Use {node} again", node=id_)) as edit:
        made = sharing.use_again(edit, session.network, id_, at)
    session.select((made,))
    return made


def part(session: Session, id_: str) -> None:
    """Gives a card that shares its layer one of its own."""
    with session.edit(Message("Give {node} weights of its own", node=id_)) as edit:
        sharing.part(edit, session.network, id_)


def size_of(held: Mapping[str, Json]) -> tuple[float, float]:
    """The width and height that the cards of a fragment take."""
    spots = [(node["at"][0], node["at"][1]) for node in held["nodes"]]
    width = max((x for x, _ in spots), default=0) + card_width(1, 1)
    return float(width), float(max((y for _, y in spots), default=0) + CARD_HEIGHT)


def connect_chain(session: Session, pairs: Sequence[tuple[str, str]]) -> None:
    """Wires each pair of nodes, each target at its next free place."""
    with session.edit(Message("Connect {count} nodes", count=len(pairs) + 1)) as edit:
        for source, target in pairs:
            wiring.connect(edit, session.network, source, None, target, None, session.document.data())


def places_of(session: Session, ids: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Where the document has nodes of the shown network."""
    known = session.document.nodes(session.network)
    return {id_: known[id_].at for id_ in ids if id_ in known}
