"""All wires of a network in one layer: bucketed in tiles, each painted on its own, with its own hit test."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen

from studio.app import theme as themes
from studio.app.canvas import painting, routing
from studio.app.canvas.edge import Edge
from studio.app.canvas.geometry import ROW, Rect
from studio.app.canvas.look import inlet_of
from studio.app.canvas.node_item import NodeItem
from studio.app.canvas.pixmaps import PixmapStore
from studio.app.canvas.tiles import Tiles
from studio.graph.model import Wire

WORLD = 1_000_000.0
THIN_BELOW = 0.65
"""the zoom under which wires are one pixel wide"""
CHIPS_FROM = 0.55
ARROWS_FROM = 110.0
"""a wire from a card to the next below needs no arrow"""
LOOK_AROUND = 400.0
LOOK_DOWN = 8000.0
CHIP_GAP = 8.0
LIT, HOT, DIMMED, HIDDEN = "lit", "hot", "dimmed", "hidden"
"""A wire of the card under the mouse; the wire under the mouse; out of play; picked up."""


class EdgeLayer:
    """The wires between the cards that `card(id)` knows. `others(rect)` are the cards a wire goes around;
    `text(source, output)` is what its chip says. `stain(rect)` is told where something looks different.
    """

    def __init__(
        self,
        store: PixmapStore,
        card: Callable[[str], NodeItem | None],
        others: Callable[[QRectF], Iterable[NodeItem]],
        text: Callable[[str, int], str],
        stain: Callable[[QRectF], None],
    ) -> None:
        self._store, self._card, self._others, self._text = store, card, others, text
        self._stain = stain
        self._into: dict[str, tuple[Wire, ...]] = {}
        self._out_of: dict[str, dict[Wire, None]] = {}
        self._edges: dict[Wire, Edge] = {}
        self._tiles: Tiles[Edge] = Tiles()
        self._states: dict[Wire, str] = {}
        self._chips: dict[str, list[tuple[str, QPointF]]] = {}
        self._floating: dict[Wire, Edge] = {}
        self._loose: dict[Wire, Edge] = {}
        """the wires between a dragged card and another one, as they lie now"""
        self._strays: list[tuple[QLineF, bool]] = []
        """the straight lines of these as they lay, and whether it is the start that is dragged"""
        self._afloat: dict[str, None] = {}
        """the cards whose chips are painted with what floats"""
        self._swimming: set[str] = set()
        """those of them whose chips go along as they are"""
        self._float_bounds, self._offset = QRectF(), QPointF()
        self._extent = 1600.0
        self._zoom = 1.0
        self._hasty = False
        self._fine, self._wide = QPen(), QPen()
        """for wires from afar, and for the others"""
        self.lines: dict[Wire, QLineF] = {}

    # -- following the document ------------------------------------------------------------------

    def clear(self) -> None:
        for table in (self._into, self._out_of, self._edges, self._states, self._chips, self.lines):
            table.clear()
        self._tiles.clear()
        self._floating, self._loose, self._afloat, self._swimming = {}, {}, {}, set()
        self._stain(QRectF())

    def set_wires(self, target: str, wires: tuple[Wire, ...]) -> None:
        """These are the wires into `target` from now on."""
        old = self._into.get(target, ())
        if old == wires:
            return
        for wire in set(old) - set(wires):
            self._drop(wire)
            self._out_of.get(wire.source, {}).pop(wire, None)
        self._into[target] = wires
        if not wires:
            del self._into[target]
        for wire in wires:
            self._out_of.setdefault(wire.source, {})[wire] = None

    def lay_many(self, nodes: Iterable[str]) -> Container[Wire]:
        """Lays every wire at `nodes` anew: they moved, came, or their ports changed. Returns the wires."""
        ids = list(nodes)
        wires = dict.fromkeys(wire for id_ in ids for wire in self.wires_at(id_))
        for wire in wires:
            self.lay_wire(wire)
        for source in dict.fromkeys([*ids, *(wire.source for wire in wires)]):
            self.refresh_chips(source)
        return wires

    # -- following a drag ------------------------------------------------------------------------

    def lift(self, nodes: Iterable[str]) -> None:
        """Begins a drag of cards. Until `settle` their wires are painted by `draw_floating`: those among them
        float along as they lie, the others are laid anew."""
        ids = set(nodes)
        inner = [w for id_ in ids for w in self._into.get(id_, ()) if w.source in ids and w in self._edges]
        outer = {w for id_ in ids for w in self.wires_at(id_) if w in self._edges} - set(inner)
        self._floating = {wire: self._edges[wire] for wire in inner}
        self._loose = {wire: self._edges[wire] for wire in outer}
        self._strays = [(self._edges[wire].line, wire.source in ids) for wire in outer]
        self._afloat = dict.fromkeys(wire.source for wire in (*inner, *outer))
        self._swimming = ids - {wire.source for wire in outer}
        self._float_bounds, self._offset = QRectF(), QPointF()
        for wire, edge in (*self._floating.items(), *self._loose.items()):
            self._tiles.drop(edge)
            self.lines.pop(wire, None)
        for edge in self._floating.values():
            self._float_bounds |= edge.bounds
        for bounds in (self._float_bounds, *(edge.bounds for edge in self._loose.values())):
            if not bounds.isNull():
                self._stain(bounds)
        for source in self._afloat:
            self._update_chips(self._chips.get(source, []))

    def float_by(self, offset: QPointF, near: bool) -> QRectF:
        """The cards are so far from where they were. Returns the rectangle around what floats.

        From afar wires are straight lines, and none is laid.
        """
        self._offset = QPointF(offset)
        around = self._float_bounds.translated(offset)
        if not near:
            for line in self._stray_lines():
                around = around.united(QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1))
            return around
        for wire in self._loose:
            made = self._make(wire)
            if made is not None:
                self._loose[wire] = self._edges[wire] = made
                around = around.united(made.bounds)
        for source in dict.fromkeys(wire.source for wire in self._loose):
            self._chips[source] = self._lay_chips(source)
        for source in self._afloat:
            for text, at in self._chips.get(source, ()):
                at = at + self._offset if source in self._swimming else at
                around = around.united(_chip_rect(text, at))
        return around

    def settle(self) -> None:
        """The drag is over: what floated is laid where its cards are."""
        wires = [wire for wire in (*self._floating, *self._loose) if wire in self._edges]
        self._floating, self._loose, self._afloat, self._strays = {}, {}, {}, []
        self._offset, self._swimming = QPointF(), set()
        for wire in wires:
            self.lay_wire(wire)
        for source in dict.fromkeys(wire.source for wire in wires):
            self.refresh_chips(source)

    def _stray_lines(self) -> list[QLineF]:
        by = self._offset
        return [
            QLineF(line.p1() + by, line.p2()) if starts else QLineF(line.p1(), line.p2() + by)
            for line, starts in self._strays
        ]

    def lay_wire(self, wire: Wire) -> None:
        edge = self._make(wire)
        if edge is None:
            self._drop(wire)
        else:
            self._put(wire, edge)

    def _put(self, wire: Wire, edge: Edge) -> None:
        old = self._edges.get(wire)
        if old is not None:
            self._tiles.drop(old)
            self._stain(old.bounds)
        self._edges[wire] = edge
        bounds = edge.bounds
        self._tiles.put(edge, (bounds.left(), bounds.top(), bounds.width(), bounds.height()))
        self.lines[wire] = edge.line
        self._stain(bounds)

    def _update_chips(self, chips: list[tuple[str, QPointF]]) -> None:
        for text, at in chips:
            self._stain(_chip_rect(text, at))

    def _make(self, wire: Wire) -> Edge | None:
        source, target = self._card(wire.source), self._card(wire.target)
        if source is None or target is None:
            return None
        inlet = inlet_of(target.shape_.inlets, wire.slot)
        start = source.port("out", wire.index or 0)
        end = target.port("in", inlet or 0)
        around: list[Rect] = []
        down = end.y() - start.y()
        if ROW * 1.5 < down < LOOK_DOWN and abs(end.x() - start.x()) < LOOK_AROUND:
            corridor = QRectF(start, end).normalized().adjusted(-4, 2, 4, -2)
            cards = [c.footprint() for c in self._others(corridor) if c is not source and c is not target]
            around = routing.obstructed(start, end, cards)
        lane = list(self._out_of.get(wire.source, ())).index(wire) if around else 0
        return Edge(wire, start, end, around, lane)

    def _drop(self, wire: Wire) -> None:
        edge = self._edges.pop(wire, None)
        self._states.pop(wire, None)
        self._floating.pop(wire, None)
        self._loose.pop(wire, None)
        if edge is not None:
            self._tiles.drop(edge)
            self.lines.pop(wire, None)
            self._stain(edge.bounds)

    def refresh_chips(self, source: str) -> None:
        """Works out the chips below a card: one for each wired output, where there is room."""
        self._update_chips(self._chips.pop(source, []))
        made = self._lay_chips(source)
        if made:
            self._chips[source] = made
            self._update_chips(made)

    def _lay_chips(self, source: str) -> list[tuple[str, QPointF]]:
        """What the chips below a card say, and where they stand."""
        leaving: dict[int, list[Edge]] = {}
        for wire in self._out_of.get(source, ()):
            if wire in self._edges:
                leaving.setdefault(wire.index or 0, []).append(self._edges[wire])
        made: list[tuple[str, QPointF]] = []
        free_from = -WORLD
        for output, edges in sorted(leaving.items()):
            text = self._text(source, output)
            edge = min(edges, key=_fall)
            room = min(_fall(edge), float(ROW))
            left = edge.start.x() + CHIP_GAP
            if len(leaving) == 1 and _right_only(edges, edge.start.x()):
                left = edge.start.x() - CHIP_GAP - painting.chip_width(text)
            if text and room >= painting.CHIP_HEIGHT + 8 and left >= free_from:
                made.append((text, QPointF(left, edge.start.y() + (room - painting.CHIP_HEIGHT) / 2)))
                free_from = left + painting.chip_width(text)
        return made

    def relay_around(self, *rects: QRectF, without: Container[Wire] = ()) -> None:
        """Lays the wires anew that pass one of `rects`, each once: a card there came, went or moved."""
        near = {
            edge.wire: None for rect in rects for edge in self._near(rect) if edge.bounds.intersects(rect)
        }
        for wire in near:
            if wire not in without:
                self.lay_wire(wire)

    # -- asking ----------------------------------------------------------------------------------

    def wires(self) -> Iterable[Wire]:
        return self._edges.keys()

    def wires_into(self, node: str) -> tuple[Wire, ...]:
        return self._into.get(node, ())

    def wires_from(self, node: str) -> list[Wire]:
        return list(self._out_of.get(node, ()))

    def wires_at(self, node: str) -> list[Wire]:
        return [*self._into.get(node, ()), *self._out_of.get(node, ())]

    def edge(self, wire: Wire) -> Edge | None:
        return self._edges.get(wire)

    def chips(self, source: str) -> list[str]:
        """What the chips below a card say."""
        return [text for text, _ in self._chips.get(source, ())]

    def edge_at(self, at: QPointF, reach: float, without: Container[Wire] = ()) -> Wire | None:
        """The wire nearest to `at`, no farther than `reach` and none of `without`."""
        box = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        best: tuple[float, Wire] | None = None
        for edge in self._near(box):
            if not edge.bounds.intersects(box) or self._states.get(edge.wire) == HIDDEN:
                continue
            if edge.wire in without:
                continue
            gap = routing.distance(edge.points, at)
            if gap <= reach and (best is None or gap < best[0]):
                best = (gap, edge.wire)
        return best[1] if best else None

    def crossed(self, one: QPointF, two: QPointF) -> list[Wire]:
        """The wires that a line from `one` to `two` cuts."""
        line = QLineF(one, two)
        box = QRectF(one, two).normalized().adjusted(-1, -1, 1, 1)
        near = [edge for edge in self._near(box) if edge.bounds.intersects(box)]
        return [edge.wire for edge in near if routing.crosses(edge.points, line)]

    def lines_in(self, rect: QRectF) -> list[QLineF]:
        """The straight lines of the wires that may touch a part of the scene, without those that float."""
        return [edge.line for edge in self._near(rect)]

    def drifting(self) -> tuple[list[QLineF], list[QLineF]]:
        """The straight lines of the wires among what is dragged, as they lay, and of those that leave it."""
        return [edge.line for edge in self._floating.values()], self._stray_lines()

    def middle(self, wire: Wire) -> QPointF:
        return routing.middle(self._edges[wire].points)

    def _near(self, rect: QRectF) -> dict[Edge, None]:
        return self._tiles.near((rect.left(), rect.top(), rect.width(), rect.height()))

    # -- showing ---------------------------------------------------------------------------------

    def set_states(self, states: dict[Wire, str]) -> None:
        """Which wires look other than usual, all of them."""
        for wire in states.keys() | self._states.keys():
            if states.get(wire) != self._states.get(wire) and wire in self._edges:
                self._stain(self._edges[wire].bounds)
        self._states = dict(states)

    def begin_frame(self, zoom: float, extent: float, hasty: bool) -> None:
        """Tells the zoom and the longer side of the viewport in pixels of the frame to come.

        In haste, while the camera moves on, wires are painted without smoothing, many times as fast; no eye
        can tell.
        """
        self._zoom, self._extent, self._hasty = zoom, extent, hasty
        theme = themes.current()
        color = painting.blend(theme.color("second"), theme.color("canvas"), 0.6)
        self._fine = QPen(color, 1)
        self._fine.setCosmetic(True)
        self._wide = self._fine if hasty else QPen(color, 1.6)

    def draw(self, painter: QPainter, exposed: QRectF) -> None:
        """Paints the wires and chips of a part of the scene; the painter works in scene units."""
        shown = [edge for edge in self._near(exposed) if edge.bounds.intersects(exposed)]
        self._paint_edges(painter, shown, exposed)
        if self._zoom >= CHIPS_FROM:
            sources = dict.fromkeys(edge.wire.source for edge in shown)
            self._paint_chips(painter, [s for s in sources if s not in self._afloat], exposed)
        painter.setOpacity(1)

    def draw_floating(self, painter: QPainter, exposed: QRectF) -> None:
        """As `draw`, the wires and chips of what is dragged."""
        loose = [edge for edge in self._loose.values() if edge.bounds.intersects(exposed)]
        self._paint_edges(painter, loose, exposed)
        drifted = exposed.translated(-self._offset)
        floating = [edge for edge in self._floating.values() if edge.bounds.intersects(drifted)]
        if floating:
            painter.translate(self._offset)
            self._paint_edges(painter, floating, drifted)
            painter.translate(-self._offset)
        if self._zoom >= CHIPS_FROM:
            self._paint_chips(painter, self._afloat, exposed)
        painter.setOpacity(1)

    def _paint_edges(self, painter: QPainter, shown: list[Edge], exposed: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        fine, wide = self._fine, self._wide
        usual = [edge for edge in shown if edge.wire not in self._states] if self._states else shown
        sight = self._extent / self._zoom
        reach = 0.0 if self._zoom < THIN_BELOW else sight / 2
        long = [edge for edge in usual if edge.reach > sight and edge.slides]
        short = [edge for edge in usual if edge.reach <= sight or not edge.slides]
        self._stroke_parts(painter, long, exposed, fine)
        self._stroke(painter, [edge for edge in short if edge.reach > reach], fine)
        self._stroke(painter, [edge for edge in short if edge.reach <= reach], wide)
        if self._zoom >= CHIPS_FROM:
            self._paint_arrows(
                painter, [edge for edge in short if edge.reach >= ARROWS_FROM and edge.slides], wide
            )
        for edge in shown if self._states else ():
            if edge.wire in self._states:
                self._paint_special(painter, edge, fine)

    def _stroke(self, painter: QPainter, edges: list[Edge], pen: QPen) -> None:
        """Each curve by itself: one path of many anti-aliased curves costs many times more, and one of many
        curves without smoothing half as much."""
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not pen.isCosmetic())
        lines = [edge.line for edge in edges if edge.straight]
        if lines:
            painter.drawLines(lines)
        if self._hasty:
            together = QPainterPath()
            for edge in edges:
                if not edge.straight:
                    together.addPath(edge.path)
            painter.drawPath(together)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = painter.drawPath
        for edge in edges:
            if not edge.straight:
                draw(edge.path)

    def _stroke_parts(self, painter: QPainter, edges: list[Edge], exposed: QRectF, pen: QPen) -> None:
        """Of wires longer than the view what is in sight alone: stroking the rest would cost as much."""
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._hasty)
        for edge in edges:
            part = edge.part(exposed.left(), exposed.right())
            heights = [at.y() for at in part]
            if heights and max(heights) >= exposed.top() and min(heights) <= exposed.bottom():
                painter.drawPolyline(part)

    def _paint_arrows(self, painter: QPainter, edges: list[Edge], pen: QPen) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        for edge in edges:
            painter.drawPolygon(edge.arrow)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_special(self, painter: QPainter, edge: Edge, fine: QPen) -> None:
        state = self._states[edge.wire]
        if state == HIDDEN:
            return
        if state == DIMMED:
            painter.setOpacity(0.35)
            self._stroke(painter, [edge], fine)
            painter.setOpacity(1)
            return
        pen = QPen(themes.current().color("accent"), 3.0 if state == HOT else 2.0)
        pen.setCosmetic(True)
        self._stroke(painter, [edge], pen)

    def _paint_chips(self, painter: QPainter, sources: Iterable[str], exposed: QRectF) -> None:
        for source in sources:
            by = self._offset if source in self._swimming else QPointF()
            for text, place in self._chips.get(source, ()):
                at = place + by
                if exposed.intersects(_chip_rect(text, at)):
                    self._store.draw_chip(painter, text, at)


def _chip_rect(text: str, at: QPointF) -> QRectF:
    return QRectF(at.x(), at.y(), painting.chip_width(text), painting.CHIP_HEIGHT)


def _right_only(edges: list[Edge], x: float) -> bool:
    """Whether wires turn off to the right and none to the left: the chip then stands on the left."""
    right = any(edge.bounds.right() > x + CHIP_GAP for edge in edges)
    return right and not any(edge.bounds.left() < x - CHIP_GAP for edge in edges)


def _fall(edge: Edge) -> float:
    """How far below its start a wire ends; a wire that goes around something has the whole gap."""
    return edge.end.y() - edge.start.y()
