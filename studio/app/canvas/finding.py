"""Find a node and fly to it; places of the camera that one comes back to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from studio.app.canvas.flight import Flight
from studio.catalog import table
from studio.catalog.entry import Entry
from studio.graph import frames
from studio.graph.frames import Bookmark
from studio.words import Message

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel

CLOSE = 0.8
"""from farther away one flies near enough to read a card"""
_BETWEEN = "\n"


class Finding:
    """Looks in every network of the project."""

    def __init__(self, panel: CanvasPanel) -> None:
        self._panel = panel
        self._session = panel.session
        self.flight = Flight(panel.view)

    def open(self) -> None:
        """Asks for a node by its name."""
        view = self._panel.view
        corner = view.mapToScene(view.viewport().width() // 2 - 150, 60)
        self._panel.searching.ask(corner, self._entries(), Message("Find a node"), self._found)

    def _entries(self) -> list[Entry]:
        """Every node: those of the network that is shown first."""
        document, here = self._session.document, self._session.network
        names = sorted(document.network_names(), key=lambda name: name != here)
        return [
            Entry(
                f"{name}{_BETWEEN}{node.id}",
                node.id if name == here else f"{node.id} · {name}",
                table.category(node.type),
                "structural",
                (),
                (),
            )
            for name in names
            for node in document.network(name).nodes.values()
        ]

    def _found(self, chosen: str) -> None:
        network, _, id_ = chosen.partition(_BETWEEN)
        self.fly_to(network, id_)

    def fly_to(self, network: str, id_: str) -> None:
        """Shows and selects a node."""
        self._session.show_network(network)
        card = self._panel.graph.cards.get(id_)
        if card is not None:
            self._panel.keep_camera()
            self._session.select((id_,))
            self.flight.to(QRectF(*card.box()).center(), max(self._panel.view.zoom, CLOSE))

    # -- bookmarks -------------------------------------------------------------------------------

    def keep(self, digit: str) -> None:
        """Keeps what is seen now under a digit, with the project."""
        view = self._panel.view
        middle = view.visible_rect().center()
        mark = Bookmark((round(middle.x()), round(middle.y())), max(1, round(view.zoom * 100)))
        with self._session.edit(Message("Set bookmark {digit}", digit=digit)) as edit:
            frames.set_bookmark(edit, self._session.network, digit, mark)

    def go(self, digit: str) -> None:
        """Goes to what was kept under a digit."""
        mark = frames.bookmarks(self._session.document.network(self._session.network)).get(digit)
        if mark is None:
            text = Message("There is no bookmark {digit} yet. Ctrl+Alt+{digit} sets it.", digit=digit)
            self._session.notice.emit("warning", text)
            return
        self._panel.keep_camera()
        self.flight.to(QPointF(*mark.at), mark.zoom / 100)
