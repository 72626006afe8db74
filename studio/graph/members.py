"""What a network says of its members beyond its nodes: in which order they are registered, and which are one.

`order` lists the paths of members that are registered otherwise than the graph runs; `tied` lists groups of
paths, each of which names the same module or tensor. Both are keys of a network in the file, and may be out
of date: what names nothing is passed over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from studio.graph.model import Network
from studio.graph.order import topological
from studio.graph.values import Json

ORDER, TIED = "order", "tied"


def ordered(network: Network, paths: Iterable[str]) -> list[str]:
    """`paths`, which are in the order of the graph, as they are registered.

    What `order` does not list, such as a layer that was added since, comes behind what it followed.
    """
    ranks = {path: place for place, path in enumerate(_texts(network.extra.get(ORDER)))}
    last = -1
    keys: dict[str, tuple[int, int, int]] = {}
    for place, path in enumerate(paths):
        listed = path in ranks
        last = ranks.get(path, last)
        keys.setdefault(path, (last, not listed, place))
    return sorted(keys, key=keys.__getitem__)


def tied(network: Network) -> Iterator[tuple[str, ...]]:
    """The groups of paths that name one module or tensor."""
    groups = network.extra.get(TIED)
    for group in groups if isinstance(groups, list | tuple) else ():
        paths = _texts(group)
        if len(paths) > 1:
            yield tuple(paths)


def in_order(network: Network) -> Network:
    """`network` without an `order` that is that of the graph; in any other, what is there stays."""
    listed = _texts(network.extra.get(ORDER))
    runs = [node.path or node.id for node in map(network.nodes.__getitem__, topological(network))]
    there = [path for path in listed if path in set(runs)]
    extra = {key: value for key, value in network.extra.items() if key != ORDER}
    if there != [path for path in dict.fromkeys(runs) if path in set(there)]:
        extra[ORDER] = there
    return replace(network, extra=extra)


def renamed(extra: Mapping[str, Json], old: str, new: str) -> Iterator[tuple[str, Json]]:
    """The keys of `extra` that change where the member `old` becomes `new`, with what they are then."""
    order, groups = extra.get(ORDER), extra.get(TIED)
    if old in _texts(order):
        yield ORDER, [new if path == old else path for path in _texts(order)]
    if isinstance(groups, list) and any(_lies(path, old) for group in groups for path in _texts(group)):
        yield (
            TIED,
            [
                [f"{new}{path[len(old) :]}" if _lies(path, old) else path for path in _texts(group)]
                for group in groups
            ],
        )


def _lies(path: str, member: str) -> bool:
    return path == member or path.startswith(f"{member}.")


def _texts(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list | tuple) else []
