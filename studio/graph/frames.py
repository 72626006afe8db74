"""What a network shows beside its nodes: frames around cards, and places one comes back to.

Both are keys of a network in the file, a line each, and mean nothing to what runs it. What is not written as
a frame or a place is passed over and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.graph.edit import Edit
from studio.graph.model import Network
from studio.graph.operations import MISSING
from studio.graph.values import Json

FRAMES, BOOKMARKS = "frames", "bookmarks"
ONE_LINE_EACH = frozenset({FRAMES, BOOKMARKS})
"""keys of a network whose entries are written a line each"""


@dataclass(frozen=True, slots=True)
class Frame:
    """A titled, coloured rectangle around cards, in scene units. What lies in it moves with it."""

    at: tuple[int, int]
    size: tuple[int, int]
    title: str = ""
    color: str = "second"

    def to_json(self) -> dict[str, Json]:
        return {"title": self.title, "color": self.color, "at": list(self.at), "size": list(self.size)}


def frames(network: Network) -> dict[str, Frame]:
    """The frames of a network by their ids, in the order of the file."""
    held = network.extra.get(FRAMES)
    found = {}
    for id_, table in held.items() if isinstance(held, Mapping) else ():
        frame = _frame(table)
        if frame is not None:
            found[id_] = frame
    return found


def _frame(table: Json) -> Frame | None:
    at, size = (_pair(table.get(key)) if isinstance(table, Mapping) else None for key in ("at", "size"))
    if at is None or size is None or min(size) <= 0:
        return None
    words = {key: value for key in ("title", "color") if isinstance(value := table.get(key), str)}
    return Frame(at, size, **words)


def _pair(value: Json) -> tuple[int, int] | None:
    if isinstance(value, list | tuple) and len(value) == 2 and all(type(item) is int for item in value):
        return (value[0], value[1])
    return None


def set_frame(edit: Edit, network: str, id_: str, frame: Frame | None) -> None:
    """Adds or changes a frame; None takes it away."""
    _set(edit, network, FRAMES, id_, None if frame is None else frame.to_json())


def fresh_id(network: Network) -> str:
    """A name for a frame that is free."""
    held = network.extra.get(FRAMES)
    taken = set(held) if isinstance(held, Mapping) else set()
    return next(f"frame{number}" for number in range(1, len(taken) + 2) if f"frame{number}" not in taken)


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A place of the camera: the middle of what is seen, and the zoom in percent."""

    at: tuple[int, int]
    zoom: int


def bookmarks(network: Network) -> dict[str, Bookmark]:
    """The bookmarks of a network by their digits."""
    held = network.extra.get(BOOKMARKS)
    found = {}
    for digit, table in held.items() if isinstance(held, Mapping) else ():
        at = _pair(table.get("at")) if isinstance(table, Mapping) else None
        zoom = table.get("zoom") if isinstance(table, Mapping) else None
        if at is not None and type(zoom) is int and zoom > 0:
            found[digit] = Bookmark(at, zoom)
    return found


def set_bookmark(edit: Edit, network: str, digit: str, mark: Bookmark) -> None:
    _set(edit, network, BOOKMARKS, digit, {"at": list(mark.at), "zoom": mark.zoom})


def _set(edit: Edit, network: str, key: str, name: str, value: Json) -> None:
    held = edit.document.network(network).extra.get(key)
    table = dict(held) if isinstance(held, Mapping) else {}
    if value is None:
        table.pop(name, None)
    else:
        table[name] = value
    edit.set_network_extra(network, key, {name: table[name] for name in sorted(table)} or MISSING)
