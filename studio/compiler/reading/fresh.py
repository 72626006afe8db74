"""A source that no project is known of, as networks of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from studio.catalog import table
from studio.compiler.reading.file import read
from studio.compiler.reading.loops import AS_MANY
from studio.compiler.reading.model import Member, ReadClass
from studio.graph.layout import layered
from studio.graph.members import ORDER, TIED, in_order
from studio.graph.model import BLOCK, Network, Node, ProjectData
from studio.graph.operations import MISSING
from studio.graph.repeats import schedules
from studio.graph.values import Json, parameters_used, resolve_parameters

CARD = (176.0, 64.0)
"""about the size of a card, to lay out what was never drawn"""


def project_of(text: str, name: str = "Untitled") -> ProjectData:
    """The networks of a source; its last class is "model". Raises ReadingError."""
    classes = read(text)
    last = list(classes)[-1]
    homes = {class_name: "model" if class_name == last else class_name for class_name in classes}
    networks = {homes[found.name]: network_of(found, classes, homes) for found in reversed(classes.values())}
    return ProjectData(name, networks)


def network_of(found: ReadClass, classes: Mapping[str, ReadClass], homes: Mapping[str, str]) -> Network:
    """One class as a network, laid out. `homes` are the networks of the classes by their names."""
    used = any(node.block == found.name for other in classes.values() for node in other.nodes.values())
    parameters = {name: default(name, found, classes) for name in found.parameters}
    nodes = {}
    for id_, node in found.nodes.items():
        counted = _without_sizes(_counted(node, parameters), found, classes)
        nodes[id_] = in_network(counted, homes)
    if used:  # what comes into a block is where it is used
        nodes |= {id_: replace(nodes[id_], params={}) for id_ in found.inputs}
    wires = [wire for node in nodes.values() for wire in Network({node.id: node}).wires()]
    places = layered(dict.fromkeys(nodes, CARD), wires)
    nodes = {id_: replace(node, at=places[id_]) for id_, node in nodes.items()}
    kept = {name for node in nodes.values() for name in _read_by(node)}
    needed = {
        name: parameters[name]
        for name, value in found.parameters.items()
        if value is not MISSING or name in kept
    }
    extra: dict[str, Json] = {
        ORDER: [path for path, member in found.members.items() if _holds_tensors(member)]
    }
    if found.tied:
        extra[TIED] = found.tied
    return in_order(Network(nodes, needed, extra))


def _holds_tensors(member: Member) -> bool:
    entry = table.entry(member.type)
    return entry is None or entry.category not in ("activation", "dropout", "pooling", "shape")


def _read_by(node: Node) -> Iterator[str]:
    """The parameters of its network that a node reads."""
    for value in (*node.params.values(), *node.args, *node.kwargs.values(), node.repeat):
        yield from parameters_used(value)


def _without_sizes(node: Node, found: ReadClass, classes: Mapping[str, ReadClass]) -> Node:
    """A node without what only the class must be told, as it follows from what comes in."""
    told = {name for name, value in found.parameters.items() if value is MISSING}
    entry = table.entry(node.type)
    follow = set(entry.auto) if entry else set()
    params = {
        name: value
        for name, value in node.params.items()
        if not (name in follow and isinstance(value, dict) and value.get("p") in told)
    }
    if node.block is not None and node.block in classes:
        of_class = classes[node.block].parameters
        params = {name: value for name, value in params.items() if of_class.get(name) is not MISSING}
    return replace(node, params=params)


def in_network(node: Node, homes: Mapping[str, str]) -> Node:
    """A node whose block is named as the network is, not as the class."""
    return node if node.block is None else replace(node, type=f"{BLOCK}{homes.get(node.block, node.block)}")


def _counted(node: Node, parameters: Mapping[str, Json]) -> Node:
    """A repeated node with the number of its repetitions, where that is the length of a parameter."""
    if node.repeat != AS_MANY:
        return node
    held = (parameters.get(each["p"]) for value in node.params.values() for each in schedules(value))
    return replace(node, repeat=next((len(value) for value in held if isinstance(value, list)), 1))


def default(name: str, found: ReadClass, classes: Mapping[str, ReadClass]) -> Json:
    """The default of a class's argument; where it has none, what the first use gives."""
    if found.parameters[name] is not MISSING:
        return found.parameters[name]
    for other in classes.values():
        for node in other.nodes.values():
            if node.block == found.name and name in node.params:
                known = {given: default(given, other, classes) for given in other.parameters}
                given = resolve_parameters(node.params[name], known)
                each = next(schedules(given), None)
                return each[0] if isinstance(each, list) and each else given
    return None
