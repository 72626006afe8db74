"""Edits that may cure a problem, each with the words of its button. Trying them is `cures`' work."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

from studio.catalog import literals, placing, ports, table
from studio.compiler.problems.finding import Remedy
from studio.graph import naming
from studio.graph import order as graph_order
from studio.graph.edit import Edit
from studio.graph.model import INPUT, OUTPUT, Arguments, Network, Node, ProjectData, Wire, wires_into
from studio.graph.operations import MISSING
from studio.graph.values import Json, Path, reference
from studio.words import Message

CASTS = frozenset(
    f"Tensor.{name}" for name in ("long", "int", "float", "double", "half", "bool", "to", "type")
)
_FAR = 6
"""how many nodes upwards a reshape is looked for that may be the one too many"""


def cut(network: str, wire: Wire) -> Remedy:
    return Remedy(
        Message("Remove the wire from {source} to {target}", source=wire.source, target=wire.target),
        lambda edit: edit.disconnect(network, wire.target, wire.slot),
    )


def remove(network: str, node: str) -> Remedy:
    """Takes a node out; what it fed is fed by what fed it."""
    return Remedy(
        Message("Remove {node}", node=node), lambda edit: edit.remove_nodes(network, [node], heal=True)
    )


def own_module(network: str, node: str) -> Remedy:
    """The node shares no module any more."""
    label = Message("Give {node} weights of its own", node=node)
    return Remedy(label, lambda edit: edit.set_path(network, node, None))


def rename(network: str, node: str, wanted: str, taken: Container[str]) -> Remedy:
    new = wanted if wanted not in taken else naming.fresh(wanted, taken)
    return Remedy(Message("Rename it to {name}", name=new), lambda edit: edit.rename_node(network, node, new))


def pick(network: str, wire: Wire, index: int, name: str) -> Remedy:
    return Remedy(
        Message("Take {output} of {source}", output=name, source=wire.source),
        lambda edit: edit.connect(network, wire.source, wire.target, wire.slot, index),
    )


def loose_ends(project: ProjectData, network: str) -> list[str]:
    """The nodes that give something nobody takes, in the order of the file."""
    graph = project.networks[network]
    used = {wire.source for wire in graph.wires()}
    return [n.id for n in graph.nodes.values() if n.id not in used and ports.outputs(n, project)]


def reconnect(project: ProjectData, network: str, node: str, slot: Path) -> tuple[Remedy, ...]:
    """Wires from the nodes that nothing uses yet, the nearest above first, then from any other above."""
    graph = project.networks[network]
    behind = graph_order.downstream(graph, node) | {node}
    here = graph.nodes[node].at
    loose = [name for name in loose_ends(project, network) if name not in behind]
    others = [
        n.id
        for n in graph.nodes.values()
        if n.id not in behind and n.id not in loose and ports.outputs(n, project)
    ]

    def far(name: str) -> tuple[bool, int]:
        x, y = graph.nodes[name].at
        return (y > here[1], abs(x - here[0]) + abs(y - here[1]))

    nearest = [*sorted(loose, key=far), *sorted(others, key=far)]
    single = [wire_to(project, network, name, node, slot) for name in nearest[:3]]
    open_ = [ports.slot_for(graph.nodes[node], port) for port in ports.missing(graph.nodes[node], project)]
    if len(open_) < 2:
        return tuple(single)
    every = [
        all_of(
            Message("Connect {source} to all inputs of {target}", source=name, target=node),
            [wire_to(project, network, name, node, each) for each in open_],
        )
        for name in nearest[:2]
    ]
    return (*every, *single)


def wire_to(project: ProjectData, network: str, source: str, target: str, slot: Path) -> Remedy:
    several = len(ports.outputs(project.networks[network].nodes[source], project)) > 1
    return Remedy(
        Message("Connect {source} to {target}", source=source, target=target),
        lambda edit: edit.connect(network, source, target, slot, 0 if several else None),
    )


def add_input(network: str, before: Node) -> Remedy:
    def apply(edit: Edit) -> None:
        name = naming.fresh("input", edit.document.nodes(network))
        x, y = before.at
        nodes = edit.document.nodes(network)
        at = placing.beside(nodes, (x, y - placing.ROW))
        edit.add_node(network, Node(name, INPUT, at=at))
        for node in list(nodes.values()):
            if node.type != OUTPUT and table.entry(node.type) is not None and len(ports.inputs(node)) == 1:
                for port in ports.missing(node):
                    edit.connect(network, name, node.id, ports.slot_for(node, port))
        if edit.document.node(network, before.id) == before:
            edit.connect(network, name, before.id, ports.missing(before)[0].slot)

    return Remedy(Message("Add an Input before {node}", node=before.id), apply)


def add_output(project: ProjectData, network: str, source: str) -> Remedy:
    last = project.networks[network].nodes[source]
    several = len(ports.outputs(last, project)) > 1

    def apply(edit: Edit) -> None:
        name = naming.fresh("output", edit.document.nodes(network))
        given = reference(source, 0 if several else None)
        at = placing.below(edit.document.nodes(network), source)
        edit.add_node(network, Node(name, OUTPUT, args=(given,), at=at))

    return Remedy(Message("Add an Output behind {node}", node=source), apply)


def set_param(network: str, node: str, name: str, value: Json) -> Remedy:
    return Remedy(
        Message("Set {name} to {value}", name=name, value=shown(value)),
        lambda edit: edit.set_param(network, node, name, value),
    )


def set_params(network: str, node: str, values: Mapping[str, Json]) -> Remedy:
    def apply(edit: Edit) -> None:
        for name, value in values.items():
            edit.set_param(network, node, name, value)

    told = " · ".join(f"{name} = {shown(value)}" for name, value in values.items())
    return Remedy(Message("Set {values}", values=told), apply)


def set_auto(network: str, node: str, name: str, value: Json) -> Remedy:
    """Leaves a parameter to what follows from the input, or from the data."""
    return Remedy(
        Message("Set {name} to auto ({value})", name=name, value=shown(value)),
        lambda edit: edit.set_param(network, node, name, MISSING),
    )


def unset(network: str, node: str, name: str) -> Remedy:
    return Remedy(
        Message("Remove {name}", name=name), lambda edit: edit.set_param(network, node, name, MISSING)
    )


def literal_slot(node: Node, name: str, place: int) -> Path:
    """Where a literal of a call stands: by position where it was written so, else by name."""
    return ("args", place) if name not in node.kwargs and len(node.args) > place else ("kwargs", name)


def set_value(network: str, node: str, slot: Path, name: str, value: Json) -> Remedy:
    """Sets a literal of a call: `slot` is its place in the arguments."""

    def apply(edit: Edit) -> None:
        arguments = edit.document.node(network, node).arguments
        edit.set_arguments(network, node, arguments.with_value(slot, value))

    return Remedy(Message("Set {name} to {value}", name=name, value=shown(value)), apply)


def become(network: str, node: str, type_: str) -> Remedy:
    return Remedy(
        Message("Make it {type}", type=table.label(type_)),
        lambda edit: edit.set_type(network, node, type_),
    )


def insert(
    network: str,
    wire: Wire,
    type_: str,
    params: Mapping[str, Json] | None = None,
    kwargs: Mapping[str, Json] | None = None,
    args: tuple[Json, ...] = (),
    label: Message | None = None,
) -> Remedy:
    """A new node on a wire. What lies below moves down where room is needed."""

    def apply(edit: Edit) -> None:
        nodes = edit.document.nodes(network)
        name = naming.fresh(naming.base_name(type_), nodes)
        at, moved = placing.pushed(nodes, wire.source)
        for other, place in moved.items():
            edit.move(network, other, place)
        given = reference(wire.source, wire.index)
        edit.add_node(
            network,
            Node(
                name, type_, params=dict(params or {}), args=(given, *args), kwargs=dict(kwargs or {}), at=at
            ),
        )
        edit.connect(network, name, wire.target, wire.slot)

    words = label or Message("Insert {label} before {node}", label=table.label(type_), node=wire.target)
    return Remedy(words, apply)


def bypass(network: str, wire: Wire, node: Node) -> Remedy | None:
    """Takes what `node` was given instead of what it gives; the node goes if nothing else uses it."""
    before = next(wires_into(node), None)
    if before is None:
        return None

    def apply(edit: Edit) -> None:
        edit.connect(network, before.source, wire.target, wire.slot, before.index)
        used = any(w.source == node.id for n in edit.document.nodes(network).values() for w in wires_into(n))
        if not used:
            edit.remove_nodes(network, [node.id])

    return Remedy(Message("Remove {node}", node=node.id), apply)


def without_shaping(graph: Network, network: str, wire: Wire) -> Iterator[Remedy]:
    """Takes out what only reshapes, pools or converts before the end of a wire, the nearest first."""
    node = graph.nodes[wire.source]
    for _ in range(_FAR):
        before = next(wires_into(node), None)
        if before is None:
            return
        if table.category(node.type) == "shape" or node.type in CASTS:
            yield remove(network, node.id)
        node = graph.nodes[before.source]


def swap_call(
    network: str, node: Node, type_: str, kwargs: Mapping[str, Json], label: Message | None = None
) -> Remedy:
    """Another function, with named values of its own, of what `node` is given first."""

    def apply(edit: Edit) -> None:
        for name in node.params:
            edit.set_param(network, node.id, name, MISSING)
        edit.set_type(network, node.id, type_)
        edit.set_arguments(network, node.id, Arguments(node.args[:1], kwargs))

    return Remedy(label or Message("Make it {type}", type=table.label(type_)), apply)


def shown(value: Json) -> str:
    """A literal as Python writes it: `[3, 3]` is (3, 3), a slice is `:`."""
    return f"({literals.text(value)})" if isinstance(value, list | tuple) else literals.text(value)


def all_of(label: Message, parts: Sequence[Remedy]) -> Remedy:
    """Several edits as one."""

    def apply(edit: Edit) -> None:
        for part in parts:
            part.apply(edit)

    return Remedy(label, apply)


def swap(network: str, node: Node, type_: str, params: Mapping[str, Json]) -> Remedy:
    """Another layer with parameters of its own in the place of `node`."""

    def apply(edit: Edit) -> None:
        for name in node.params:
            edit.set_param(network, node.id, name, MISSING)
        edit.set_type(network, node.id, type_)
        for name, value in params.items():
            edit.set_param(network, node.id, name, value)

    return Remedy(Message("Make it {type}", type=table.label(type_)), apply)
