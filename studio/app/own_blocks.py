"""A person's own blocks in the window: read, kept and removed by another thread, placed like any block."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Signal

from studio.app import stages
from studio.app.tasks import Lane, Ticket
from studio.graph import fragment
from studio.graph.edit import Edit
from studio.graph.model import BLOCK, Network, ProjectData
from studio.graph.values import Json
from studio.project import library
from studio.project.library import Library
from studio.words import Message, NetloomError

OWN = "mine:"
"""what stands before the name of an own block where a node type is expected"""


class OwnBlocks(QObject):
    """`changed` tells that there are other ones; `said(level, Message)` what became of an order.

    `removed(name)` tells that one was taken away or replaced; `restore` brings it back.
    """

    changed = Signal()
    said = Signal(str, object)
    removed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._held = Library()
        self._lane = Lane(self, needs=stages.PROJECT)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._failed)

    def names(self) -> list[str]:
        return list(self._held.blocks)

    def networks(self) -> dict[str, Network]:
        """The network of each own block."""
        return {
            name: fragment.network_from_json(held["networks"][name])
            for name, held in self._held.blocks.items()
        }

    def load(self) -> None:
        """Reads the folder."""
        self._lane.start(_read, None, None)

    def keep(self, project: ProjectData, name: str) -> None:
        """Adds a network of a project; it takes the place of one with the same name."""
        replaces = name in self._held.blocks
        text = Message("{block} is among your blocks now: find it in the palette.", block=name)
        self._lane.start(_read, lambda: library.keep(project, name), (text, name if replaces else ""))

    def remove(self, name: str) -> None:
        self._lane.start(_read, lambda: library.remove(name), (None, name))

    def restore(self, name: str) -> None:
        """Brings back what was removed or replaced last."""
        self._lane.start(_read, lambda: library.restore(name), None)

    def brought(self, edit: Edit, type_: str) -> str:
        """The node type for what was chosen: an own block is added to the project first."""
        name = type_.removeprefix(OWN)
        if name == type_ or name not in self._held.blocks:
            return type_
        tables: Mapping[str, Json] = self._held.blocks[name]["networks"]
        networks = {key: fragment.network_from_json(table) for key, table in tables.items()}
        return f"{BLOCK}{fragment.add_networks(edit, networks)[name]}"

    def _take(self, result: tuple[Library, tuple[Message | None, str] | None]) -> None:
        held, told = result
        changed = held != self._held
        self._held = held
        if changed:
            self.changed.emit()
        for fault in held.faults:
            self.said.emit("warning", fault)
        if told is None:
            return
        text, removed = told
        if text is not None:
            self.said.emit("info", text)
        if removed:
            self.removed.emit(removed)

    def _failed(self, error: Exception) -> None:
        text = error.message if isinstance(error, NetloomError) else Message("{label}", label=str(error))
        self.said.emit("error", text)


def _read(
    _ticket: Ticket, first: Callable[[], None] | None, told: tuple[Message | None, str] | None
) -> tuple[Library, tuple[Message | None, str] | None]:
    """Carries out an order, then reads what there is."""
    if first is not None:
        first()
    return library.read(), told
