"""Drags cards: to another place, onto a wire, or copies of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from studio.app.canvas import edits, wire_edits
from studio.app.canvas.edge_layer import DIMMED, HOT
from studio.app.canvas.geometry import Rect, snap, union
from studio.app.canvas.snapping import Guide, Still, aligned
from studio.app.canvas.tools.tool import Pointer
from studio.catalog import wiring
from studio.graph.model import Wire

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

SNAP_REACH = 6
LIVE = 300
"""so many cards move under the mouse; more are shown as one rectangle until they are let go"""


SHAKES = 4
"""so many turns to and fro, each of at least so many pixels, shake cards out of their wires"""
SHAKE = 24


class Shaking:
    """Counts how often the mouse turns to and fro without getting anywhere."""

    def __init__(self, x: int) -> None:
        self._turn = self._last = x
        self._way = 0
        self._turns: list[int] = []

    def move(self, x: int) -> bool:
        """Takes the next place across; whether it was shaken."""
        way = (x > self._last) - (x < self._last)
        if way and way != self._way:
            if self._way and abs(self._last - self._turn) >= SHAKE:
                self._turns.append(self._last)
            elif abs(self._last - self._turn) >= 3:
                self._turns.clear()
            self._turn, self._way = self._last, way
        self._last = x
        return len(self._turns) >= SHAKES


class MoveTool:
    """Moves cards under the mouse and tells the document once, at the end.

    Pressed with Alt (`out`), or shaken, they come out of their wires. Alt on the way: without snapping;
    Shift: not into a wire.
    """

    follows_edge = True
    needs_button = True
    button = Qt.MouseButton.LeftButton

    def __init__(
        self, view: GraphView, ids: list[str], lead: str, pressed: Pointer, out: bool = False
    ) -> None:
        self._view = view
        self._start = QPointF(pressed.scene)
        cards = view.graph.cards
        self._from = {id_: cards[id_].box() for id_ in ids}
        self._lead = self._from[lead]
        self._live = len(ids) <= LIVE
        if self._live:
            view.graph.lift.take(ids)
        self._delta = (0, 0)
        self._shaken = Shaking(pressed.view.x())
        self._outer = _outer_wires(view, ids)
        self._out = out and bool(self._outer)
        self._alone = (
            ids[0] if len(ids) == 1 and (self._out or not view.graph.edges.wires_at(ids[0])) else None
        )
        self._wire: Wire | None = None
        self._at = QPointF(pressed.scene)
        self._sight, self._still = QRectF(), Still(())
        self._shown: object = None

    def press(self, pointer: Pointer) -> None:
        pass

    def move(self, pointer: Pointer) -> None:
        self._at = pointer.scene
        if self._shaken.move(pointer.view.x()) and self._outer and not self._out:
            self._out = True
            self._alone = next(iter(self._from)) if len(self._from) == 1 else None
        left = self._lead[0] + pointer.scene.x() - self._start.x()
        top = self._lead[1] + pointer.scene.y() - self._start.y()
        guides: list[Guide] = []
        if not pointer.alt or self._out:
            moved = (left, top, self._lead[2], self._lead[3])
            left, top, guides = aligned(moved, self._neighbours(), SNAP_REACH / self._view.zoom)
        self._delta = (round(left - self._lead[0]), round(top - self._lead[1]))
        self._show(guides, into=not pointer.shift)

    def _show(self, guides: list[Guide], into: bool) -> None:
        """Shows the cards where they are now, and into which wire a lone one would go.

        Most moves of the mouse lead to the place on the grid where they are: then there is nothing to do.
        """
        shown = (self._delta, guides, into, self._out, self._view.zoom)
        if shown == self._shown:
            return
        self._shown = shown
        graph, overlay = self._view.graph, self._view.graph.overlay
        overlay.guides = guides
        if not self._live:
            overlay.ghosts = [_shifted(union(list(self._from.values())) or self._lead, self._delta)]
        else:
            graph.lift.move(self._delta, self._view.near)
        self._wire = self._wire_below(self._alone) if self._alone is not None and into else None
        states = dict.fromkeys(self._outer, DIMMED) if self._out else {}
        graph.edges.set_states(states | ({self._wire: HOT} if self._wire else {}))
        overlay.refresh()

    def _neighbours(self) -> Still:
        """The cards on screen that stay where they are; looked up when the view shows something else."""
        sight = self._view.visible_rect()
        if sight != self._sight:
            shown = self._view.graph.cards_in(sight)
            self._sight = sight
            self._still = Still(card.box() for card in shown if card.node.id not in self._from)
        return self._still

    def _wire_below(self, alone: str) -> Wire | None:
        """The wire under the middle of a lone card that can go into it: it would be inserted there."""
        graph, session = self._view.graph, self._view.session
        card = graph.cards[alone]
        middle = QRectF(*card.box()).center()
        if not (card.count("in") and card.count("out")):
            return None
        wire = graph.edges.edge_at(middle, card.box()[3] / 2, graph.edges.wires_at(alone))
        if wire is None or self._out:  # out of its wires, what it takes is free
            return wire
        goes = wiring.can_insert(session.document.data(), session.network, card.node, wire)
        return wire if goes else None

    def release(self, pointer: Pointer) -> None:
        view, session = self._view, self._view.session
        wire, delta = self._wire, self._delta
        places = {i: (round(r[0]) + delta[0], round(r[1]) + delta[1]) for i, r in self._from.items()}
        view.finish()
        if self._live:
            view.graph.lift.drop()
        if self._out:
            wire_edits.take_out(session, places, wire)
        elif wire is not None and self._alone is not None:
            center = QRectF(*_shifted(self._from[self._alone], delta)).center()
            rects = view.graph.rects()
            edits.insert_card(session, self._alone, wire, rects, (center.x(), center.y()))
        elif delta != (0, 0):
            edits.move(session, places)

    def cancel(self) -> None:
        if self._live:
            self._view.graph.lift.move((0, 0), self._view.near)
            self._view.graph.lift.drop()


class DuplicateTool:
    """Ctrl and a drag: copies of the cards land where they are let go."""

    follows_edge = True
    needs_button = True
    button = Qt.MouseButton.LeftButton

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


def _outer_wires(view: GraphView, ids: list[str]) -> dict[Wire, None]:
    """The wires between some cards and the others."""
    chosen, edges = set(ids), view.graph.edges
    wires = dict.fromkeys(wire for id_ in ids for wire in edges.wires_at(id_)) if len(ids) <= LIVE else {}
    return {wire: None for wire in wires if (wire.source in chosen) != (wire.target in chosen)}
