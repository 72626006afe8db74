"""In what two versions of a project differ: what was added, removed, renamed, changed or moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from studio.graph.document import EditError
from studio.graph.facts import NODE, WHERE, Facts, Place, facts, node_of, renamed
from studio.graph.model import Network, Node, ProjectData
from studio.graph.operations import MISSING, same
from studio.graph.values import Json

Kind: TypeAlias = Literal["added", "removed", "renamed", "changed", "moved"]
Renames: TypeAlias = Mapping[tuple[str, str], str]
"""the new id of a node by its network and its old id"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the new version differs, at its place there; a removed one at its old place.

    Of a node that was added, removed or renamed `old` and `new` are its ids, else the values at the place.
    """

    kind: Kind
    place: Place
    old: Json = MISSING
    new: Json = MISSING

    @property
    def node(self) -> tuple[str, str] | None:
        """The network and the id of the node that is meant, if one is."""
        return node_of(self.place)


def differences(old: ProjectData, new: ProjectData) -> list[Difference]:
    """Every difference, in the order of the files: networks and their nodes, then settings.

    A node of the same type at the same place under another id counts as renamed: the wires from it do not
    count as changed then.
    """
    names = renames(old, new)
    before, after = facts(renamed(old, names)), facts(new)
    back = {(network, to): id_ for (network, id_), to in names.items()}
    found = [Difference("renamed", ("networks", n, "nodes", to), id_, to) for (n, to), id_ in back.items()]
    whole = set(_whole(before, after))
    for place in dict.fromkeys((*after, *before)):
        was, now = before.get(place, MISSING), after.get(place, MISSING)
        if same(was, now) or any(place[:length] in whole for length in range(2, len(place))):
            continue
        if place in whole:
            id_ = place[-1]
            gone = now is MISSING
            found.append(
                Difference("removed", place, id_) if gone else Difference("added", place, MISSING, id_)
            )
        else:
            found.append(Difference("moved" if is_a_move(place) else "changed", place, was, now))
    ranks = {place: rank for rank, place in enumerate(dict.fromkeys((*after, *before)))}
    return sorted(found, key=lambda each: ranks[each.place])


def renames(old: ProjectData, new: ProjectData) -> dict[tuple[str, str], str]:
    """Which nodes have another id in the new version: of one type at one place, gone here and new there.

    Where that could be several, or the name cannot be given, none is taken as renamed.
    """
    found: dict[tuple[str, str], str] = {}
    for name, network in old.networks.items():
        if name in new.networks:
            for id_, to in _renamed_in(network, new.networks[name]):
                try:
                    renamed(old, {**found, (name, id_): to})
                except EditError:
                    continue
                found[name, id_] = to
    return found


def is_a_move(place: Place) -> bool:
    """Whether a place is where a card lies."""
    return len(place) == NODE + 1 and place[-1] == WHERE and node_of(place) is not None


def _renamed_in(old: Network, new: Network) -> Iterator[tuple[str, str]]:
    gone = _by_look(node for id_, node in old.nodes.items() if id_ not in new.nodes)
    fresh = _by_look(node for id_, node in new.nodes.items() if id_ not in old.nodes)
    for look, ids in gone.items():
        if len(ids) == 1 and len(fresh.get(look, ())) == 1:
            yield ids[0], fresh[look][0]


def _by_look(nodes: Iterator[Node]) -> dict[tuple[str, tuple[int, int]], list[str]]:
    found: dict[tuple[str, tuple[int, int]], list[str]] = {}
    for node in nodes:
        found.setdefault((node.type, node.at), []).append(node.id)
    return found


def _whole(before: Facts, after: Facts) -> Iterator[Place]:
    """The networks and nodes that only one version has."""
    for place in {*before, *after}:
        is_thing = place[0] == "networks" and len(place) in (2, NODE) and place[2:3] in ((), ("nodes",))
        if is_thing and ((place in before) != (place in after)):
            yield place


def marks(old: ProjectData, new: ProjectData) -> dict[tuple[str, str], str]:
    """What became of each node of the new version that is not as it was, the most telling kind of each."""
    found: dict[tuple[str, str], str] = {}
    told = differences(old, new)
    for kind in ("moved", "changed", "renamed", "added"):
        for each in told:
            if each.kind == kind and each.node is not None:
                found[each.node] = "changed" if kind == "renamed" else kind
    return found
