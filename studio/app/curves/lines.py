"""All lines of one plot as one graphics item: painted straight from arrays, a few hundred points a line.

pyqtgraph's own curve items each carry bounds, clipping and signals of their own; one item that is told when
its arrays changed costs a fraction, and training runs in the same process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyqtgraph as pg
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen, QPolygonF, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from studio.app import theme
from studio.app.curves.history import Mark
from studio.app.curves.pyramid import Floats, Pyramid

Kind = Literal["fine", "bold", "marked", "earlier", "earlier marked"]
ANTIALIAS_UP_TO = 3000
"""points: a longer polyline is drawn without smoothing its edges"""
MARKER_ROOM = 7.0
"""pixels a marker needs; where there are more, only the line is drawn"""


@dataclass(slots=True)
class Line:
    """One line. `entry` is the legend entry that shows and hides it; `color` a name in the theme's table."""

    entry: str
    kind: Kind
    color: str
    points: Pyramid
    shown: bool = True


@dataclass(slots=True)
class _Drawn:
    kind: Kind
    color: str
    polygon: QPolygonF
    markers: bool


class Lines(pg.GraphicsObject):  # type: ignore[misc]
    """The lines inside a view box. `lines` is theirs to set; `refresh` after a change of data or range."""

    def __init__(self, box: pg.ViewBox) -> None:
        super().__init__()
        self.lines: list[Line] = []
        self.marks: list[Mark] = []
        self.log = False
        self._box = box
        self._area = QRectF()
        self._drawn: list[_Drawn] = []
        self._pens = _Pens()
        box.addItem(self, ignoreBounds=True)
        box.sigRangeChanged.connect(self.refresh)
        box.sigResized.connect(self.refresh)

    def refresh(self) -> None:
        """Reads the lines anew for what is in view."""
        area = self._box.viewRect()
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area
        columns = max(2, int(self._box.width()))
        self._drawn = [
            made for line in self.lines if line.shown and (made := self._draw(line, area, columns))
        ]
        self.update()

    def _draw(self, line: Line, area: QRectF, columns: int) -> _Drawn | None:
        # a bold line is as wide as two columns: more points than that cannot be seen
        bins = columns if line.kind == "fine" else columns // 2
        x, y = line.points.envelope(area.left(), area.right(), bins)
        x, y = drawable(x, y, self.log)
        if not len(x):
            return None
        marked = line.kind in ("marked", "earlier marked") and len(x) * MARKER_ROOM < columns
        return _Drawn(line.kind, line.color, arrayToQPolygonF(x, y), marked)

    def boundingRect(self) -> QRectF:
        return self._area

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        pens = self._pens
        # in the painter's own pixels: a pen stretched with the axes would come out wrong in a drawing
        to_pixels = painter.worldTransform()
        painter.resetTransform()
        for drawn in self._drawn:
            polygon = to_pixels.map(drawn.polygon)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, polygon.size() < ANTIALIAS_UP_TO)
            painter.setPen(pens.line(drawn.kind, drawn.color))
            painter.drawPolyline(polygon)
            if drawn.markers or polygon.size() == 1:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
                painter.setPen(pens.marker(drawn.kind, drawn.color))
                painter.drawPoints(polygon)
        self._paint_marks(painter, to_pixels.mapRect(self._area), to_pixels)
        painter.setWorldTransform(to_pixels)

    def _paint_marks(self, painter: QPainter, inside: QRectF, to_pixels: QTransform) -> None:
        """A dotted line down the plot where something was done to the run; its text where there is room."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(_mark_font())
        painter.setPen(QPen(theme.current().color("second", 0.9), 1, Qt.PenStyle.DotLine))
        free = inside.left()
        for mark in self.marks:
            x = to_pixels.map(QPointF(mark.x, 0)).x()
            if not inside.left() <= x <= inside.right():
                continue
            painter.drawLine(QPointF(x, inside.top()), QPointF(x, inside.bottom()))
            width = painter.fontMetrics().horizontalAdvance(mark.text)
            if x + 3 >= free and x + 3 + width <= inside.right():
                painter.drawText(QPointF(x + 3, inside.top() + 10), mark.text)
                free = x + 9 + width


class CrossHair(pg.GraphicsObject):  # type: ignore[misc]
    """A thin line down the plot at the place that is read."""

    def __init__(self, box: pg.ViewBox) -> None:
        super().__init__()
        self._box = box
        self._x: float | None = None
        self.setZValue(10)
        box.addItem(self, ignoreBounds=True)
        box.sigRangeChanged.connect(self.prepareGeometryChange)

    def move(self, x: float | None) -> None:
        """Puts it at `x`; None takes it away."""
        if x != self._x:
            self._repaint()
            self.prepareGeometryChange()
            self._x = x
            self._repaint()

    def _repaint(self) -> None:
        """Has its strip of the plot drawn anew: the scene by itself leaves the line of before standing."""
        scene = self.scene()
        if self._x is None or scene is None:
            return
        for view in scene.views():
            strip = view.mapFromScene(self.sceneBoundingRect()).boundingRect()
            view.viewport().update(strip.adjusted(-2, -2, 2, 2))

    def boundingRect(self) -> QRectF:
        area = self._box.viewRect()
        if self._x is None:
            return QRectF()
        width = 4 * area.width() / max(1.0, self._box.width())
        return QRectF(self._x - width / 2, area.top(), width, area.height())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._x is None:
            return
        area = self._box.viewRect()
        pen = QPen(theme.current().color("second", 0.8), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLine(QPointF(self._x, area.top()), QPointF(self._x, area.bottom()))


def _mark_font() -> QFont:
    font = QFont()
    font.setPixelSize(10)
    return font


def drawable(x: Floats, y: Floats, log: bool) -> tuple[Floats, Floats]:
    """The points that have a place on the screen: finite ones, and with `log` the positive ones as log10."""
    known = np.isfinite(y) & (y > 0) if log else np.isfinite(y)
    if not known.all():
        x, y = x[known], y[known]
    return x, np.log10(y) if log else y


def _pen(kind: Kind, color: str, table: theme.Theme) -> QPen:
    match kind:
        case "fine":
            pen = QPen(table.series(color, 0.42), 1)
        case "bold":
            pen = QPen(table.series(color), 2)
        case "marked":
            pen = QPen(table.series(color), 1.75)
        case _:
            pen = QPen(table.series(color, 0.75), 1.25, Qt.PenStyle.DashLine)
    pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)
    return pen


def _marker_pen(kind: Kind, color: str, table: theme.Theme) -> QPen:
    size = 4.0 if kind.startswith("earlier") else 6.0
    square = Qt.PenCapStyle.SquareCap if kind == "earlier marked" else Qt.PenCapStyle.RoundCap
    return QPen(table.series(color), size, Qt.PenStyle.SolidLine, square)


class _Pens:
    """The pens of a plot, each made once while the theme stays."""

    def __init__(self) -> None:
        self._theme: theme.Theme | None = None
        self._made: dict[tuple[str, Kind, str], QPen] = {}

    def line(self, kind: Kind, color: str) -> QPen:
        return self._kept("line", kind, color, _pen)

    def marker(self, kind: Kind, color: str) -> QPen:
        return self._kept("marker", kind, color, _marker_pen)

    def _kept(self, use: str, kind: Kind, color: str, make: Callable[[Kind, str, theme.Theme], QPen]) -> QPen:
        table = theme.current()
        if table is not self._theme:
            self._theme, self._made = table, {}
        found = self._made.get((use, kind, color))
        if found is None:
            found = self._made[use, kind, color] = make(kind, color, table)
        return found
