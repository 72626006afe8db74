"""A selection becomes a block, inside one transaction, wires and values kept. `dissolving` is the way back.

What is grouped keeps its places and, where it has a beginning of the name in common that nothing else has
("layer1.0"), its attribute paths. See docs/decisions/0111-blocks-from-a-selection.md.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import replace

from studio.graph import naming, order
from studio.graph import operations as op
from studio.graph.document import EditError
from studio.graph.edit import Edit
from studio.graph.model import BLOCK, INPUT, OUTPUT, Network, Node, ProjectData
from studio.graph.values import Json, parameters_used, reference
from studio.words import Message

GRID = 8
ROW = 96
COLUMN = 208
Output = tuple[str, int | None]
"""an output as a reference names it: a node and, of several, which"""


class BlockError(EditError):
    """What cannot become a block, or cannot be dissolved."""


# -- asking ------------------------------------------------------------------------------------------


def uses(project: ProjectData, name: str) -> list[tuple[str, str]]:
    """Every (network, node) that uses a network as a block."""
    return [(net, n.id) for net, held in project.networks.items() for n in held.nodes.values()
            if n.block == name]  # fmt: skip


def fresh_name(taken: Container[str], base: str = "Block") -> str:
    """`base`, with the first number that is free where it is taken.

    >>> fresh_name({"Block", "Block2"}), fresh_name({"Encoder2"}, "Encoder2")
    ('Block3', 'Encoder3')
    """
    if base not in taken:
        return base
    root = base.rstrip("0123456789") or base
    number = 2
    while f"{root}{number}" in taken:
        number += 1
    return f"{root}{number}"


def suggested_name(network: Network, ids: Iterable[str], taken: Container[str]) -> str:
    """What a block of these nodes may be called: after the beginning that their names share, else Block."""
    shared = _shared_beginning(network, set(ids)) or ""
    words = [part for part in shared.split(".") if not part.isdigit()]
    base = "".join(word.capitalize() for word in words[-1].split("_")) if words and words[-1] else "Block"
    return fresh_name(taken, base)


def middle(nodes: Iterable[Node]) -> tuple[int, int]:
    """Where the card of a block of these nodes stands: in their middle, on the grid."""
    places = [node.at for node in nodes]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return (min(xs) + max(xs)) // 2 // GRID * GRID, (min(ys) + max(ys)) // 2 // GRID * GRID


def inner(network: Network) -> list[Node]:
    """The nodes of a block without its inputs and outputs."""
    return [node for node in network.nodes.values() if node.type not in (INPUT, OUTPUT)]


# -- a selection becomes a block -----------------------------------------------------------------------


def group(edit: Edit, network: str, ids: Iterable[str], name: str) -> str:
    """Makes nodes a block called `name` and puts it in their place. Returns the id of the block's node.

    The network's own inputs and outputs stay where they are. Parameters that the nodes read become
    parameters of the block. Raises BlockError for a selection that cannot be a block.
    """
    sheet = edit.document.network(network)
    wanted = set(ids)
    chosen = [n for n in sheet.nodes.values() if n.id in wanted and n.type not in (INPUT, OUTPUT)]
    if fault := _group_fault(sheet, chosen):
        raise BlockError(fault)
    plan = _Plan(sheet, chosen, name)
    rank = min(edit.document.rank(network, node.id) for node in chosen)
    edit.add_network(name, plan.block())
    take_out(edit, network, plan.names)
    for node in sheet.nodes.values():
        if node.id not in plan.names and any(v["n"] in plan.names for _, v in node.arguments.references()):
            edit.set_arguments(network, node.id, node.arguments.map_references(plan.from_outside))
    edit.do(op.AddNode(network, plan.card(), rank))
    return plan.id


def take_out(edit: Edit, network: str, ids: Iterable[str]) -> None:
    """Removes nodes and leaves the wires from them as they are: something else will be at their end."""
    document = edit.document
    for id_ in sorted(ids, key=lambda i: document.rank(network, i), reverse=True):
        edit.do(op.RemoveNode(network, document.node(network, id_), document.rank(network, id_)))


def _group_fault(sheet: Network, chosen: list[Node]) -> Message | None:
    ids = {node.id for node in chosen}
    if not chosen:
        return Message("Select the nodes that are to become a block, other than inputs and outputs.")
    wired = {value["n"] for node in chosen for _, value in node.arguments.references()}
    if not (wired - ids) & sheet.nodes.keys():
        return Message("None of these nodes takes a wire from outside, and a block needs an input.")
    after = order.reached(order.successors(sheet), ids) - ids
    before = order.reached(order.predecessors(sheet), ids) - ids
    between = [node for node in sheet.nodes if node in after and node in before]
    if between:
        return Message(
            "{node} comes after one of these nodes and before another. Select it too.", node=between[0]
        )
    paths = {module_path(node) for node in chosen}
    for node in sheet.nodes.values():
        if node.id not in ids and module_path(node) in paths:
            return Message("{node} shares its weights with one of these nodes. Select it too.", node=node.id)
    return None


def module_path(node: Node) -> str:
    return node.path or node.id


def _shared_beginning(network: Network, ids: set[str]) -> str | None:
    """The beginning ("layer1.0") that all of `ids` share and no other name has; None without one."""
    parts = [id_.split(".")[:-1] for id_ in ids]
    paths = [node.path.split(".")[:-1] for node in network.nodes.values() if node.id in ids and node.path]
    shared: list[str] = []
    for level in zip(*parts, *paths, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    while shared:
        beginning = ".".join(shared)
        others = [n for n in network.nodes.values() if n.id not in ids]
        names = [name for n in others for name in (n.id, n.path or "")]
        if not any(name == beginning or name.startswith(f"{beginning}.") for name in names):
            return beginning
        return None
    return None


class _Plan:
    """How a selection is cut out: its wires from outside become inputs, its wires to outside outputs."""

    def __init__(self, sheet: Network, chosen: list[Node], name: str) -> None:
        self.sheet = sheet
        self.chosen = chosen
        self.type = f"{BLOCK}{name}"
        ids = {node.id for node in chosen}
        beginning = _shared_beginning(sheet, ids)
        self.names = {n.id: n.id.removeprefix(f"{beginning}.") if beginning else n.id for n in chosen}
        self.prefix = f"{beginning}." if beginning else ""
        self.id = beginning or naming.fresh(base(self.type), Taken(sheet))
        self.entries = self._entries()
        self.exits = self._exits()
        waited = {v["n"] for node in chosen for _, v in node.arguments.references()}
        inside = {*self.names.values(), *(waited - sheet.nodes.keys())}
        self.inputs = _numbered("x", len(self.entries), inside)
        self.outputs = _numbered("y", len(self.exits), {*inside, *self.inputs})

    def _entries(self) -> list[Output]:
        """What comes from outside, in the order in which it is first needed."""
        found: dict[Output, None] = {}
        for node in _in_order(self.sheet, self.chosen):
            for _, value in node.arguments.references():
                if value["n"] in self.sheet.nodes and value["n"] not in self.names:
                    found[value["n"], value.get("i")] = None
        return list(found)

    def _exits(self) -> list[Output]:
        """What is used outside; where nothing is, what is not used inside either."""
        used: dict[Output, None] = {}
        inside: set[str] = set()
        for node in self.sheet.nodes.values():
            for _, value in node.arguments.references():
                if node.id in self.names:
                    inside.add(value["n"])
                elif value["n"] in self.names:
                    used[value["n"], value.get("i")] = None
        places = {node.id: place for place, node in enumerate(_in_order(self.sheet, self.chosen))}
        if used:
            return sorted(used, key=lambda o: (places[o[0]], -1 if o[1] is None else o[1]))
        return [(id_, None) for id_ in places if id_ not in inside]

    def block(self) -> Network:
        """The network of the block, the nodes at the places they had."""
        left, top = (min(node.at[axis] for node in self.chosen) for axis in (0, 1))
        bottom = max(node.at[1] for node in self.chosen)
        nodes: dict[str, Node] = {}
        for place, id_ in enumerate(self.inputs):
            nodes[id_] = Node(id_, INPUT, at=(left + place * COLUMN, top - ROW))
        for node in self.chosen:
            arguments = node.arguments.map_references(self._inside)
            path = node.path.removeprefix(self.prefix) if node.path else None
            id_ = self.names[node.id]
            nodes[id_] = replace(node, id=id_, args=arguments.args, kwargs=arguments.kwargs, path=path)
        for place, (id_, (source, index)) in enumerate(zip(self.outputs, self.exits, strict=True)):
            args = (reference(self.names[source], index),)
            nodes[id_] = Node(id_, OUTPUT, args=args, at=(left + place * COLUMN, bottom + ROW))
        return Network(nodes, {name: self.sheet.parameters[name] for name in self._parameters()})

    def card(self) -> Node:
        """The node that takes the place of the selection."""
        params = {name: {"p": name} for name in self._parameters()}
        args = tuple(reference(source, index) for source, index in self.entries)
        return Node(self.id, self.type, params, args, at=middle(self.chosen))

    def _parameters(self) -> list[str]:
        used = {name for node in self.chosen for value in _held(node) for name in parameters_used(value)}
        return [name for name in self.sheet.parameters if name in used]

    def _inside(self, value: dict[str, Json]) -> Json:
        key = (value["n"], value.get("i"))
        if key in self.entries:
            return reference(self.inputs[self.entries.index(key)])
        return {**value, "n": self.names.get(value["n"], value["n"])}

    def from_outside(self, value: dict[str, Json]) -> Json:
        """A reference of a node outside, to the block where it was to one of its nodes."""
        if value["n"] not in self.names:
            return value
        place = self.exits.index((value["n"], value.get("i")))
        return reference(self.id, place if len(self.exits) > 1 else None)


def _held(node: Node) -> list[Json]:
    """Everything of a node that may read a parameter."""
    return [node.repeat, *node.params.values(), *node.args, *node.kwargs.values()]


def _in_order(sheet: Network, chosen: list[Node]) -> list[Node]:
    """Nodes as they run; as they stand in the file where the wires of the network run in a circle."""
    try:
        places = {id_: place for place, id_ in enumerate(order.topological(sheet))}
    except order.CycleError:
        return chosen
    return sorted(chosen, key=lambda node: places[node.id])


def _numbered(stem: str, count: int, taken: set[str]) -> list[str]:
    """`x`, `x2`, `x3`, ..., those that are taken left out."""
    found: list[str] = []
    number = 1
    while len(found) < count:
        name = stem if number == 1 else f"{stem}{number}"
        if name not in taken:
            found.append(name)
        number += 1
    return found


def base(type_: str) -> str:
    """What the node of a block is called, without the number."""
    return naming.base_name(type_).rstrip("0123456789_") or "block"


class Taken:
    """The names that no new node of a network can have, `leaving` being taken out of it.

    Those are the names of nodes and of weights, what wires wait for, and every beginning of one of them.
    """

    def __init__(self, network: Network, leaving: Container[str] = ()) -> None:
        self.names: set[str] = set()
        self.beginnings: set[str] = set()
        for node in network.nodes.values():
            if node.id not in leaving:
                self.add(node.id)
                self.add(node.path or node.id)
                for _, value in node.arguments.references():
                    if value["n"] not in leaving:
                        self.add(value["n"])

    def add(self, name: str) -> None:
        self.names.add(name)
        self.beginnings.update(_beginnings(name))

    def __contains__(self, name: object) -> bool:
        return name in self.names or name in self.beginnings or self.above(str(name))

    def above(self, name: str) -> bool:
        """Whether a beginning of a dotted name is one: then no number at its end makes it free."""
        return bool(self.names & _beginnings(name))


def _beginnings(name: str) -> set[str]:
    """Every beginning of a dotted name: "layer1" and "layer1.0" of layer1.0.conv."""
    parts = name.split(".")
    return {".".join(parts[:length]) for length in range(1, len(parts))}


# -- copies ------------------------------------------------------------------------------------------


def make_independent(edit: Edit, network: str, id_: str) -> str:
    """Gives one use of a block, and what shares its weights, a copy of its own; returns the copy's name.

    Blocks inside it stay linked.
    """
    node = edit.document.node(network, id_)
    if node.block is None or node.block not in edit.document.network_names():
        raise BlockError(Message("{node} is no block.", node=id_))
    name = fresh_name(edit.document.network_names(), node.block)
    edit.add_network(name, edit.document.network(node.block))
    for other in list(edit.document.nodes(network).values()):
        if other.type == node.type and module_path(other) == module_path(node):
            edit.set_type(network, other.id, f"{BLOCK}{name}")
    return name
