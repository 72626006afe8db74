"""One module used by several nodes. Its owner has the arguments; the others name the owner in `path`.

An owner that is removed hands the module on: the next use takes over its name, so that the weights keep it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.graph import naming
from studio.graph.model import Node

if TYPE_CHECKING:
    from studio.graph.edit import Edit


def owner(nodes: Mapping[str, Node], node: Node) -> Node:
    """The node whose arguments the module of `node` has: itself, or the one it shares with."""
    found = nodes.get(node.path or node.id)
    return found if found is not None and found.type == node.type else node


def uses(nodes: Mapping[str, Node], node: Node) -> list[str]:
    """The nodes that use the module of `node`, itself among them, in the order of the file."""
    path = node.path or node.id
    return [other.id for other in nodes.values() if (other.path or other.id) == path]


def use_again(edit: Edit, network: str, id_: str, at: tuple[int, int]) -> str:
    """Adds another use of the module of a node; returns its name. It is not wired yet."""
    nodes = edit.document.nodes(network)
    first = owner(nodes, nodes[id_])
    name = naming.fresh(naming.stem(first.id), nodes)
    edit.add_node(network, Node(name, first.type, at=at, path=first.id, repeat=first.repeat))
    return name


def part(edit: Edit, network: str, id_: str) -> None:
    """Gives a node a module of its own, made with the arguments it had."""
    nodes = edit.document.nodes(network)
    first, node = owner(nodes, nodes[id_]), nodes[id_]
    others = [other for other in uses(nodes, node) if other != id_]
    if node.path is not None:
        _take(edit, network, first, node)
    elif others:
        heir, *rest = others
        _take(edit, network, first, nodes[heir])
        for other in rest:
            edit.set_path(network, other, heir)


def hand_on(edit: Edit, network: str, doomed: Iterable[str]) -> dict[str, str]:
    """Before owners are removed: their arguments go to uses that stay. Returns these, each with its name."""
    gone = set(doomed)
    nodes = edit.document.nodes(network)
    heirs: dict[str, str] = {}
    for node in list(nodes.values()):
        lost = node.path if node.path in gone and node.id not in gone else None
        if lost is not None and lost in nodes and lost not in heirs.values():
            heirs[node.id] = lost
            _take(edit, network, nodes[lost], node)
    return heirs


def copied(nodes: Iterable[Node], there: Mapping[str, Node]) -> list[Node]:
    """Nodes as they are copied: a use whose owner stays behind takes the arguments along."""
    found = list(nodes)
    ids = {node.id for node in found}
    return [
        replace(node, params=owner(there, node).params) if node.path and node.path not in ids else node
        for node in found
    ]


def pasted(nodes: Iterable[Node], names: Mapping[str, str], there: Mapping[str, Node]) -> list[Node]:
    """Nodes as they are pasted: `names` are their new names, `there` is what the network has already.

    A use shares with the copy of its owner, else with the owner where it is there, else has its own module.
    """
    found: list[Node] = []
    heirs: dict[str, str] = {}
    for node in nodes:
        path = node.path
        if path is None:
            found.append(node)
        elif path in names:
            found.append(replace(node, path=names[path]))
        elif path in there and there[path].type == node.type and there[path].path is None:
            found.append(replace(node, params={}))
        elif path in heirs:
            found.append(replace(node, path=heirs[path], params={}))
        else:
            heirs[path] = names[node.id]
            found.append(replace(node, path=None))
    return found


def _take(edit: Edit, network: str, first: Node, node: Node) -> None:
    """Makes `node` an owner, with the arguments of `first`."""
    for name, value in first.params.items():
        edit.set_param(network, node.id, name, value)
    edit.set_path(network, node.id, None)
