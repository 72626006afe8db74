"""Nodes that only pass on what comes in: dots on a wire, and nodes that are bypassed.

They are the document's own, so that they are moved, copied, deleted and undone as any node. For whatever runs
a network, `plain` takes them out and lets the wires through.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from studio.graph import sharing
from studio.graph.model import INPUT, OUTPUT, Arguments, Network, Node, ProjectData, Wire, derived, wires_into
from studio.graph.values import Json, reference

DOT = "dot"
"""the type of a dot: a place that a wire goes by, and where it may fork"""
BYPASSED = "bypassed"
"""under this key, with true, a node says that what comes in is passed on as it is"""
NOWHERE = 1_000_000
"""an output that no node has: what a further output of a bypassed node comes to"""


def may_be_bypassed(node: Node) -> bool:
    """Whether a node has something to pass on."""
    return node.type not in (INPUT, OUTPUT, DOT) and any(True for _ in wires_into(node))


def passes(node: Node) -> bool:
    """Whether a node only passes on what its first wire brings."""
    if node.type == DOT:
        return True
    return node.extra.get(BYPASSED) is True and node.type not in (INPUT, OUTPUT)


def feeds(network: Network) -> Mapping[str, dict[str, Json]]:
    """For each node that passes on, the output that it passes on: of a node that does not itself.

    One that nothing feeds, or that only others of its kind in a circle feed, is left out.
    """
    return derived(network, "feeds", _feeds)


def _feeds(network: Network) -> dict[str, dict[str, Json]]:
    first = {node.id: next(wires_into(node), None) for node in network.nodes.values() if passes(node)}
    found: dict[str, dict[str, Json]] = {}
    for start in first:
        walk: list[Wire] = []
        seen: set[str] = set()
        here = start
        while here in first and here not in found and here not in seen:
            seen.add(here)
            wire = first[here]
            if wire is None or wire.source not in network.nodes:
                break
            walk.append(wire)
            here = wire.source
        if here in first and here not in found:
            continue
        for wire in reversed(walk):
            known = found.get(wire.source)
            found[wire.target] = _through(known, wire.index) or reference(wire.source, wire.index)
    return found


def _through(feed: dict[str, Json] | None, index: int | None) -> dict[str, Json] | None:
    """What an output of a node that passes `feed` on comes to."""
    if feed is None or not index:
        return feed
    return reference(feed["n"], NOWHERE)


def plain(project: ProjectData) -> ProjectData:
    """The project as it runs: without the nodes that pass on. The very same where there are none.

    Nodes that keep their wires stay the objects they are, also from one edit to the next, so that what is
    remembered of them holds.
    """
    networks = {name: plain_network(network) for name, network in project.networks.items()}
    if all(networks[name] is network for name, network in project.networks.items()):
        return project
    return replace(project, networks=networks)


def plain_network(network: Network) -> Network:
    """One network, as `plain`."""
    return derived(network, "plain", _plain) if feeds(network) else network


def _plain(network: Network) -> Network:
    found = feeds(network)
    nodes: dict[str, Node] = {}
    for node in network.nodes.values():
        if node.id not in found:
            nodes[node.id] = _rewired(_with_values(node, network.nodes, found), found)
    return replace(network, nodes=nodes)


def _with_values(node: Node, nodes: Mapping[str, Node], gone: Mapping[str, object]) -> Node:
    """A node that shares the module of one that is bypassed has the arguments of the module itself."""
    if node.path is None or node.path not in gone:
        return node
    held = sharing.owner(nodes, node)
    return _kept(node, ("values", id(held)), lambda: replace(node, params=held.params), held)


def _rewired(node: Node, found: Mapping[str, dict[str, Json]]) -> Node:
    """A node that takes from where the nodes that pass on take."""
    taken = {wire.source: found[wire.source] for wire in wires_into(node) if wire.source in found}
    if not taken:
        return node

    def through(value: dict[str, Json]) -> Json:
        return _through(found.get(value["n"]), value.get("i")) or value

    def rewired() -> Node:
        arguments: Arguments = node.arguments.map_references(through)
        return replace(node, args=arguments.args, kwargs=arguments.kwargs)

    return _kept(node, ("wires", repr(taken)), rewired)


def _kept(node: Node, key: tuple[str, object], make: Callable[[], Node], *held: object) -> Node:
    """What was made of a node under `key` before; `held` keeps what the key names alive."""
    known = node.kept.get("passing")
    if known is None or known[0] != key:
        known = node.kept["passing"] = (key, make(), held)
    made: Node = known[1]
    return made


def bypassed_before(network: Network, id_: str) -> Iterator[str]:
    """The bypassed nodes that a node comes after, the nearest first."""
    open_, seen = [id_], {id_}
    for here in open_:
        node = network.nodes.get(here)
        for wire in wires_into(node) if node is not None else ():
            source = network.nodes.get(wire.source)
            if source is None or source.id in seen:
                continue
            seen.add(source.id)
            open_.append(source.id)
            if passes(source) and source.type != DOT:
                yield source.id
