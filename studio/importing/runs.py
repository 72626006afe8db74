"""Equal blocks in a row become one node that is repeated; see docs/decisions/0110-a-repeated-block.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from studio.graph.model import Network, Node, wires_into
from studio.graph.operations import same
from studio.graph.values import Json


def folded(network: Network, blocks: Mapping[str, Network]) -> Network:
    """`network` with each run of `blocks` that are named by successive numbers as one node."""
    users: dict[str, set[str]] = {}
    for wire in network.wires():
        users.setdefault(wire.source, set()).add(wire.target)
    nodes: dict[str, Node] = {}
    renamed: dict[str, str] = {}
    waiting = list(network.nodes.values())
    while waiting:
        run = _run(waiting, users)
        first, last = run[0], run[-1]
        if len(run) > 1:
            first = replace(first, repeat=len(run), params=_together(run, blocks[first.block or ""]))
            renamed[last.id] = first.id
        nodes[first.id] = _rewired(first, renamed)
        waiting = waiting[len(run) :]
    return replace(network, nodes=nodes)


def _run(nodes: list[Node], users: Mapping[str, set[str]]) -> list[Node]:
    """The nodes from the first on that only pass a value on, one block after the other."""
    run = [nodes[0]]
    for node in nodes[1:]:
        last = run[-1]
        if not (_follows(last, node) and users.get(last.id) == {node.id}):
            break
        run.append(node)
    return run


def _follows(last: Node, node: Node) -> bool:
    holder, _, place = last.id.rpartition(".")
    return (
        node.block is not None
        and node.type == last.type
        and place.isdigit()
        and node.id == f"{holder}.{int(place) + 1}"
        and not (node.path or last.path or node.kwargs or last.kwargs)
        and len(last.args) == 1
        and node.args == ({"n": last.id},)
        and len(list(wires_into(last))) == 1
    )


def _together(run: list[Node], block: Network) -> dict[str, Json]:
    """The arguments of all repetitions; `each` where they differ."""
    found: dict[str, Json] = {}
    for name, default in block.parameters.items():
        said = [node.params.get(name, default) for node in run]
        if any(not same(value, said[0]) for value in said):
            found[name] = {"each": said}
        elif not same(said[0], default):
            found[name] = said[0]
    return found


def _rewired(node: Node, renamed: Mapping[str, str]) -> Node:
    said = node.arguments.map_references(
        lambda reference: {**reference, "n": renamed.get(reference["n"], reference["n"])}
    )
    return replace(node, args=said.args, kwargs=said.kwargs)
