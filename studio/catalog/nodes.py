"""A new node of a type, with the values a practitioner would start from."""

from __future__ import annotations

from studio.catalog import table
from studio.graph.model import Node


def new_node(type_: str, id_: str, at: tuple[int, int] = (0, 0)) -> Node:
    """A node of `type_` as it comes from the palette: unwired, with sensible values."""
    entry = table.entry(type_)
    if entry is None:
        return Node(id_, type_, at=at)
    if entry.kind in {"module", "structural"}:
        return Node(id_, type_, params=dict(entry.new), at=at)
    by_place = {entry.places[name]: value for name, value in entry.new.items() if name in entry.places}
    args = tuple(by_place.get(place) for place in range(max(by_place, default=-1) + 1))
    named = {name: value for name, value in entry.new.items() if name not in entry.places}
    return Node(id_, type_, args=args, kwargs=named, at=at)
