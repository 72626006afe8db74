"""What the canvas does with blocks: each function is one transaction with a name. Knows no Qt."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from studio.app.canvas.edits import fresh_node, width_of
from studio.app.canvas.geometry import CARD_HEIGHT, ROW, Rect, overlaps, union
from studio.app.canvas.placing import make_room
from studio.app.session import Session
from studio.catalog import wiring
from studio.graph import blocks, dissolving, naming, order
from studio.graph.edit import Edit
from studio.graph.model import BLOCK, INPUT, OUTPUT, Network, Node
from studio.graph.values import Json
from studio.words import Message


def group(session: Session, ids: Sequence[str]) -> str:
    """Makes the nodes a block with a name that is free, and selects it. Raises EditError."""
    document = session.document
    network = document.network(session.network)
    name = blocks.suggested_name(network, ids, document.network_names())
    with session.edit(
        Message("Make {count} nodes a block", count=len(ids)), naming_of(session, name)
    ) as edit:
        id_ = blocks.group(edit, session.network, ids, name)
    session.select((id_,))
    return id_


def new(session: Session, at: tuple[int, int], after: str | None = None) -> str:
    """Adds a block that passes its input on and is to be filled, and selects it.

    It comes behind the node `after`, or with its corner at `at`.
    """
    name = blocks.fresh_name(session.document.network_names(), "Block")
    with session.edit(Message("New empty block"), naming_of(session, name)) as edit:
        edit.add_network(name, _empty())
        if after is not None:
            id_ = wiring.append_new(edit, session.network, f"{BLOCK}{name}", after)
        else:
            node = fresh_node(session, f"{BLOCK}{name}", at)
            edit.add_node(session.network, node)
            id_ = node.id
    session.select((id_,))
    return id_


def _empty() -> Network:
    given = Node("input", INPUT)
    made = Node("output", OUTPUT, args=({"n": "input"},), at=(0, 2 * (CARD_HEIGHT + ROW)))
    return Network({node.id: node for node in (given, made)})


def naming_of(session: Session, name: str) -> object:
    """The key under which making a block and giving it a name are one undo step."""
    return ("block", session.network, name)


def name_fault(session: Session, old: str, new: str) -> Message | None:
    """Why a block cannot be called so; None when it can."""
    if not new:
        return Message("A block needs a name.")
    if new != old and new in session.document.network_names():
        return Message("There is a network {network} already.", network=new)
    return None


def rename(session: Session, old: str, new: str, made: object | None = None) -> None:
    """Gives a block another name, and a node of it one that fits where its own was made from the old name.

    `made` is the key of the step that made the block, if this belongs to it. Raises EditError.
    """
    with session.edit(Message("Rename {old} to {new}", old=old, new=new), made) as edit:
        edit.rename_network(old, new)
        nodes = edit.document.nodes(session.network)
        for node in [n for n in nodes.values() if n.block == new]:
            if re.fullmatch(re.escape(blocks.base(f"block:{old}")) + r"\d+", node.id):
                fitting = naming.fresh(blocks.base(node.type), set(nodes))
                edit.rename_node(session.network, node.id, fitting)


def dissolve(session: Session, id_: str) -> list[str]:
    """Puts what is inside a block in its place, where there is room, and selects it. Raises EditError."""
    network = session.network
    card = session.document.node(network, id_)
    with session.edit(Message("Dissolve {node}", node=id_)) as edit:
        made = dissolving.dissolve(edit, network, id_)
        _make_room(edit, session, card, made)
    session.select(made)
    return made


def make_independent(session: Session, id_: str) -> str:
    """Gives a block a copy of its own, which is changed alone; returns its name. Raises EditError."""
    with session.edit(Message("Make {node} independent", node=id_)) as edit:
        return blocks.make_independent(edit, session.network, id_)


def set_repeat(session: Session, id_: str, times: Json, key: object | None = None) -> None:
    """Repeats a block; None for once."""
    with session.edit(Message("Repeat {node}", node=id_), key) as edit:
        edit.set_repeat(session.network, id_, times)


def _make_room(edit: Edit, session: Session, card: Node, made: Sequence[str]) -> None:
    """What came out of a block begins where its card was, and pushes down what comes after it, if it must."""
    nodes = edit.document.nodes(session.network)
    rects = {node.id: _rect(session, node) for node in nodes.values()}
    own = {id_: rects.pop(id_) for id_ in made}
    around = union(list(own.values()))
    if around is None or not any(overlaps(rect, other) for rect in own.values() for other in rects.values()):
        return
    up = card.at[1] - int(around[1])
    for id_ in made:
        at = nodes[id_].at
        edit.move(session.network, id_, (at[0], at[1] + up))
    for id_, place in _pushed(edit, session, made, rects, int(around[3]) + card.at[1]).items():
        edit.move(session.network, id_, place)


def _pushed(
    edit: Edit, session: Session, made: Sequence[str], rects: Mapping[str, Rect], bottom: int
) -> Mapping[str, tuple[int, int]]:
    """Where the cards after `made` go, so that the first of them stands under `bottom`."""
    after = order.reached(order.successors(edit.document.network(session.network)), made)
    later = [id_ for id_ in after if id_ in rects]
    if not later:
        return {}
    return make_room(rects, later, int(bottom + ROW - min(rects[id_][1] for id_ in later)))


def _rect(session: Session, node: Node) -> Rect:
    return (*map(float, node.at), float(width_of(session, node)), float(CARD_HEIGHT))  # type: ignore[return-value]
