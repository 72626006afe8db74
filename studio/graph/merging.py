"""Two people, one file: the changes of both since the version they began with, as one project.

Facts are merged one by one (see `facts`). Where both changed the same one, ours stays, and the other is kept
beside it in the section `conflicts` of the project, so that it can be chosen later: nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from studio.graph import naming
from studio.graph.difference import Renames, is_a_move, renames
from studio.graph.document import Document, EditError
from studio.graph.edit import Edit
from studio.graph.facts import Facts, Place, facts, node_of, renamed, set_fact
from studio.graph.model import Network, Node, ProjectData
from studio.graph.operations import MISSING, same
from studio.graph.values import Json
from studio.words import Message, NetloomError

CONFLICTS = "conflicts"


class MergeError(NetloomError):
    """Two versions cannot become one; neither was changed."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed. True stands for a network or node that stays, `MISSING` for its removal."""

    place: Place
    ours: Json
    theirs: Json

    def to_json(self) -> dict[str, Json]:
        """A value that is `MISSING` has no key."""
        sides = {"ours": self.ours, "theirs": self.theirs}
        return {"place": list(self.place)} | {k: v for k, v in sides.items() if v is not MISSING}

    @classmethod
    def from_json(cls, table: Json) -> Conflict | None:
        """None for what `to_json` did not write."""
        place = table.get("place") if isinstance(table, Mapping) else None
        if not isinstance(place, list | tuple) or not all(type(step) in (str, int) for step in place):
            return None
        return cls(tuple(place), table.get("ours", MISSING), table.get("theirs", MISSING)) if place else None


@dataclass(frozen=True, slots=True)
class Merged:
    project: ProjectData
    conflicts: tuple[Conflict, ...] = ()


def conflicts(project: ProjectData) -> list[Conflict]:
    """What is still open from merging."""
    listed = project.settings.get(CONFLICTS)
    found = map(Conflict.from_json, listed if isinstance(listed, list | tuple) else ())
    return [conflict for conflict in found if conflict is not None]


def settle(edit: Edit, conflict: Conflict, theirs: bool) -> None:
    """Takes one side of a conflict, and the conflict from the list. Raises EditError."""
    if theirs:
        set_fact(edit, conflict.place, conflict.theirs)
    listed = edit.document.setting((CONFLICTS,))
    left = [table for table in listed if Conflict.from_json(table) != conflict]
    edit.set((CONFLICTS,), left) if left else edit.unset((CONFLICTS,))


def merge(base: ProjectData, ours: ProjectData, theirs: ProjectData) -> Merged:
    """Ours with what theirs changed since `base`. Raises MergeError where no project comes of it.

    A card that both moved lies where ours has it. A node that one removed and the other changed stays. Nodes
    and blocks of one name that both added differently are both kept, theirs under a new name.
    """
    open_ = [*conflicts(ours), *(c for c in conflicts(theirs) if c not in conflicts(ours))]
    base, ours, theirs = (_without_conflicts(project) for project in (base, ours, theirs))
    try:
        base, ours, theirs = _named_alike(base, ours, theirs)
        theirs = _told_apart(base, ours, theirs)
        document = Document(ours)
        found = _Merge(facts(base), facts(ours), facts(theirs), theirs)
        with document.transaction(Message("Merge")) as edit:
            found.apply(edit)
    except EditError as error:
        raise MergeError(
            Message("The two versions cannot be merged: {reason} Take one of the two.", reason=error.message)
        ) from error
    merged = _in_order(document.data(), base, ours, theirs)
    told = [*open_, *(conflict for conflict in found.conflicts if conflict not in open_)]
    if told:
        listed = {CONFLICTS: [conflict.to_json() for conflict in told]}
        merged = replace(merged, settings={**merged.settings, **listed})
    return Merged(merged, tuple(told))


class _Merge:
    """What theirs changed, as edits of ours; what both changed, as conflicts."""

    def __init__(self, base: Facts, ours: Facts, theirs: Facts, their_project: ProjectData) -> None:
        self.base, self.ours, self.theirs = base, ours, theirs
        self.their_project = their_project
        self.conflicts: list[Conflict] = []
        self._changed = {
            side: {place for place in (*base, *facts_) if not _same_at(place, base, facts_)}
            for side, facts_ in (("ours", ours), ("theirs", theirs))
        }
        self._settled: set[Place] = set()

    def apply(self, edit: Edit) -> None:
        changed = [place for place in (*self.theirs, *self.base) if place in self._changed["theirs"]]
        places = list(dict.fromkeys(changed))
        things = [place for place in places if _is_thing(place)]
        for place in sorted(things, key=len):
            self._thing(edit, place)
        kept_by_us = [place for place in self._changed["ours"] if _is_thing(place) and place in self.base]
        for place in sorted((p for p in kept_by_us if p not in self._changed["theirs"]), key=_as_text):
            self._removed_here(edit, place)
        values = [place for place in places if not _is_thing(place) and not self._is_settled(place)]
        for place in sorted(values, key=lambda place: place in self.theirs):  # what goes makes room first
            self._value(edit, place)

    def _thing(self, edit: Edit, place: Place) -> None:
        """A network or node that they added or removed."""
        if self._is_settled(place) or (place in self.ours) == (place in self.theirs):
            return
        if place in self.theirs:
            self._add(edit, place)
        elif self._touched("ours", place):
            self.conflicts.append(Conflict(place, True, MISSING))
            self._settled.add(place)
        else:
            self._settled.add(place)
            _remove(edit, place)

    def _removed_here(self, edit: Edit, place: Place) -> None:
        """A network or node that we removed: theirs comes back where they changed it."""
        if self._is_settled(place) or place in self.ours:
            return
        if self._touched("theirs", place):
            self._add(edit, place)
            self.conflicts.append(Conflict(place, MISSING, True))
        self._settled.add(place)

    def _add(self, edit: Edit, place: Place) -> None:
        self._settled.add(place)
        network = self.their_project.networks[str(place[1])]
        if len(place) == 2:
            edit.add_network(str(place[1]), network)
        else:
            edit.add_node(str(place[1]), network.nodes[str(place[3])])

    def _value(self, edit: Edit, place: Place) -> None:
        now = self.theirs.get(place, MISSING)
        if place in self._changed["ours"]:
            here = self.ours.get(place, MISSING)
            if not same(here, now) and not is_a_move(place):
                self.conflicts.append(Conflict(place, here, now))
        else:
            set_fact(edit, place, now)

    def _touched(self, side: str, place: Place) -> bool:
        """Whether something inside a network or node was changed there, beyond where it lies."""
        return any(
            other[: len(place)] == place and other != place and not is_a_move(other)
            for other in self._changed[side]
            if other in (self.ours if side == "ours" else self.theirs)
        )

    def _is_settled(self, place: Place) -> bool:
        return any(place[:length] in self._settled for length in range(2, len(place) + 1))


def _same_at(place: Place, one: Facts, other: Facts) -> bool:
    return same(one.get(place, MISSING), other.get(place, MISSING))


def _is_thing(place: Place) -> bool:
    """Whether a place is a network or a node, not a value in one."""
    return place[0] == "networks" and (len(place) == 2 or (len(place) == 4 and node_of(place) is not None))


def _as_text(place: Place) -> tuple[str, ...]:
    return tuple(map(str, place))


def _remove(edit: Edit, place: Place) -> None:
    if len(place) == 2:
        edit.remove_network(str(place[1]))
    else:
        edit.remove_nodes(str(place[1]), [str(place[3])])


def _without_conflicts(project: ProjectData) -> ProjectData:
    if CONFLICTS not in project.settings:
        return project
    return replace(project, settings={k: v for k, v in project.settings.items() if k != CONFLICTS})


# -- names -------------------------------------------------------------------------------------------


def _named_alike(
    base: ProjectData, ours: ProjectData, theirs: ProjectData
) -> tuple[ProjectData, ProjectData, ProjectData]:
    """The three with the ids of nodes that either renamed; where both did, ours."""
    mine, other = renames(base, ours), renames(base, theirs)
    both: dict[tuple[str, str], str] = {**other, **mine}
    back = {(key[0], other[key]): mine[key] for key in mine.keys() & other.keys() if mine[key] != other[key]}
    new_to_ours = {key: name for key, name in other.items() if key not in mine}
    new_to_theirs = {key: name for key, name in mine.items() if key not in other} | back
    return _given(base, both), _given(ours, new_to_ours), _given(theirs, new_to_theirs)


def _given(project: ProjectData, names: Renames) -> ProjectData:
    there = {key: new for key, new in names.items() if key[1] in project.networks[key[0]].nodes}
    return renamed(project, there)


def _told_apart(base: ProjectData, ours: ProjectData, theirs: ProjectData) -> ProjectData:
    """Theirs, with new names for what both added under one name and made different."""
    document = Document(theirs)
    with document.transaction(Message("Rename")) as edit:
        for name in _both_added(base.networks, ours.networks, theirs.networks):
            if not _equal_networks(ours.networks[name], theirs.networks[name]):
                edit.rename_network(name, naming.fresh(naming.stem(name), {*ours.networks, *theirs.networks}))
        for name in base.networks.keys() & ours.networks.keys() & theirs.networks.keys():
            mine, other = ours.networks[name].nodes, theirs.networks[name].nodes
            for id_ in _both_added(base.networks[name].nodes, mine, other):
                if not _equal(mine[id_], other[id_]):
                    edit.rename_node(name, id_, naming.fresh(naming.stem(id_), {*mine, *other}))
    return document.data()


def _both_added(base: Iterable[str], ours: Iterable[str], theirs: Mapping[str, object]) -> list[str]:
    known, here = set(base), set(ours)
    return [name for name in theirs if name in here and name not in known]


def _equal(one: Node, other: Node) -> bool:
    return same(replace(one, at=(0, 0)), replace(other, at=(0, 0)))


def _equal_networks(one: Network, other: Network) -> bool:
    if one.nodes.keys() != other.nodes.keys() or not same(dict(one.parameters), dict(other.parameters)):
        return False
    return same(dict(one.extra), dict(other.extra)) and all(
        _equal(node, other.nodes[id_]) for id_, node in one.nodes.items()
    )


# -- order -------------------------------------------------------------------------------------------


def _in_order(merged: ProjectData, base: ProjectData, ours: ProjectData, theirs: ProjectData) -> ProjectData:
    """Networks and nodes as ours has them, what theirs added behind what it follows there."""
    networks = {}
    none = Network()
    for name in _ordered(merged.networks, base.networks, ours.networks, theirs.networks):
        network = merged.networks[name]
        sides = (side.networks.get(name, none).nodes for side in (base, ours, theirs))
        nodes = {id_: network.nodes[id_] for id_ in _ordered(network.nodes, *sides)}
        networks[name] = replace(network, nodes=nodes)
    return replace(merged, networks=networks)


def _ordered(
    all_: Iterable[str], base: Iterable[str], ours: Iterable[str], theirs: Iterable[str]
) -> Sequence[str]:
    """`all_` in the order of ours; where only theirs was put in another order, in that of theirs."""
    held, mine, other = set(all_), list(ours), list(theirs)
    common = [name for name in base if name in set(mine) and name in set(other)]
    if [name for name in mine if name in set(common)] == common:
        mine, other = other, mine
    behind: dict[str | None, list[str]] = {}
    known = set(mine)
    last: str | None = None
    for name in other:
        if name in known:
            last = name
        else:
            behind.setdefault(last, []).append(name)
    order = [*behind.get(None, ()), *(each for name in mine for each in (name, *behind.get(name, ())))]
    return [name for name in order if name in held]
