"""One plot with its legend: title, entries with their values, lines, a crosshair that reads them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.curves.axes import EpochAxis, ValueAxis, rounded_out
from studio.app.curves.history import Mark
from studio.app.curves.legend import Legend
from studio.app.curves.lines import CrossHair, Line, Lines

LOG_FLOOR = 1e-12

BEYOND = 0.015
"""the part of the span that is seen beyond its end, so that the last mark is whole"""


class _Area(pg.PlotWidget):  # type: ignore[misc]
    """pyqtgraph's plot, quiet: no menu, no buttons, our axes; it says when the hand moved it."""

    left = Signal()
    double_clicked = Signal()

    def __init__(self) -> None:
        self.epochs, self.values = EpochAxis(), ValueAxis()
        self.paint_s = 0.0
        super().__init__(background=None, axisItems={"bottom": self.epochs, "left": self.values})
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMenuEnabled(False)
        menu = self.getPlotItem().ctrlMenu
        menu.setParent(self, menu.windowFlags())  # without a parent it outlives the window
        self.hideButtons()
        self.getPlotItem().layout.setContentsMargins(0, 8, 30, 0)
        self.disableAutoRange()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        began = time.perf_counter()
        super().paintEvent(event)
        self.paint_s = time.perf_counter() - began

    def draw_into(self, painter: QPainter, target: QRectF) -> None:
        """Draws the plot as lines and text, not as the pixels that the axes keep for the screen."""
        for axis in (self.epochs, self.values):
            axis.setCacheMode(axis.CacheMode.NoCache)
        self.scene().render(painter, target, QRectF(self.viewport().rect()))
        for axis in (self.epochs, self.values):
            axis.setCacheMode(axis.CacheMode.DeviceCoordinateCache)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.left.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()


def share_below(lowest: float) -> float:
    """Where an axis up to 100 % begins, so that a curve near the top is not a flat line.

    >>> [share_below(lowest) for lowest in (0.1, 0.62, 0.87, 0.994)]
    [0.0, 0.6, 0.8, 0.99]
    """
    step = next((step for step in (0.5, 0.2, 0.1, 0.05, 0.02) if 1 - lowest >= step), 0.01)
    return min(max(round(math.floor(lowest / step) * step, 9), 0.0), 1 - step)


class CurvePlot(QWidget):
    """A plot over epochs. `read_at(float | None)` follows the crosshair, so that two plots read together."""

    read_at = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.legend = Legend(self)
        self.legend.toggled.connect(self._toggle)
        self.area = _Area()
        self.area.setObjectName(f"{name}_area")
        self.box = self.area.getViewBox()
        self.lines = Lines(self.box)
        self.cross = CrossHair(self.box)
        self.percent = False
        self.fitted = True
        self._hidden: set[str] = set()
        self._span = 1.0
        self._read_s = 0.0
        self._readout = QLabel(self.area)
        self._readout.setTextFormat(Qt.TextFormat.PlainText)
        self._readout.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._readout.hide()
        self.describe: Callable[[float], str] = lambda x: ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.legend)
        column.addWidget(self.area, 1)
        self.box.sigRangeChangedManually.connect(self._moved_by_hand)
        self.area.scene().sigMouseMoved.connect(self._hover)
        self.area.left.connect(lambda: self.read_at.emit(None))
        self.area.double_clicked.connect(self.fit)
        theme.notifier().changed.connect(self.restyle)
        self.restyle()

    # -- what is drawn ---------------------------------------------------------------------------

    def show_lines(self, lines: list[Line], span: float, marks: Sequence[Mark] = ()) -> None:
        """Draws `lines` and `marks`; `span` epochs are in view while the plot is fitted."""
        for line in lines:
            line.shown = line.entry not in self._hidden
        self.lines.lines, self.lines.marks = lines, list(marks)
        self._span = span
        self.redraw()

    def redraw(self) -> None:
        """Takes in what the lines have become."""
        began = time.perf_counter()
        if not (self.fitted and self._fit()):
            self.lines.refresh()
        self._read_s = time.perf_counter() - began

    @property
    def cost_s(self) -> float:
        """Seconds that the newest drawing took."""
        return self._read_s + self.area.paint_s

    def set_log(self, log: bool) -> None:
        self.lines.log = self.area.values.log = log
        self.area.values.redraw()
        self.fit()

    def set_percent(self, percent: bool) -> None:
        if percent != self.percent:
            self.percent = self.area.values.percent = percent
            self.area.values.redraw()

    def fit(self) -> None:
        """Everything in view, and from now on as it grows."""
        self.fitted = True
        self.redraw()

    def _fit(self) -> bool:
        """Sets the range; False when it is the right one already."""
        wanted = (0.0, max(self._span * (1 + BEYOND), 1e-9)), self._value_range()
        if [list(side) for side in wanted] == self.box.viewRange():
            return False
        self.box.setRange(xRange=wanted[0], yRange=wanted[1], padding=0)
        return True

    def _value_range(self) -> tuple[float, float]:
        bounds = [found for line in self.lines.lines if line.shown and (found := line.points.bounds())]
        if self.lines.log:
            lows = [max(low, LOG_FLOOR) for low, high in bounds if high > 0]
            if not lows:
                return -3.0, 0.0
            low, high = math.log10(min(lows)), math.log10(max(high for _, high in bounds))
            return math.floor(low * 4) / 4, max(math.ceil(high * 4) / 4, math.floor(low * 4) / 4 + 0.25)
        if not bounds:
            return 0.0, 1.0
        if self.percent:
            return share_below(min(low for low, _ in bounds)), 1.0
        return rounded_out(min(low for low, _ in bounds), max(high for _, high in bounds))

    def _toggle(self, entry: str, shown: bool) -> None:
        (self._hidden.discard if shown else self._hidden.add)(entry)
        for line in self.lines.lines:
            line.shown = line.entry not in self._hidden
        self.redraw()

    # -- the hand --------------------------------------------------------------------------------

    def _moved_by_hand(self) -> None:
        self.fitted = False

    def _hover(self, at: QPointF) -> None:
        if not self.box.sceneBoundingRect().contains(at):
            self.read_at.emit(None)
            return
        self.read_at.emit(self.box.mapSceneToView(at).x())

    def read(self, x: float | None) -> None:
        """Puts the crosshair at `x` epochs and writes what the lines are there."""
        self.cross.move(x)
        text = "" if x is None else self.describe(x)
        self._readout.setVisible(bool(text))
        if text:
            self._readout.setText(text)
            self._readout.adjustSize()
            self._place_readout()

    def _place_readout(self) -> None:
        place = self.box.sceneBoundingRect()
        self._readout.move(int(place.right() - self._readout.width() - 4), int(place.top()) + 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_readout()

    def restyle(self) -> None:
        table = theme.current()
        for axis in (self.area.epochs, self.area.values):
            axis.restyle()
        self._readout.setStyleSheet(
            f"background: {table.card}; color: {table.text}; border: 1px solid {table.line};"
            "border-radius: 4px; padding: 2px 6px; font-size: 11px;"
        )
        self.area.resetCachedContent()  # the background is kept as pixels
        self.lines.update()
        self.cross.update()
        self.legend.update()
