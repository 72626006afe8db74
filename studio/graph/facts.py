"""A project as a flat table of facts, each at a place: what two versions are compared and merged by.

A place is a tuple of steps as in the file: ("networks", "model", "nodes", "conv1", "params", "stride"). That
a network or a node is there is a fact of its own, True at its place. The order of nodes is no fact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from studio.graph import validate
from studio.graph.document import Document
from studio.graph.edit import Edit
from studio.graph.model import Network, Node, ProjectData
from studio.graph.operations import MISSING
from studio.graph.values import Json, is_reference, is_table
from studio.words import Message

Place: TypeAlias = tuple[str | int, ...]
Facts: TypeAlias = dict[Place, Json]

NODE = 4
"""steps to a node: ("networks", its network, "nodes", its id)"""
WHERE = "at"
"""the last step to where a card lies"""
_UNSAID = ((0, "networks"), (2, "nodes"), (2, "parameters"), (2, "extra"))
"""steps that a person does not need to hear, with their depth"""


def facts(project: ProjectData) -> Facts:
    """Every fact of a project. Lists of settings are one fact, mappings one for each of their keys."""
    found: Facts = {("name",): project.name}
    for name, network in project.networks.items():
        found.update(_network(("networks", name), network))
    for section, value in project.settings.items():
        found.update(_leaves((section,), value))
    return found


def node_of(place: Place) -> tuple[str, str] | None:
    """The network and the id of the node that a place lies in; None outside of nodes."""
    if len(place) >= NODE and place[0] == "networks" and place[2] == "nodes":
        return str(place[1]), str(place[3])
    return None


def place_text(place: Place) -> str:
    """A place as people read it: `model.conv1.out_channels`, `model.add.args[0]`, `training.optimizer.lr`."""
    steps = [step for depth, step in enumerate(place) if (depth, step) not in _UNSAID]
    if node_of(place) is not None and len(place) > NODE + 1 and place[NODE] in ("params", "extra"):
        del steps[2]
    return validate.place(tuple(steps))


def value_text(value: Json) -> str:
    """A value in one line: a wire by where it comes from, a text as it is."""
    if value is MISSING:
        return "–"
    if is_reference(value):
        return f"← {value['n']}" if value.get("i") is None else f"← {value['n']}[{value['i']}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def set_fact(edit: Edit, place: Place, value: Json) -> None:
    """Makes `value` the fact at `place`, `MISSING` takes it out. A network or a node can only be taken out.

    Raises EditError where what it lies in is not there.
    """
    match place:
        case ("networks", str(name)):
            edit.remove_network(name)
        case ("networks", str(name), "parameters", str(key)):
            edit.set_network_parameter(name, key, value)
        case ("networks", str(name), "extra", str(key)):
            edit.set_network_extra(name, key, value)
        case ("networks", str(name), "nodes", str(id_)):
            edit.remove_nodes(name, [id_], heal=True)
        case ("networks", str(name), "nodes", str(id_), *attribute):
            _set_attribute(edit, name, id_, tuple(attribute), value)
        case _ if value is MISSING:
            edit.unset(tuple(map(str, place)))
        case _:
            edit.set(tuple(map(str, place)), value)


def _set_attribute(edit: Edit, network: str, id_: str, attribute: Place, value: Json) -> None:
    there = None if value is MISSING else value
    match attribute:
        case ("type",):
            edit.set_type(network, id_, value)
        case ("at",):
            edit.move(network, id_, (value[0], value[1]))
        case ("path",):
            edit.set_path(network, id_, there)
        case ("repeat",):
            edit.set_repeat(network, id_, there)
        case ("params", str(key)):
            edit.set_param(network, id_, key, value)
        case ("extra", str(key)):
            edit.set_extra(network, id_, key, value)
        case _:
            arguments = edit.document.node(network, id_).arguments
            edit.set_arguments(network, id_, arguments.with_value(attribute, there))


def renamed(project: ProjectData, names: Mapping[tuple[str, str], str]) -> ProjectData:
    """The project with nodes given other ids, by network and old id; wires and all else that names them too.

    Raises EditError where a name is taken.
    """
    document = Document(project)
    with document.transaction(Message("Rename")) as edit:
        for (network, old), new in names.items():
            edit.rename_node(network, old, new)
    return document.data()


def _network(place: Place, network: Network) -> Iterator[tuple[Place, Json]]:
    yield place, True
    for kind, table in (("parameters", network.parameters), ("extra", network.extra)):
        yield from (((*place, kind, key), value) for key, value in table.items())
    for id_, node in network.nodes.items():
        yield from _node((*place, "nodes", id_), node)


def _node(place: Place, node: Node) -> Iterator[tuple[Place, Json]]:
    yield place, True
    yield (*place, "type"), node.type
    yield (*place, WHERE), node.at
    if node.path is not None:
        yield (*place, "path"), node.path
    if node.repeat is not None:
        yield (*place, "repeat"), node.repeat
    yield from (((*place, "args", i), value) for i, value in enumerate(node.args) if value is not None)
    for kind, table in (("kwargs", node.kwargs), ("params", node.params), ("extra", node.extra)):
        yield from (((*place, kind, key), value) for key, value in table.items())


def _leaves(place: Place, value: Json) -> Iterator[tuple[Place, Json]]:
    if isinstance(value, Mapping) and value and not is_table(value):
        for key, inner in value.items():
            yield from _leaves((*place, key), inner)
    else:
        yield place, value
