"""Search and place as commands of the canvas: what is offered, where it goes, to what it is wired."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from studio.app.canvas import edits, suggest
from studio.app.canvas.edits import Source, Target
from studio.app.canvas.geometry import CARD_HEIGHT, CARD_WIDTH
from studio.app.canvas.placing import free_place
from studio.app.canvas.search_popup import SearchPopup
from studio.catalog import table
from studio.catalog.entry import Entry
from studio.graph.model import Wire
from studio.words import Message

if TYPE_CHECKING:
    from studio.app.canvas.panel import CanvasPanel


class Searching:
    """The search of one canvas. `popup` is shown over it; what is chosen there is placed."""

    def __init__(self, panel: CanvasPanel) -> None:
        self._panel = panel
        self._session = panel.session
        self.popup = SearchPopup(panel)
        self._place_at = QPointF()
        self._end: Source | Target | Wire | None = None
        panel.view.node_wanted.connect(self._at)
        self._then: Callable[[str], object] = self._place
        self.popup.chosen.connect(lambda chosen: self._then(chosen))
        self.popup.closed.connect(self._closed)

    def open(self) -> None:
        """Opens the search at the mouse; what is chosen follows the selected node, if there is one."""
        self._at(self._panel.view.mouse_in_scene(), None)

    def for_wire(self, at: QPointF, wire: Wire) -> None:
        """Opens the search for a layer that goes into a wire."""
        self._open(at, wire, [e for e in table.entries() if e.inputs and e.outputs])

    def _at(self, at: QPointF, end: Source | Target | None) -> None:
        self._open(at, end, self._offered(end))
        if end is not None:
            self._show_loose_wire(at, end)

    def _open(self, at: QPointF, end: Source | Target | Wire | None, offered: list[Entry]) -> None:
        self._place_at, self._end, self._then = at, end, self._place
        self._lay(at)
        self.popup.open(offered, self._panel.blocks.entries())

    def ask(self, at: QPointF, entries: list[Entry], words: Message, then: Callable[[str], object]) -> None:
        """Opens the search for something else than a layer: `then` is given the type of what was chosen."""
        self._then = then
        self._lay(at)
        self.popup.open((), entries, words)

    def _lay(self, at: QPointF) -> None:
        """Puts the search where a point of the scene is, over whatever is there."""
        over = self._panel.window()
        if self.popup.parentWidget() is not over:
            self.popup.setParent(over)  # it may lie over other panels too: a small canvas has no room for it
        spot = self._panel.view.mapTo(over, self._panel.view.mapFromScene(at))
        room = over.rect().adjusted(8, 8, -8 - self.popup.width(), -8 - self.popup.height())
        self.popup.move(
            max(room.left(), min(spot.x(), room.right())), max(room.top(), min(spot.y(), room.bottom()))
        )

    def _offered(self, end: Source | Target | None) -> list[Entry]:
        """What fits a loose end, or the selected card; the likeliest first."""
        entries = list(table.entries())
        chosen = self._session.selection
        near = end.node if end is not None else chosen[0] if len(chosen) == 1 else None
        if near not in self._panel.graph.cards:
            return entries
        card, habits = self._panel.graph.cards[near], self._panel.habits
        category, type_ = card.category, card.node.type
        if isinstance(end, Target):
            return suggest.before(category, [e for e in entries if e.outputs], habits.before(type_))
        if isinstance(end, Source):
            entries = [entry for entry in entries if entry.inputs]
        return suggest.after(category, entries, habits.after(type_))

    def _show_loose_wire(self, at: QPointF, end: Source | Target) -> None:
        """The wire that was let go stays in sight while one searches."""
        card = self._panel.graph.cards.get(end.node)
        if card is not None:
            overlay = self._panel.graph.overlay
            if isinstance(end, Source):
                overlay.wires = [(card.port("out", end.output or 0), at)]
            else:
                inlet = self._panel.graph.inlet(Wire("", None, end.node, end.slot or ()))
                overlay.wires = [(at, card.port("in", inlet))]
            overlay.refresh()

    def _closed(self) -> None:
        self._panel.graph.overlay.clear()
        self._panel.view.setFocus()

    def _place(self, type_: str) -> None:
        """Adds what was chosen: in the wire, at the loose end, behind the selected node, or by itself."""
        end, at = self._end, self._place_at
        if isinstance(end, Wire):
            if end in self._panel.graph.edges.wires():
                edits.insert(self._session, type_, end, self._panel.graph.rects(), (at.x(), at.y()))
            return
        if end is None:
            self._place_after_selection(type_, at)
            return
        top = at.y() if isinstance(end, Source) else at.y() - CARD_HEIGHT
        id_ = edits.add(self._session, type_, self._free(at.x() - CARD_WIDTH / 2, top), end)
        self._panel.view.reveal(id_)

    def _place_after_selection(self, type_: str, at: QPointF) -> None:
        chosen = self._session.selection
        if len(chosen) == 1 and chosen[0] in self._panel.graph.cards:
            id_ = edits.append(self._session, type_, chosen[0])
        else:
            id_ = edits.add(
                self._session, type_, self._free(at.x() - CARD_WIDTH / 2, at.y() - CARD_HEIGHT / 2)
            )
        self._panel.view.reveal(id_)

    def free_spot(self) -> tuple[int, int]:
        """Where a card has room, nearest to the mouse."""
        at = self._panel.view.mouse_in_scene()
        return self._free(at.x() - CARD_WIDTH / 2, at.y() - CARD_HEIGHT / 2)

    def _free(self, left: float, top: float) -> tuple[int, int]:
        wanted = (left, top, float(CARD_WIDTH), float(CARD_HEIGHT))
        return free_place(wanted, self._panel.graph.rects_near(wanted))
