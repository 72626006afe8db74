"""Draws, picks up and moves wires. Nothing is written before the wire is let go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication

from studio.app.canvas import edits, fits, look, wire_edits
from studio.app.canvas.edge_layer import HIDDEN
from studio.app.canvas.edits import Source, Target
from studio.app.canvas.fits import Fix, Misfit
from studio.app.canvas.geometry import MAGNET, Side
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.tools.tool import Pointer
from studio.catalog import wiring
from studio.graph.model import Wire
from studio.graph.values import Path
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

ON_CARD = 10
"""the same inside a card, whose body stands for its next free input"""


class ConnectTool:
    """A wire with a loose end. Letting go of a drag ends it; after a click it follows the mouse to the next.

    `fixed` are the ends that stay, one for each wire that follows the mouse; `seeks` is the side of a card
    that the loose end looks for.
    """

    follows_edge = True
    button = Qt.MouseButton.LeftButton

    def __init__(
        self, view: GraphView, seeks: Side, fixed: list[tuple[str, int]], wires: list[Wire], pressed: Pointer
    ) -> None:
        self._view = view
        self._seeks = seeks
        self._fixed = fixed
        self._wires = wires
        """the wires that were picked up"""
        self._pressed = pressed
        self._clicked = False
        self.needs_button = True
        self._found: tuple[NodeItem, int | None] | None = None
        self._reason: Message | None = None
        self._project = view.session.document.data()
        self._verdicts: dict[tuple[str, Path | None], wiring.Verdict] = {}
        self._plain = False
        """whether the wire is drawn as it is, though something would have to go between"""
        graph = view.graph
        graph.hover(None)
        graph.edges.set_states(dict.fromkeys(wires, HIDDEN))
        graph.set_dimmed(self._unfit())
        view.viewport().setCursor(Qt.CursorShape.CrossCursor)

    @classmethod
    def from_port(
        cls, view: GraphView, card: NodeItem, side: Side, index: int, pressed: Pointer
    ) -> ConnectTool:
        """What a press on a port begins: a new wire, or an input's or (Ctrl) an output's wires picked up."""
        id_ = card.node.id
        edges = view.graph.edges
        if side == "out":
            wires = [w for w in edges.wires_from(id_) if (w.index or 0) == index]
            if pressed.ctrl and wires:
                ends = [(w.target, view.graph.inlet(w)) for w in wires]
                return cls(view, "out", ends, wires, pressed)
            return cls(view, "in", [(id_, index)], [], pressed)
        slot = card.shape_.inlets[index].slot
        held = next((w for w in edges.wires_into(id_) if w.slot[: len(slot)] == slot), None)
        if held is not None and held in edges.wires():
            return cls(view, "in", [(held.source, held.index or 0)], [held], pressed)
        return cls(view, "out", [(id_, index)], [], pressed)

    # -- what fits -------------------------------------------------------------------------------

    def _verdict(self, card: NodeItem, index: int | None) -> wiring.Verdict:
        """Whether the wire may end at a card, at its input `index` or at the next free one."""
        slot = card.shape_.inlets[index].slot if self._seeks == "in" and index is not None else None
        key = (card.node.id, slot)
        if key not in self._verdicts:
            self._verdicts[key] = self._judge(card.node.id, slot)
        return self._verdicts[key]

    def _judge(self, id_: str, slot: Path | None) -> wiring.Verdict:
        network = self._view.session.network
        if self._seeks == "in":
            return wiring.verdict(self._project, network, self._fixed[0][0], id_, slot, replace=True)
        for node, index in self._fixed:
            inlet = self._view.graph.cards[node].shape_.inlets[index]
            found = wiring.verdict(self._project, network, id_, node, inlet.slot)
            if not found.ok:
                return found
        return wiring.Verdict(True, None)

    def _unfit(self) -> list[str]:
        """The cards on screen where the wire cannot end."""
        shown = self._view.graph.cards_in(self._view.visible_rect())
        return [
            card.node.id
            for card in shown
            if not self._stays(card) and (not self._fits_somewhere(card) or self._misfit(card) is not None)
        ]

    def _misfit(self, card: NodeItem) -> Misfit | None:
        """Why what comes would not fit a card where the wire may end; nothing of one that was picked up."""
        if self._wires:
            return None
        graph, (fixed, index) = self._view.graph, self._fixed[0]
        if self._seeks == "in":
            return fits.misfit(fixed, look.spec_of(graph.faces.report(fixed), index), card.node)
        given = look.spec_of(graph.faces.report(card.node.id), 0)
        return fits.misfit(card.node.id, given, graph.cards[fixed].node)

    def _fits_somewhere(self, card: NodeItem) -> bool:
        if not card.count(self._seeks):
            return False
        return self._verdict(card, None).ok or (
            self._seeks == "in" and any(self._verdict(card, i).ok for i in range(card.count("in")))
        )

    def _find(self, at: QPointF) -> tuple[NodeItem, int | None] | None:
        """The port the loose end jumps to, or the card under the mouse."""
        graph = self._view.graph
        card = graph.card_at(at)
        reach = (MAGNET if card is None else ON_CARD) / self._view.zoom
        port = graph.port_at(at, reach, self._seeks)
        if port is not None and not self._stays(port[0]):
            return port[0], port[2]
        if card is None or self._stays(card):
            return None
        return card, 0 if self._seeks == "out" and card.count("out") == 1 else None

    def _stays(self, card: NodeItem) -> bool:
        return any(node == card.node.id for node, _ in self._fixed)

    # -- the gesture -----------------------------------------------------------------------------

    def press(self, pointer: Pointer) -> None:
        if not self._clicked:
            return
        self.move(pointer)
        if pointer.button == Qt.MouseButton.LeftButton:
            self._end(pointer)
        else:
            self._view.cancel_gesture()

    def move(self, pointer: Pointer) -> None:
        graph, overlay = self._view.graph, self._view.graph.overlay
        self._found = self._find(pointer.scene)
        self._reason = None
        end, overlay.port, overlay.labels = pointer.scene, None, []
        targets: list[str] = []
        if self._found is not None:
            card, index = self._found
            verdict = self._verdict(card, index)
            if verdict.ok:
                targets = [card.node.id]
                end = self._landing(card, index, pointer.scene)
                overlay.port = end
                self._plain = pointer.shift
                overlay.labels = self._advice(card, end)
            else:
                self._reason = verdict.reason
                reason = str(verdict.reason) if verdict.reason else tr("This wire does not fit here.")
                overlay.labels = [(pointer.scene, reason, False)]
        overlay.refused = self._found is not None and not targets
        overlay.wires = self._ends(end)
        graph.set_targets(targets)
        overlay.refresh()

    def _advice(self, card: NodeItem, at: QPointF) -> list[tuple[QPointF, str, bool]]:
        """What is said where shapes do not fit."""
        found = self._misfit(card)
        if found is None:
            return []
        said = [str(found.reason)]
        if found.advice is not None and not self._plain:
            said.append(str(found.advice))
        return [(at, " ".join(said), self._seeks == "in")]

    def _landing(self, card: NodeItem, index: int | None, at: QPointF) -> QPointF:
        """The port where the wire will end."""
        if index is None:
            graph = self._view.graph
            free = graph.free_inlet(card) if self._seeks == "in" else 0
            if free is None:
                free = graph.inlet_at(card, self._verdict(card, None).slot)
            if free is None:
                return at
            index = free
        return card.port(self._seeks, index)

    def _ends(self, loose: QPointF) -> list[tuple[QPointF, QPointF]]:
        cards = self._view.graph.cards
        if self._seeks == "in":
            return [(cards[node].port("out", index), loose) for node, index in self._fixed]
        return [(loose, cards[node].port("in", index)) for node, index in self._fixed]

    def release(self, pointer: Pointer) -> None:
        if self._clicked:
            return
        far = (pointer.view - self._pressed.view).manhattanLength()
        if far < QApplication.startDragDistance():
            if self._wires:
                self._view.cancel_gesture()
            self._clicked, self.needs_button = True, False
            return
        self.move(pointer)
        self._end(pointer)

    def _end(self, pointer: Pointer) -> None:
        view, found = self._view, self._found
        refused = found is not None and not self._verdict(*found).ok
        view.finish()
        if refused:
            if self._reason is not None:
                view.session.notice.emit("info", self._reason)
        elif found is not None:
            self._join(*found)
        elif self._wires:
            edits.cut(view.session, self._wires)
        else:
            view.ask_for_node(pointer.scene, self._loose_end())

    def _loose_end(self) -> Source | Target:
        node, index = self._fixed[0]
        if self._seeks == "in":
            return Source(node, self._output(node, index))
        return Target(node, self._view.graph.cards[node].shape_.inlets[index].slot)

    def _output(self, node: str, index: int) -> int | None:
        """Which output a reference names: none where the node has only one."""
        return index if self._view.graph.cards[node].count("out") > 1 else None

    def _join(self, card: NodeItem, index: int | None) -> None:
        session, id_ = self._view.session, card.node.id
        found = None if self._plain else self._misfit(card)
        if found is not None and found.fix is not None:
            self._join_through(card, index, found.fix)
        elif self._seeks == "in":
            node, output = self._fixed[0]
            slot = card.shape_.inlets[index].slot if index is not None else None
            if index is None and self._view.graph.free_inlet(card) is None:
                slot = self._verdict(card, None).slot
            old = self._wires[0] if self._wires else None
            if old is not None and old.target == id_ and (slot is None or old.slot == slot):
                return
            edits.connect(session, Source(node, self._output(node, output)), Target(id_, slot), old)
        elif self._wires:
            edits.take_over(session, self._wires, Source(id_, self._output(id_, index or 0)))
        else:
            node, inlet = self._fixed[0]
            slot = self._view.graph.cards[node].shape_.inlets[inlet].slot
            edits.connect(session, Source(id_, self._output(id_, index or 0)), Target(node, slot))

    def _join_through(self, card: NodeItem, index: int | None, fix: Fix) -> None:
        """Draws the wire with the node between that makes what comes fit."""
        view, (fixed, port) = self._view, self._fixed[0]
        if self._seeks == "in":
            slot = card.shape_.inlets[index].slot if index is not None else self._verdict(card, None).slot
            source, target = Source(fixed, self._output(fixed, port)), Target(card.node.id, slot)
        else:
            id_ = card.node.id
            source = Source(id_, self._output(id_, index or 0))
            target = Target(fixed, view.graph.cards[fixed].shape_.inlets[port].slot)
        wire_edits.connect_through(view.session, source, target, fix, view.graph.rects())

    def cancel(self) -> None:
        pass
