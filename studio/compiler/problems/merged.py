"""What is left open after two versions of a project were merged: one side is to be chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from studio.compiler.problems.finding import Finding, Remedy
from studio.graph import merging
from studio.graph.edit import Edit
from studio.graph.facts import NODE, node_of, place_text, value_text
from studio.graph.merging import Conflict
from studio.graph.model import ProjectData
from studio.graph.operations import MISSING
from studio.words import Message

CODE = "two-versions"


def findings(project: ProjectData, main: str) -> Iterator[Finding]:
    """One for each node with something open, and one for all that is in none."""
    by_place: dict[tuple[str, str | None], list[Conflict]] = {}
    for conflict in merging.conflicts(project):
        by_place.setdefault(_node(project, conflict) or (main, None), []).append(conflict)
    for (network, node), open_ in by_place.items():
        remedies = (_choose(open_, theirs=False), _choose(open_, theirs=True))
        yield Finding(CODE, "warning", network, node, _text(open_), remedies=remedies)


def _node(project: ProjectData, conflict: Conflict) -> tuple[str, str | None] | None:
    found = node_of(conflict.place)
    there = found is not None and found[0] in project.networks
    return found if found is not None and there and found[1] in project.networks[found[0]].nodes else None


def _text(open_: Sequence[Conflict]) -> Message:
    first = open_[0]
    place, ours, theirs = place_text(first.place), value_text(first.ours), value_text(first.theirs)
    if _is_thing(first):
        return Message(
            "One of two merged versions removed {place}, the other changed it. Say whether it stays.",
            place=place,
        )
    if len(open_) == 1:
        return Message(
            "Two merged versions differ: {place} is {ours} here and {theirs} in the other.",
            place=place,
            ours=ours,
            theirs=theirs,
        )
    return Message(
        "Two merged versions differ in {n} places: {place} is {ours} here and {theirs} in the other, and "
        "more.",
        n=len(open_),
        place=place,
        ours=ours,
        theirs=theirs,
    )


def _choose(open_: Sequence[Conflict], theirs: bool) -> Remedy:
    return Remedy(_label(open_, theirs), partial(_settle, open_=tuple(open_), theirs=theirs))


def _label(open_: Sequence[Conflict], theirs: bool) -> Message:
    first = open_[0]
    value = first.theirs if theirs else first.ours
    if _is_thing(first):
        name = str(first.place[-1])
        return Message("Remove {name}", name=name) if value is MISSING else Message("Keep {name}", name=name)
    if len(open_) > 1:
        return Message("Take the other version") if theirs else Message("Keep this version")
    said = value_text(value)
    return Message("Take {value}", value=said) if theirs else Message("Keep {value}", value=said)


def _settle(edit: Edit, open_: Sequence[Conflict], theirs: bool) -> None:
    for conflict in open_:
        merging.settle(edit, conflict, theirs)


def _is_thing(conflict: Conflict) -> bool:
    """Whether a whole network or node is meant, not a value of one."""
    return (
        conflict.place[0] == "networks"
        and len(conflict.place) in (2, NODE)
        and True
        in (
            conflict.ours,
            conflict.theirs,
        )
    )
