"""The two axes of a plot: small figures in the second colour, thin lines across, nothing else."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPen

from studio import quantities
from studio.app import theme
from studio.words import tr

FONT_PIXELS = 11
ROUND = (1, 2, 2.5, 5, 10)
WHOLE = (1, 2, 5, 10)
"""factors that keep epochs whole"""

AxisLine = tuple[QPen, QPointF, QPointF]
Text = tuple[QRectF, Qt.AlignmentFlag, str]
Specs = tuple[AxisLine, list[AxisLine], list[Text]]


class _QuietAxis(pg.AxisItem):  # type: ignore[misc]
    """Figures without a line; `restyle` after a switch of the theme.

    The drawing is worked out here: pyqtgraph's own leaves out figures at the ends, and costs more.
    """

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        font = QFont()
        font.setPixelSize(FONT_PIXELS)
        self.setStyle(tickFont=font, autoExpandTextSpace=False)
        self.enableAutoSIPrefix(False)
        # the lines behind it are painted several times a second, the axis changes rarely
        self.setCacheMode(self.CacheMode.DeviceCoordinateCache)
        self.restyle()

    def restyle(self) -> None:
        table = theme.current()
        self.setTextPen(table.color("second"))
        self._across = QPen(table.color("line", 0.7), 1)
        self.redraw()

    def redraw(self) -> None:
        self.picture = None
        self.update()

    def boundingRect(self) -> QRectF:
        # the outermost figures reach half their size beyond the axis
        return QRectF(super().boundingRect()).adjusted(-40, -10, 40, 10)

    def drawPicture(
        self, painter: QPainter, axis: AxisLine, ticks: list[AxisLine], texts: list[Text]
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for pen, start, end in ticks:
            painter.setPen(pen)
            painter.drawLine(start, end)
        painter.setFont(self.style["tickFont"])
        painter.setPen(self.textPen())
        for place, alignment, text in texts:
            painter.drawText(place, alignment, text)

    def _inside(self) -> QRectF:
        view = self.linkedView()
        return view.mapRectToItem(self, view.boundingRect()) if view is not None else QRectF()


class EpochAxis(_QuietAxis):
    """x in epochs; the last figure says so."""

    def __init__(self) -> None:
        super().__init__("bottom")
        self.setHeight(20)

    def figures(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        """The places of the figures between `low` and `high`, and what stands there."""
        spacing, values = regular(low, high, max(2, int(pixels / 70)), WHOLE)
        texts = [figure(value, spacing) for value in values]
        if texts:
            texts[-1] = tr("epoch {n}", n=texts[-1])
        return list(zip(values, texts, strict=True))

    def generateDrawSpecs(self, painter: QPainter) -> Specs:
        inside, (low, high) = self._inside(), self.range
        texts = []
        for value, text in self.figures(low, high, inside.width()):
            x = inside.left() + (value - low) / (high - low) * inside.width()
            texts.append((QRectF(x - 50, 4, 100, 16), Qt.AlignmentFlag.AlignHCenter, text))
        return _no_line(), [], texts


class ValueAxis(_QuietAxis):
    """y: a plain number, a percentage, or powers of ten; a thin line across at each figure."""

    def __init__(self) -> None:
        self.percent = False
        self.log = False
        super().__init__("left")
        self.setWidth(46)
        self.setGrid(255)

    def figures(self, low: float, high: float, pixels: float) -> list[tuple[float, str]]:
        count = max(2, int(pixels / 34))
        if self.log and high - low >= 1:
            step = max(1, math.ceil((high - low) / count))
            powers = range(math.ceil(low), math.floor(high) + 1, step)
            return [(float(power), quantities.significant(10.0**power, 1)) for power in powers]
        spacing, values = regular(low, high, count)
        if self.log:
            return [(value, quantities.significant(10**value, 2)) for value in values]
        if not self.percent:
            return [(value, figure(value, spacing)) for value in values]
        texts = [figure(100 * value, 100 * spacing) for value in values]
        if texts:
            texts[-1] += " %"
        return list(zip(values, texts, strict=True))

    def generateDrawSpecs(self, painter: QPainter) -> Specs:
        inside, (low, high) = self._inside(), self.range
        lines, texts = [], []
        for value, text in self.figures(low, high, inside.height()):
            y = inside.bottom() - (value - low) / (high - low) * inside.height()
            lines.append((self._across, QPointF(inside.left(), y), QPointF(inside.right(), y)))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            texts.append((QRectF(0, y - 8, inside.left() - 8, 16), right, text))
        return _no_line(), lines, texts


def _no_line() -> AxisLine:
    return QPen(Qt.PenStyle.NoPen), QPointF(), QPointF()


def regular(
    low: float, high: float, count: int, factors: tuple[float, ...] = ROUND
) -> tuple[float, list[float]]:
    """A round spacing that gives about `count` figures from `low` to `high`, and the figures.

    >>> regular(0, 10, 5)
    (2.0, [0.0, 2.0, 4.0, 6.0, 8.0, 10.0])
    """
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return 1.0, []
    rough = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    spacing = next(power * f for f in factors if power * f >= rough * 0.999)
    first = math.ceil(low / spacing - 1e-6)
    last = math.floor(high / spacing + 1e-6)
    return spacing, [i * spacing for i in range(first, last + 1)]


def figure(value: float, spacing: float) -> str:
    """`value` with as many decimals as tell it from its neighbours `spacing` away.

    >>> figure(0.5, 0.5), figure(2.0, 1.0), figure(0.25, 0.25)
    ('0.5', '2', '0.25')
    """
    if spacing <= 0 or not math.isfinite(spacing):
        return quantities.significant(value)
    if abs(value) < spacing * 1e-6:
        return "0"
    if abs(value) >= 1e5 or spacing < 1e-4:
        return f"{value:.3g}"
    decimals = max(0, -math.floor(math.log10(spacing * 1.0001)))
    if round(spacing, decimals) != round(spacing, 8):
        decimals += 1
    return f"{value:.{decimals}f}"


def rounded_out(low: float, high: float) -> tuple[float, float]:
    """Round bounds around `low` to `high`; from 0 where nothing is negative.

    >>> rounded_out(0.02, 1.83)
    (0.0, 2.0)
    """
    low = min(low, 0.0) if low >= 0 and low < 0.7 * high else low
    if high <= low:
        pad = abs(low) * 0.1 or 0.5
        low, high = low - pad, high + pad
    spacing, _ = regular(low, high, 4)
    return math.floor(low / spacing + 1e-9) * spacing, math.ceil(high / spacing - 1e-9) * spacing
