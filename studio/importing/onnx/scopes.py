"""The flat network of an ONNX file, nested by the modules that the names of its operators tell of.

What belongs to a module that cannot be a block (a wire leaves it and comes back) stays in the network around.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import nn

from studio.graph import naming, order
from studio.graph.model import BLOCK, INPUT, OUTPUT, Arguments, Network, Node, wires_into
from studio.graph.values import Json, reference
from studio.importing import blocks, runs
from studio.importing.scope import Scope

ROOT = "model"
FEWEST = 2
"""nodes that a block has at least"""
Output = tuple[str, int | None]
"""what a node of the flat network gives"""


@dataclass(frozen=True, slots=True)
class Homes:
    """The path of the module that each node belongs to; classes by paths, where the file says them."""

    of: Mapping[str, str]
    kinds: Mapping[str, str]


@dataclass(eq=False, slots=True)
class Part(Scope):
    """A module while it becomes a block, of the class `kind`; `inner` are the blocks in it."""

    kind: str = "Block"
    members: list[str] = field(default_factory=list)
    """the nodes of the flat network that lie in it, or deeper"""
    inner: dict[str, Part] = field(default_factory=dict)
    fed: dict[Output, str] = field(default_factory=dict)
    """the input for each output that comes from outside"""
    made: list[Output] = field(default_factory=list)
    """what is used outside"""
    ids: dict[str, str] = field(default_factory=dict)
    """the name here of each node that stands here itself"""

    @property
    def name(self) -> str:
        return self.kind


def nested(
    network: Network, weights: Mapping[str, Any], homes: Homes
) -> tuple[dict[str, Network], dict[str, Any]]:
    """The networks, that of the file as `model`, and the weights by their new names."""
    maker = _Maker(network, homes)
    root = maker.part("", list(network.nodes))
    maker.build(root)
    read = blocks.networks(root, ROOT)
    paths = dict(_paths(root, ""))
    renamed = {_renamed(name, paths): array for name, array in weights.items()}
    return {name: runs.folded(held, read) for name, held in read.items()}, renamed


def _paths(part: Part, before: str) -> Iterator[tuple[str, str]]:
    """Where each node of the flat network is now."""
    for flat, id_ in part.ids.items():
        yield flat, f"{before}{id_}"
    for id_, child in part.inner.items():
        yield from _paths(child, f"{before}{id_}.")


def _renamed(name: str, paths: Mapping[str, str]) -> str:
    if name in paths:
        return paths[name]
    owner, _, last = name.rpartition(".")
    return f"{paths[owner]}.{last}"


class _Maker:
    def __init__(self, network: Network, homes: Homes) -> None:
        self.network = network
        self.homes = homes
        self.feeds = order.successors(network)
        self.fed = order.predecessors(network)
        self.users: dict[Output, set[str]] = {}
        for wire in network.wires():
            self.users.setdefault((wire.source, wire.index), set()).add(wire.target)

    # -- which modules become blocks -------------------------------------------------------------

    def part(self, path: str, members: list[str]) -> Part:
        made = Part(nn.Module(), path, kind=self._kind(path), members=members)
        for inner, nodes in self._inside(path, members):
            id_ = inner[len(path) + 1 :] if path else inner
            made.inner[id_] = self.part(inner, nodes)
        inside = set(members)
        made.made = [
            (id_, index) for id_ in members for index in self._indices(id_) if self.users[id_, index] - inside
        ]
        return made

    def _inside(self, path: str, members: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
        """The modules right inside one that become blocks; of those that do not, what they hold."""
        groups: dict[str, list[str]] = {}
        before = f"{path}." if path else ""
        for id_ in members:
            home = self.homes.of.get(id_, "")
            if home != path and home.startswith(before):
                groups.setdefault(before + home[len(before) :].partition(".")[0], []).append(id_)
        for inner, nodes in groups.items():
            if self._is_block(inner, nodes):
                yield inner, nodes
            else:
                yield from self._inside(inner, nodes)

    def _is_block(self, path: str, members: list[str]) -> bool:
        if not any(self.homes.of.get(id_) == path for id_ in members):
            return False  # it only holds others
        running = [id_ for id_ in members if self.fed[id_]]
        inside = set(members)
        given = any(self.users[id_, index] - inside for id_ in members for index in self._indices(id_))
        return len(running) >= FEWEST and given and self._is_closed(inside) and self._shares_nothing(inside)

    def _is_closed(self, inside: set[str]) -> bool:
        """Whether no wire leaves it and comes back."""
        outside = {target for id_ in inside for target in self.feeds[id_] if target not in inside}
        after = order.reached(self.feeds, outside) | outside
        return not after & inside

    def _shares_nothing(self, inside: set[str]) -> bool:
        """Whether no layer is one with a layer elsewhere."""
        pairs = ((node.id, node.path) for node in self.network.nodes.values() if node.path)
        return all((id_ in inside) == (path in inside) for id_, path in pairs)

    def _indices(self, id_: str) -> list[int | None]:
        return [index for node, index in self.users if node == id_]

    def _kind(self, path: str) -> str:
        """What a module is called: by its class, else by its name without numbers."""
        if path in self.homes.kinds:
            return self.homes.kinds[path]
        words = [word for part in reversed(path.split(".")) for word in [part.strip("0123456789_")] if word]
        found = "".join(word[:1].upper() + word[1:] for word in re.split(r"_|\d+", words[0])) if words else ""
        return found if found.isidentifier() else "Block"

    # -- their networks --------------------------------------------------------------------------

    def build(self, part: Part) -> None:
        """Writes the nodes of a part, those inside it first."""
        inner = {id_: name for name, child in part.inner.items() for id_ in child.members}
        for child in part.inner.values():
            self.build(child)
        self._name(part, inner)
        for output in self._taken(part, inner):
            part.fed[output] = self._free(part, "x")
        nodes = {id_: Node(id_, INPUT) for id_ in part.fed.values()}
        for id_ in self._in_order(part.members):
            block = inner.get(id_)
            if block is None:
                nodes[part.ids[id_]] = self._own(part, inner, id_)
            elif block not in nodes:
                args = tuple(self._here(part, inner, output) for output in part.inner[block].fed)
                nodes[block] = Node(block, BLOCK, args=args)
        if part.path:
            for output in part.made:
                id_ = naming.fresh("output", {*nodes, *part.ids.values()})
                nodes[id_] = Node(id_, OUTPUT, args=(self._here(part, inner, output),))
        part.nodes = nodes
        part.children = {**part.inner}

    def _in_order(self, members: Iterable[str]) -> list[str]:
        rank = {id_: place for place, id_ in enumerate(self.network.nodes)}
        return sorted(members, key=lambda id_: rank[id_])

    def _name(self, part: Part, inner: Mapping[str, str]) -> None:
        """Names as in the module; what has none there is numbered anew, so that equal blocks are equal."""
        before = f"{part.path}." if part.path else ""
        own = [id_ for id_ in self._in_order(part.members) if id_ not in inner]
        taken = {name.partition(".")[0] for name in part.inner} | set(part.inner)
        for id_ in own:
            if not part.path or (id_.startswith(before) and self.homes.of.get(id_) is not None):
                part.ids[id_] = id_[len(before) :]
                parts = part.ids[id_].split(".")
                taken |= {".".join(parts[:count]) for count in range(1, len(parts) + 1)}
        for id_ in own:
            if id_ not in part.ids:
                part.ids[id_] = naming.fresh(naming.base_name(self.network.nodes[id_].type), taken)
                taken.add(part.ids[id_])

    def _free(self, part: Part, wanted: str) -> str:
        taken = {*part.ids.values(), *part.fed.values(), *part.inner}
        return wanted if wanted not in taken else naming.fresh(wanted, taken)

    def _taken(self, part: Part, inner: Mapping[str, str]) -> Iterator[Output]:
        """What comes from outside, in the order in which it is used."""
        inside = set(part.members)
        for id_ in self._in_order(part.members):
            for wire in wires_into(self.network.nodes[id_]):
                if wire.source not in inside:
                    yield wire.source, wire.index

    def _own(self, part: Part, inner: Mapping[str, str], id_: str) -> Node:
        node = self.network.nodes[id_]
        said: Arguments = node.arguments.map_references(
            lambda found: self._here(part, inner, (found["n"], found.get("i")))
        )
        path = part.ids[node.path] if node.path else None
        return replace(node, id=part.ids[id_], args=said.args, kwargs=said.kwargs, path=path)

    def _here(self, part: Part, inner: Mapping[str, str], output: Output) -> dict[str, Json]:
        """An output of the flat network as it is called in a part."""
        id_, index = output
        if output in part.fed:
            return reference(part.fed[output])
        if id_ not in inner:
            return reference(part.ids[id_], index)
        child = part.inner[inner[id_]]
        place = child.made.index(output)
        return reference(inner[id_], place if len(child.made) > 1 else None)
