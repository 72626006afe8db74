"""All wires of a network in one item: bucketed in tiles, each painted on its own, with its own hit test."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

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


class EdgeLayer(QGraphicsRectItem):
    """The wires between the cards that `card(id)` knows. `others(rect)` are the cards a wire goes around;
    `text(source, output)` is what its chip says."""

    def __init__(
        self,
        store: PixmapStore,
        card: Callable[[str], NodeItem | None],
        others: Callable[[QRectF], Iterable[NodeItem]],
        text: Callable[[str, int], str],
    ) -> None:
        super().__init__(-WORLD, -WORLD, 2 * WORLD, 2 * WORLD)
        self.setPen(Qt.PenStyle.NoPen)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(-1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._store, self._card, self._others, self._text = store, card, others, text
        self._into: dict[str, tuple[Wire, ...]] = {}
        self._out_of: dict[str, dict[Wire, None]] = {}
        self._edges: dict[Wire, Edge] = {}
        self._tiles: Tiles[Edge] = Tiles()
        self._states: dict[Wire, str] = {}
        self._chips: dict[str, list[tuple[str, QPointF]]] = {}
        self._floating: dict[Wire, Edge] = {}
        self._swimming: set[str] = set()
        """the cards whose chips float too"""
        self._outer: list[Wire] = []
        self._float_bounds, self._offset = QRectF(), QPointF()
        self._extent = 1600.0
        self._zoom = 1.0
        self._moving = False
        self.lines: dict[Wire, QLineF] = {}

    # -- following the document ------------------------------------------------------------------

    def clear(self) -> None:
        for table in (self._into, self._out_of, self._edges, self._states, self._chips, self.lines):
            table.clear()
        self._tiles.clear()
        self._floating, self._outer, self._swimming = {}, [], set()
        self.update()

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

    def lay(self, node: str) -> None:
        """Lays every wire at `node` anew: it moved, came, or its ports changed."""
        for wire in self.wires_at(node):
            self.lay_wire(wire)
        self.refresh_chips(node)
        for wire in self._into.get(node, ()):
            self.refresh_chips(wire.source)

    def lay_many(self, nodes: Iterable[str]) -> None:
        """As `lay`, each wire once."""
        ids = list(nodes)
        wires = dict.fromkeys(wire for id_ in ids for wire in self.wires_at(id_))
        for wire in wires:
            self.lay_wire(wire)
        for source in dict.fromkeys([*ids, *(wire.source for wire in wires)]):
            self.refresh_chips(source)

    # -- following a drag ------------------------------------------------------------------------

    def lift(self, nodes: Iterable[str]) -> None:
        """Begins a drag of cards: the wires among them float with them, as they lie, until `settle`."""
        ids = set(nodes)
        inner = [w for id_ in ids for w in self._into.get(id_, ()) if w.source in ids and w in self._edges]
        outer = {w for id_ in ids for w in self.wires_at(id_)} - set(inner)
        self._floating = {wire: self._edges[wire] for wire in inner}
        for wire, edge in self._floating.items():
            self._tiles.drop(edge)
            self.lines.pop(wire, None)
        self._outer = list(outer)
        self._swimming = ids - {wire.source for wire in outer}
        self._float_bounds = QRectF()
        for edge in self._floating.values():
            self._float_bounds = self._float_bounds.united(edge.bounds)
        self._offset = QPointF()

    def float_by(self, offset: QPointF) -> None:
        """The cards are so far from where they were: what floats goes along, other wires are laid anew."""
        if self._floating:
            self.update(self._float_bounds.translated(self._offset))
            self._offset = QPointF(offset)
            self.update(self._float_bounds.translated(self._offset))
        for wire in self._outer:
            self.lay_wire(wire)
        for source in dict.fromkeys(wire.source for wire in self._outer):
            self.refresh_chips(source)

    def settle(self) -> None:
        """The drag is over: what floated is laid where its cards are."""
        floating, self._floating = self._floating, {}
        if floating:
            self.update(self._float_bounds.translated(self._offset))
        self._offset, self._swimming = QPointF(), set()
        for wire, edge in floating.items():
            if self._edges.get(wire) is edge:
                self.lay_wire(wire)
        for source in dict.fromkeys(wire.source for wire in floating):
            self.refresh_chips(source)

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
            self.update(old.bounds)
        self._edges[wire] = edge
        bounds = edge.bounds
        self._tiles.put(edge, (bounds.left(), bounds.top(), bounds.width(), bounds.height()))
        self.lines[wire] = edge.line
        self.update(bounds)

    def _update_chips(self, chips: list[tuple[str, QPointF]]) -> None:
        for text, at in chips:
            self.update(QRectF(at.x(), at.y(), painting.chip_width(text), painting.CHIP_HEIGHT))

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
        if edge is not None:
            self._tiles.drop(edge)
            self.lines.pop(wire, None)
            self.update(edge.bounds)

    def refresh_chips(self, source: str) -> None:
        """Works out the chips below a card: one for each wired output, where there is room."""
        self._update_chips(self._chips.pop(source, []))
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
        if made:
            self._chips[source] = made
            self._update_chips(made)

    def relay_around(self, rect: QRectF) -> None:
        """Lays the wires anew that pass `rect`: a card there came, went or moved."""
        for edge in [e for e in self._near(rect) if e.bounds.intersects(rect)]:
            self.lay_wire(edge.wire)

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

    def drifting(self) -> tuple[list[QLineF], QPointF]:
        """The straight lines of what floats, where it was, and how far it has gone."""
        return [edge.line for edge in self._floating.values()], self._offset

    def middle(self, wire: Wire) -> QPointF:
        return routing.middle(self._edges[wire].points)

    def _near(self, rect: QRectF) -> dict[Edge, None]:
        return self._tiles.near((rect.left(), rect.top(), rect.width(), rect.height()))

    # -- showing ---------------------------------------------------------------------------------

    def set_states(self, states: dict[Wire, str]) -> None:
        """Which wires look other than usual, all of them."""
        for wire in states.keys() | self._states.keys():
            if states.get(wire) != self._states.get(wire) and wire in self._edges:
                self.update(self._edges[wire].bounds)
        self._states = dict(states)

    def begin_frame(self, zoom: float, extent: float, moving: bool) -> None:
        """Tells the zoom and the longer side of the viewport in pixels of the frame to come.

        While the camera is `moving`, wires longer than the view are painted without smoothing, three times as
        fast; no eye can tell.
        """
        self._zoom, self._extent, self._moving = zoom, extent, moving

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        exposed = option.exposedRect
        fine, wide = self._pens()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        shown = [edge for edge in self._near(exposed) if edge.bounds.intersects(exposed)]
        self._paint_edges(painter, shown, exposed, (fine, wide))
        drifted = exposed.translated(-self._offset)
        floating = [edge for edge in self._floating.values() if edge.bounds.intersects(drifted)]
        if floating:
            painter.translate(self._offset)
            self._paint_edges(painter, floating, drifted, (fine, wide))
            painter.translate(-self._offset)
        if self._zoom >= CHIPS_FROM:
            self._paint_chips(painter, [*shown, *floating], exposed)
        painter.setOpacity(1)

    def _paint_edges(
        self, painter: QPainter, shown: list[Edge], exposed: QRectF, pens: tuple[QPen, QPen]
    ) -> None:
        fine, wide = pens
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

    def _pens(self) -> tuple[QPen, QPen]:
        theme = themes.current()
        color = painting.blend(theme.color("second"), theme.color("canvas"), 0.6)
        fine = QPen(color, 1)
        fine.setCosmetic(True)
        return fine, QPen(color, 1.6)

    def _stroke(self, painter: QPainter, edges: list[Edge], pen: QPen) -> None:
        """Each curve by itself: one path of many anti-aliased curves costs many times more."""
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not pen.isCosmetic())
        lines = [edge.line for edge in edges if edge.straight]
        if lines:
            painter.drawLines(lines)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw = painter.drawPath
        for edge in edges:
            if not edge.straight:
                draw(edge.path)

    def _stroke_parts(self, painter: QPainter, edges: list[Edge], exposed: QRectF, pen: QPen) -> None:
        """Of wires longer than the view what is in sight alone: stroking the rest would cost as much."""
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._moving)
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

    def _paint_chips(self, painter: QPainter, shown: list[Edge], exposed: QRectF) -> None:
        for source in dict.fromkeys(edge.wire.source for edge in shown):
            by = self._offset if source in self._swimming else QPointF()
            for text, place in self._chips.get(source, ()):
                at = place + by
                width = painting.chip_width(text)
                if exposed.intersects(QRectF(at.x(), at.y(), width, painting.CHIP_HEIGHT)):
                    self._store.draw_chip(painter, text, at)


def _right_only(edges: list[Edge], x: float) -> bool:
    """Whether wires turn off to the right and none to the left: the chip then stands on the left."""
    right = any(edge.bounds.right() > x + CHIP_GAP for edge in edges)
    return right and not any(edge.bounds.left() < x - CHIP_GAP for edge in edges)


def _fall(edge: Edge) -> float:
    """How far below its start a wire ends; a wire that goes around something has the whole gap."""
    return edge.end.y() - edge.start.y()
