"""In which order nodes run, what lies before and after one, and whether a wire would close a circle.

Wires from nodes that do not exist are ignored here; `validate` reports them. Nothing recurses, so a chain of
ten thousand layers is as good as one of ten.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from studio.graph.model import Network, derived
from studio.words import Message, NetloomError


class CycleError(NetloomError):
    """The wires of a network run in a circle. `ids` are the nodes on it, in the order of the wires."""

    def __init__(self, ids: list[str]) -> None:
        super().__init__(
            Message(
                "The wires run in a circle: {nodes}. Remove one of them.",
                nodes=" → ".join([*ids, ids[0]]),
            )
        )
        self.ids = ids


def topological(network: Network) -> list[str]:
    """The ids so that each comes after what feeds it, as near to the order of the file as that allows.

    Raises CycleError.
    """
    return list(derived(network, "order", _topological))


def _topological(network: Network) -> list[str]:
    feeds = successors(network)
    waiting = _in_degrees(feeds)
    rank = {node: i for i, node in enumerate(network.nodes)}
    names = list(network.nodes)
    ready = [rank[node] for node, count in waiting.items() if not count]
    heapq.heapify(ready)
    ordered: list[str] = []
    while ready:
        node = names[heapq.heappop(ready)]
        ordered.append(node)
        for target in feeds[node]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, rank[target])
    if len(ordered) < len(names):
        raise CycleError(_circle({node for node, count in waiting.items() if count}, feeds))
    return ordered


def cycle(network: Network) -> list[str] | None:
    """The ids of one circle of wires, or None."""
    try:
        topological(network)
    except CycleError as error:
        return error.ids
    return None


def upstream(network: Network, node: str) -> set[str]:
    """Every node that `node` depends on, itself not counted unless it is on a circle."""
    return reached(predecessors(network), [node])


def downstream(network: Network, node: str) -> set[str]:
    """Every node that depends on `node`, itself not counted unless it is on a circle."""
    return reached(successors(network), [node])


def would_cycle(network: Network, source: str, target: str) -> bool:
    """Whether a wire from `source` to `target` would close a circle."""
    return source == target or source in downstream(network, target)


def successors(network: Network) -> dict[str, list[str]]:
    """Which nodes each node feeds, each once, in the order of the file."""
    feeds: dict[str, dict[str, None]] = {node: {} for node in network.nodes}
    for wire in network.wires():
        if wire.source in feeds:
            feeds[wire.source][wire.target] = None
    return {node: list(targets) for node, targets in feeds.items()}


def predecessors(network: Network) -> dict[str, list[str]]:
    """Which nodes feed each node, each once, in the order of its arguments."""
    fed: dict[str, dict[str, None]] = {node: {} for node in network.nodes}
    for wire in network.wires():
        if wire.source in fed:
            fed[wire.target][wire.source] = None
    return {node: list(sources) for node, sources in fed.items()}


def _in_degrees(feeds: Mapping[str, Iterable[str]]) -> dict[str, int]:
    degrees = dict.fromkeys(feeds, 0)
    for targets in feeds.values():
        for target in targets:
            degrees[target] += 1
    return degrees


def _circle(stuck: set[str], feeds: Mapping[str, list[str]]) -> list[str]:
    """One circle among nodes that wait for each other. Walking back through them must come round."""
    fed_by = {target: node for node in stuck for target in feeds[node] if target in stuck}
    node = min(stuck)
    seen: dict[str, None] = {}
    while node not in seen:
        seen[node] = None
        node = fed_by[node]
    walk = list(seen)
    circle = walk[walk.index(node) :][::-1]
    first = circle.index(min(circle))
    return circle[first:] + circle[:first]


def reached(neighbours: Mapping[str, Iterable[str]], starts: Iterable[str]) -> set[str]:
    """Everything that steps along `neighbours` lead to; `starts` themselves only where one leads back."""
    found: set[str] = set()
    open_ = list(starts)
    while open_:
        for node in neighbours.get(open_.pop(), ()):
            if node not in found:
                found.add(node)
                open_.append(node)
    return found
