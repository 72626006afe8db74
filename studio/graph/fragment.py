"""Nodes on the move: copy, paste, and their text on the clipboard.

A fragment is plain JSON: nodes as in a project file, placed relative to the top left of them all, the
networks they use as blocks, and the parameters that they read. Wires from nodes outside are kept in it;
`paste` decides what becomes of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from studio.graph import naming, sharing
from studio.graph.edit import Edit, without
from studio.graph.model import BLOCK, Arguments, Network, Node, ProjectData
from studio.graph.operations import same
from studio.graph.values import MAX_DEPTH, Json, depth, parameters_used
from studio.words import Message, NetloomError

FORMAT = "netloom-fragment"
VERSION = 1
MAX_TEXT = 64 * 2**20
_AROUND = 2
"""how much deeper a node lies in a project file than in a fragment"""
_NODE_KEYS = ("id", "type", "path", "repeat", "params", "args", "kwargs", "at")


class FragmentError(NetloomError):
    """A text is no fragment. Nothing was pasted."""


def copy(network: Network, ids: Iterable[str], project: ProjectData | None = None) -> dict[str, Json]:
    """The fragment of the nodes `ids`, in the order of the file; unknown ids are left out.

    With `project`, the networks that the nodes use as blocks come with it, those inside them too.
    """
    wanted = set(ids)
    nodes = sharing.copied((n for n in network.nodes.values() if n.id in wanted), network.nodes)
    left = min((node.at[0] for node in nodes), default=0)
    top = min((node.at[1] for node in nodes), default=0)
    fragment: dict[str, Json] = {"format": FORMAT, "version": VERSION}
    fragment["nodes"] = [node_to_json(replace(n, at=(n.at[0] - left, n.at[1] - top))) for n in nodes]
    if read := _parameters(nodes, network.parameters):
        fragment["parameters"] = read
    if blocks := _blocks(nodes, project):
        fragment["networks"] = {name: network_to_json(found) for name, found in blocks.items()}
    return fragment


def paste(
    edit: Edit,
    network_name: str,
    fragment: Mapping[str, Json],
    at: tuple[int, int],
    keep_wires_from_outside: bool = False,
) -> list[str]:
    """Adds the nodes of a fragment with its top left at `at`; returns their ids there, in its order.

    Wires between them follow. Wires from outside are cut, or kept where the network has such a node. Blocks
    that they use are added where the project has not the same one, parameters that they read where the
    network has none of that name. Raises FragmentError.
    """
    nodes, networks = _read(fragment)
    renamed = add_networks(edit, networks)
    nodes = [_using(node, renamed) for node in nodes]
    known = edit.document.network(network_name).parameters
    for name, default in fragment.get("parameters", {}).items():
        if name not in known:
            edit.set_network_parameter(network_name, name, default)
    present = edit.document.nodes(network_name)
    names = _new_names(nodes, present)
    nodes = sharing.pasted(nodes, names, present)
    kept = set(present) if keep_wires_from_outside else set()
    for node in nodes:
        arguments = _rewired(node.arguments, names, kept)
        place = (node.at[0] + at[0], node.at[1] + at[1])
        copied = replace(node, id=names[node.id], args=arguments.args, kwargs=arguments.kwargs, at=place)
        edit.add_node(network_name, copied)
    return list(names.values())


def add_networks(edit: Edit, networks: Mapping[str, Network]) -> dict[str, str]:
    """Adds blocks to a project; those it has already, equal in all they use, are linked to.

    Returns what each of them is called there: another one of that name keeps it, the new one gets a number.
    """
    there = edit.document.data().networks
    names: dict[str, str] = {}
    for name in networks:
        held = name in there
        if not held or _equal(name, networks, there):
            names[name] = name
        else:
            names[name] = _free_name(name, {*there, *networks, *names.values()})
    for name, network in networks.items():
        if names[name] not in there:
            used = {id_: _using(node, names) for id_, node in network.nodes.items()}
            edit.add_network(names[name], replace(network, nodes=used))
    return names


def _equal(name: str, networks: Mapping[str, Network], there: Mapping[str, Network]) -> bool:
    """Whether a block, and every block it uses, is there in the same form."""
    open_, seen = [name], set[str]()
    while open_:
        current = open_.pop()
        if current in seen:
            continue
        seen.add(current)
        if current not in there or current not in networks:
            return False
        if not same(network_to_json(networks[current]), network_to_json(there[current])):
            return False
        open_ += [node.block for node in networks[current].nodes.values() if node.block is not None]
    return True


def _free_name(name: str, taken: set[str]) -> str:
    stem, number = name.rstrip("0123456789") or name, 2
    while f"{stem}{number}" in taken:
        number += 1
    return f"{stem}{number}"


def _using(node: Node, names: Mapping[str, str]) -> Node:
    """A node that uses the blocks under the names they have here."""
    new = names.get(node.block or "")
    return node if new is None or new == node.block else replace(node, type=f"{BLOCK}{new}")


def dumps(fragment: Mapping[str, Json]) -> str:
    """A fragment as text for the clipboard, a node a line."""
    head = {key: value for key, value in fragment.items() if key != "nodes"}
    lines = ",\n".join("  " + json.dumps(node, ensure_ascii=False) for node in fragment["nodes"])
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "nodes": [\n{lines}\n]}}'


def loads(text: str) -> dict[str, Json]:
    """The fragment in a text. Raises FragmentError, with what is wrong, for anything else."""
    if len(text) > MAX_TEXT:
        raise FragmentError(Message("The text is too long to be nodes of Netloom."))
    try:
        fragment = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FragmentError(
            Message("The text is not nodes of Netloom: it is no JSON ({reason}).", reason=error)
        ) from error
    if not isinstance(fragment, dict) or fragment.get("format") != FORMAT:
        raise _foreign()
    if depth(fragment) > MAX_DEPTH - _AROUND:
        raise FragmentError(Message("The value is nested too deeply."))
    if fragment.get("version") != VERSION:
        raise FragmentError(
            Message("These nodes were copied from a newer Netloom. Update this one to paste them.")
        )
    _read(fragment)
    return fragment


def node_to_json(node: Node) -> dict[str, Json]:
    """A node as the project file writes it: what is empty is left out."""
    table: dict[str, Json] = {"id": node.id, "type": node.type}
    if node.path is not None:
        table["path"] = node.path
    if node.repeat is not None:
        table["repeat"] = node.repeat
    if node.params:
        table["params"] = dict(node.params)
    if node.args:
        table["args"] = list(node.args)
    if node.kwargs:
        table["kwargs"] = dict(node.kwargs)
    table["at"] = list(node.at)
    return table | {key: node.extra[key] for key in sorted(node.extra) if key not in table}


def node_from_json(table: Mapping[str, Json]) -> Node:
    """A node from its JSON. Raises FragmentError when a field is missing or of the wrong kind."""
    at = table.get("at", [0, 0])
    path = table.get("path")
    if not (
        isinstance(table.get("id"), str)
        and isinstance(table.get("type"), str)
        and isinstance(table.get("params", {}), dict)
        and isinstance(table.get("args", []), list)
        and isinstance(table.get("kwargs", {}), dict)
        and isinstance(at, list)
        and len(at) == 2
        and type(at[0]) is type(at[1]) is int
        and (path is None or isinstance(path, str))
    ):
        raise FragmentError(
            Message("The node {node} is not written as a node of Netloom.", node=table.get("id"))
        )
    return Node(
        id=table["id"],
        type=table["type"],
        params=table.get("params", {}),
        args=tuple(table.get("args", [])),
        kwargs=table.get("kwargs", {}),
        at=(at[0], at[1]),
        path=path,
        extra={key: value for key, value in table.items() if key not in _NODE_KEYS},
        repeat=table.get("repeat"),
    )


def network_to_json(network: Network) -> dict[str, Json]:
    """A network as the project file writes it."""
    table: dict[str, Json] = {"parameters": dict(network.parameters)} if network.parameters else {}
    table["nodes"] = [node_to_json(node) for node in network.nodes.values()]
    return table | {key: network.extra[key] for key in sorted(network.extra) if key not in table}


def network_from_json(table: Mapping[str, Json]) -> Network:
    """A network from its JSON. Raises FragmentError when it is not one."""
    nodes, parameters = table.get("nodes", []), table.get("parameters", {})
    if not isinstance(parameters, dict):
        raise _foreign()
    return Network(
        {node.id: node for node in _nodes(nodes)},
        parameters,
        {key: value for key, value in table.items() if key not in ("nodes", "parameters")},
    )


def _nodes(tables: Json) -> list[Node]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _foreign()
    nodes = [node_from_json(table) for table in tables]
    if len({node.id for node in nodes}) < len(nodes):
        raise FragmentError(Message("Two of the nodes have the same name."))
    return nodes


def _read(fragment: Mapping[str, Json]) -> tuple[list[Node], dict[str, Network]]:
    networks = fragment.get("networks", {})
    if not isinstance(networks, dict) or not all(isinstance(table, dict) for table in networks.values()):
        raise _foreign()
    if not isinstance(fragment.get("parameters", {}), dict):
        raise _foreign()
    return _nodes(fragment.get("nodes")), {n: network_from_json(table) for n, table in networks.items()}


def _parameters(nodes: Iterable[Node], known: Mapping[str, Json]) -> dict[str, Json]:
    """The parameters, with their defaults, that nodes read."""
    held = [value for n in nodes for value in (n.repeat, *n.params.values(), *n.args, *n.kwargs.values())]
    used = {name for value in held for name in parameters_used(value)}
    return {name: default for name, default in known.items() if name in used}


def _blocks(nodes: Iterable[Node], project: ProjectData | None) -> dict[str, Network]:
    found: dict[str, Network] = {}
    open_ = list(nodes)
    while project and open_:
        name = open_.pop().block
        if name is not None and name in project.networks and name not in found:
            found[name] = project.networks[name]
            open_ += found[name].nodes.values()
    return found


def _new_names(nodes: Iterable[Node], present: Mapping[str, Node]) -> dict[str, str]:
    """The id each node gets. What the network already uses or waits for is left to it."""
    taken = set(present)
    taken |= {value["n"] for node in present.values() for _, value in node.arguments.references()}
    names: dict[str, str] = {}
    next_number: dict[str, int] = {}
    for node in nodes:
        name = node.id
        if name in taken:
            name = _numbered(naming.stem(node.id), taken, next_number)
        taken.add(name)
        names[node.id] = name
    return names


def _numbered(base: str, taken: set[str], next_number: dict[str, int]) -> str:
    """As `naming.fresh`, but remembers where it was: ten thousand copies in one go stay quick."""
    number = next_number.get(base, 1)
    while f"{base}{number}" in taken:
        number += 1
    next_number[base] = number + 1
    return f"{base}{number}"


def _rewired(arguments: Arguments, names: Mapping[str, str], kept: set[str]) -> Arguments:
    found = list(arguments.references())
    if not found:
        return arguments
    lost = [slot for slot, value in found if value["n"] not in names and value["n"] not in kept]
    for slot in reversed(lost):
        arguments = without(arguments, slot)
    return arguments.map_references(lambda value: {**value, "n": names.get(value["n"], value["n"])})


def _foreign() -> FragmentError:
    return FragmentError(Message("The text is not nodes of Netloom. Copy cards on the canvas first."))


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no number of JSON")
