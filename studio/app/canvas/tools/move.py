"""Drags cards: to another place, onto a wire, or copies of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from studio.app.canvas import edits
from studio.app.canvas.edge_layer import HOT
from studio.app.canvas.geometry import Rect, snap, union
from studio.app.canvas.snapping import aligned
from studio.app.canvas.tools.tool import Pointer
from studio.graph.model import Wire

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

SNAP_REACH = 6
LIVE = 300
"""so many cards move under the mouse; more are shown as one rectangle until they are let go"""


class MoveTool:
    """Moves cards under the mouse and tells the document once, at the end. Alt: without snapping."""

    follows_edge = True
    needs_button = True

    def __init__(self, view: GraphView, ids: list[str], lead: str, pressed: Pointer) -> None:
        self._view = view
        self._start = QPointF(pressed.scene)
        cards = view.graph.cards
        self._from = {id_: cards[id_].box() for id_ in ids}
        self._lead = self._from[lead]
        self._live = len(ids) <= LIVE
        self._delta = (0, 0)
        self._alone = ids[0] if len(ids) == 1 and not view.graph.edges.wires_at(ids[0]) else None
        self._wire: Wire | None = None
        self._at = QPointF(pressed.scene)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        self._at = pointer.scene
        overlay = self._view.graph.overlay
        left = self._lead[0] + pointer.scene.x() - self._start.x()
        top = self._lead[1] + pointer.scene.y() - self._start.y()
        overlay.guides = []
        if not pointer.alt:
            moved = (left, top, self._lead[2], self._lead[3])
            left, top, overlay.guides = aligned(moved, self._neighbours(), SNAP_REACH / self._view.zoom)
        self._delta = (round(left - self._lead[0]), round(top - self._lead[1]))
        if self._live:
            self._place(self._delta)
        else:
            overlay.ghosts = [_shifted(union(list(self._from.values())) or self._lead, self._delta)]
        if self._alone is not None:
            self._find_wire(self._alone)
        overlay.refresh()

    def _neighbours(self) -> list[Rect]:
        """The cards on screen that stay where they are."""
        shown = self._view.graph.cards_in(self._view.visible_rect())
        return [card.box() for card in shown if card.node.id not in self._from]

    def _place(self, delta: tuple[int, int]) -> None:
        graph = self._view.graph
        for id_, rect in self._from.items():
            graph.cards[id_].setPos(rect[0] + delta[0], rect[1] + delta[1])
        graph.moved_cards(self._from)

    def _find_wire(self, alone: str) -> None:
        """The wire under the middle of a lone card: it would be inserted there."""
        graph = self._view.graph
        card = graph.cards[alone]
        middle = QRectF(*card.box()).center()
        wire = None
        if card.count("in") and card.count("out"):
            wire = graph.edges.edge_at(middle, card.box()[3] / 2)
        self._wire = wire
        graph.edges.set_states({wire: HOT} if wire else {})

    def release(self, pointer: Pointer) -> None:
        view, session = self._view, self._view.session
        wire, delta = self._wire, self._delta
        places = {i: (round(r[0]) + delta[0], round(r[1]) + delta[1]) for i, r in self._from.items()}
        view.finish()
        if wire is not None and self._alone is not None:
            center = QRectF(*_shifted(self._from[self._alone], delta)).center()
            rects = view.graph.rects()
            edits.insert_card(session, self._alone, wire, rects, (center.x(), center.y()))
        elif delta != (0, 0):
            edits.move(session, places)

    def cancel(self) -> None:
        if self._live:
            self._place((0, 0))


class DuplicateTool:
    """Ctrl and a drag: copies of the cards land where they are let go."""

    follows_edge = True
    needs_button = True

    def __init__(self, view: GraphView, ids: list[str], pressed: Pointer) -> None:
        self._view = view
        self._ids = ids
        self._start = QPointF(pressed.scene)
        self._from = [view.graph.cards[id_].box() for id_ in ids]
        self._delta = (0, 0)

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        gap = pointer.scene - self._start
        self._delta = (snap(gap.x()), snap(gap.y()))
        overlay = self._view.graph.overlay
        overlay.ghosts = [_shifted(rect, self._delta) for rect in self._from[:LIVE]]
        overlay.refresh()

    def release(self, pointer: Pointer) -> None:
        self._view.finish()
        around = union(self._from)
        if self._delta != (0, 0) and around is not None:
            at = (round(around[0]) + self._delta[0], round(around[1]) + self._delta[1])
            edits.duplicate(self._view.session, self._ids, at)

    def cancel(self) -> None:
        pass


def _shifted(rect: Rect, delta: tuple[int, int]) -> Rect:
    return (rect[0] + delta[0], rect[1] + delta[1], rect[2], rect[3])
