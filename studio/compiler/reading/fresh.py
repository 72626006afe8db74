"""A source that no project is known of, as networks of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.compiler.reading.file import read
from studio.compiler.reading.model import ReadClass
from studio.graph.layout import layered
from studio.graph.model import BLOCK, Network, Node, ProjectData
from studio.graph.operations import MISSING
from studio.graph.values import Json, resolve_parameters

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
    nodes = {id_: in_network(node, homes) for id_, node in found.nodes.items()}
    if used:  # what comes into a block is where it is used
        nodes |= {id_: replace(nodes[id_], params={}) for id_ in found.inputs}
    wires = [wire for node in nodes.values() for wire in Network({node.id: node}).wires()]
    places = layered(dict.fromkeys(nodes, CARD), wires)
    parameters = {name: default(name, found, classes) for name in found.parameters}
    return Network({id_: replace(node, at=places[id_]) for id_, node in nodes.items()}, parameters)


def in_network(node: Node, homes: Mapping[str, str]) -> Node:
    """A node whose block is named as the network is, not as the class."""
    return node if node.block is None else replace(node, type=f"{BLOCK}{homes.get(node.block, node.block)}")


def default(name: str, found: ReadClass, classes: Mapping[str, ReadClass]) -> Json:
    """The default of a class's argument; where it has none, what the first use gives."""
    if found.parameters[name] is not MISSING:
        return found.parameters[name]
    for other in classes.values():
        for node in other.nodes.values():
            if node.block == found.name and name in node.params:
                known = {given: default(given, other, classes) for given in other.parameters}
                return resolve_parameters(node.params[name], known)
    return None
