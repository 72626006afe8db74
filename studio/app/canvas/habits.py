"""What a person is used to wire behind what: counted as wires are drawn, the older the less. Knows no Qt."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping

from studio.graph.document import Change
from studio.graph.model import Node, wires_into
from studio.graph.operations import AddNode, SetArguments

DECAY = 0.97
"""what each wire leaves of the count of those before it behind the same type"""
LEAST = 0.05
MOST_OPERATIONS = 24
"""a change of more is a paste, an import or a layout, and no habit"""

Counts = dict[str, dict[str, float]]


class Habits:
    """How often each type was wired behind each other. `keep` is given the text after each change."""

    def __init__(self) -> None:
        self._counts: Counts = {}
        self.keep: Callable[[str], object] = lambda _text: None

    def follow(self, change: Change, nodes: Mapping[str, Node]) -> None:
        """Learns from the wires that a change draws between `nodes`."""
        if len(change.operations) > MOST_OPERATIONS:
            return
        pairs = [pair for wire in _drawn(change) if (pair := _types(wire, nodes)) is not None]
        for source, target in pairs:
            self._learn(source, target)
        if pairs:
            self.keep(self.text())

    def _learn(self, source: str, target: str) -> None:
        row = self._counts.setdefault(source, {})
        for type_, count in list(row.items()):
            row[type_] = count * DECAY
            if row[type_] < LEAST:
                del row[type_]
        row[target] = row.get(target, 0.0) + 1

    def after(self, type_: str) -> Mapping[str, float]:
        """How often each type came behind one."""
        return self._counts.get(type_, {})

    def before(self, type_: str) -> Mapping[str, float]:
        """How often one came behind each type."""
        return {source: row[type_] for source, row in self._counts.items() if type_ in row}

    def text(self) -> str:
        """All of it as JSON."""
        rounded = {s: {t: round(n, 2) for t, n in row.items()} for s, row in self._counts.items() if row}
        return json.dumps(rounded, sort_keys=True)

    def restore(self, text: str) -> None:
        """Takes what `text` gave; what is not of that form counts for nothing."""
        try:
            held = json.loads(text or "{}")
        except ValueError:
            held = {}
        rows = held.items() if isinstance(held, dict) else ()
        self._counts = {
            source: {t: float(n) for t, n in row.items() if isinstance(n, int | float) and n > 0}
            for source, row in rows
            if isinstance(row, dict)
        }


def _drawn(change: Change) -> Iterator[tuple[str, str]]:
    """The ids of the source and the target of each wire that was not there before."""
    for operation in change.operations:
        match operation:
            case AddNode(_, node):
                yield from ((wire.source, node.id) for wire in wires_into(node))
            case SetArguments(_, id_, old, new):
                had = dict(old.references())
                yield from ((v["n"], id_) for slot, v in new.references() if had.get(slot) != v)


def _types(wire: tuple[str, str], nodes: Mapping[str, Node]) -> tuple[str, str] | None:
    source, target = (nodes.get(id_) for id_ in wire)
    return (source.type, target.type) if source is not None and target is not None else None
