"""Wires one card to another without looking for ports: Alt and the right button, from body to body."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from studio.app.canvas import edits
from studio.app.canvas.edits import Source, Target
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.tools.tool import Pointer
from studio.catalog import wiring
from studio.words import tr

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView


class LazyTool:
    """From the card that was pressed to the one under the mouse: its first output to the place that is free.

    Drawn upwards it wires the other way round.
    """

    follows_edge = True
    needs_button = True

    def __init__(self, view: GraphView, card: NodeItem, pressed: Pointer) -> None:
        self._view = view
        self.button = pressed.button
        self._from = card.node.id
        self._to: str | None = None
        view.viewport().setCursor(Qt.CursorShape.CrossCursor)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        graph, overlay = self._view.graph, self._view.graph.overlay
        card = graph.card_at(pointer.scene)
        self._to = card.node.id if card is not None and card.node.id != self._from else None
        overlay.labels, overlay.refused = [], False
        end = pointer.scene
        if card is not None and self._to is not None:
            end = QRectF(*card.box()).center()
            verdict = self._verdict(self._pair())
            overlay.refused = not verdict.ok
            if not verdict.ok:
                said = str(verdict.reason) if verdict.reason else tr("This wire does not fit here.")
                overlay.labels = [(pointer.scene, said, False)]
        graph.set_targets([self._to] if self._to is not None and not overlay.refused else [])
        overlay.wires = [(self._start(), end)]
        overlay.refresh()

    def _start(self) -> QPointF:
        return QRectF(*self._view.graph.cards[self._from].box()).center()

    def _pair(self) -> tuple[str, str]:
        """The source and the target: what stands above feeds what stands below, where that fits."""
        one, other = self._from, self._to or self._from
        backwards = self._verdict((one, other)).ok is False and self._verdict((other, one)).ok
        return (other, one) if backwards else (one, other)

    def _verdict(self, pair: tuple[str, str]) -> wiring.Verdict:
        session = self._view.session
        return wiring.verdict(session.document.data(), session.network, *pair, replace=True)

    def release(self, pointer: Pointer) -> None:
        self.move(pointer)
        source, target = self._pair()
        verdict = self._verdict((source, target)) if self._to is not None else None
        session = self._view.session
        self._view.finish()
        if verdict is not None and verdict.ok:
            several = self._view.graph.cards[source].count("out") > 1
            edits.connect(session, Source(source, 0 if several else None), Target(target, verdict.slot))
        elif verdict is not None and verdict.reason is not None:
            session.notice.emit("info", verdict.reason)

    def cancel(self) -> None:
        pass
