"""Which node of an edited source is which of the source before."""

from __future__ import annotations

from difflib import SequenceMatcher

from studio.compiler.reading.model import ReadClass


def matched(old: ReadClass, new: ReadClass) -> dict[str, str]:
    """The node of `old` that each node of `new` is; new ones are left out.

    First by name and type; then, between those, by type in the order of the lines, so that a renamed layer is
    the same layer; then by name alone, so that a layer of another type stays in its place.
    """
    found = dict(zip(new.outputs, old.outputs, strict=False))
    for id_, node in new.nodes.items():
        if id_ in new.spoken and id_ in old.spoken and id_ in old.nodes and old.nodes[id_].type == node.type:
            found.setdefault(id_, id_)
    _by_order(old, new, found)
    taken = set(found.values())
    for id_ in new.nodes:
        if id_ in new.spoken and id_ in old.spoken and id_ not in found and id_ not in taken:
            found[id_] = id_
    return found


def _by_order(old: ReadClass, new: ReadClass, found: dict[str, str]) -> None:
    taken = set(found.values())
    before, after = list(old.nodes), list(new.nodes)
    left = [f"={id_}" if id_ in taken else _kind(old, id_) for id_ in before]
    right = [f"={found[id_]}" if id_ in found else _kind(new, id_) for id_ in after]
    for start, other, length in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        for step in range(length):
            found.setdefault(after[other + step], before[start + step])


def _kind(read: ReadClass, id_: str) -> str:
    node = read.nodes[id_]
    return f"{node.type}|{node.path or ''}"
