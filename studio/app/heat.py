"""How values become colours: one scale from dark to bright for every picture of an output, and bars."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from studio.app import theme

if TYPE_CHECKING:
    from studio.insight.pictures import Output

STOPS = ((0.0, "#0C1016"), (0.3, "#1D3A50"), (0.6, "#3F7EA6"), (0.85, "#83C3EA"), (1.0, "#D6EEFC"))
"""lightness rises evenly, so that the scale reads without its hue"""
MOST_BARS = 12


@cache
def _scale() -> tuple[int, ...]:
    made = []
    for level in range(256):
        share = level / 255
        place = next(i for i, (at, _) in enumerate(STOPS[1:], 1) if share <= at)
        (low, dark), (high, bright) = STOPS[place - 1], STOPS[place]
        one, two, t = QColor(dark), QColor(bright), (share - low) / (high - low)
        parts = [
            round(a + (b - a) * t)
            for a, b in ((one.red(), two.red()), (one.green(), two.green()), (one.blue(), two.blue()))
        ]
        made.append(QColor(*parts).rgb())
    return tuple(made)


def color(level: int) -> QColor:
    """The colour of a level from 0 to 255."""
    return QColor.fromRgb(_scale()[level])


def image(output: Output, plane: int) -> QImage:
    """One of the planes as an image of its own size."""
    width, height = output.width, output.height
    if output.kind == "color":
        return QImage(output.planes[0], width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    made = QImage(output.planes[plane], width, height, width, QImage.Format.Format_Indexed8).copy()
    made.setColorTable(_scale())
    return made


def draw(painter: QPainter, picture: QImage, rect: QRectF) -> None:
    """Draws an image as large as fits, in the middle; its values stay squares where there is room."""
    share = min(rect.width() / picture.width(), rect.height() / picture.height())
    width, height = max(2.0, picture.width() * share), max(2.0, picture.height() * share)
    place = QRectF(0, 0, width, height)
    place.moveCenter(rect.center())
    on_screen = share * painter.deviceTransform().m11()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on_screen < 1)
    painter.drawImage(place, picture)


def fewer(values: Sequence[float], most: int = MOST_BARS) -> tuple[float, ...]:
    """At most `most` values: of neighbours that share a place, the one farthest from zero."""
    if len(values) <= most:
        return tuple(values)
    cuts = [len(values) * i // most for i in range(most + 1)]
    return tuple(max(values[a:b], key=abs) for a, b in pairwise(cuts))


def draw_bars(painter: QPainter, values: Sequence[float], rect: QRectF) -> None:
    """A bar for each value from the line of zero, the greatest one bright."""
    low, high = min(0.0, *values), max(0.0, *values)
    span = (high - low) or 1.0
    zero = rect.bottom() - rect.height() * (0 - low) / span
    step = rect.width() / len(values)
    gap = min(2.0, step * 0.25)
    greatest = max(range(len(values)), key=values.__getitem__)
    colors = theme.current()
    painter.setPen(Qt.PenStyle.NoPen)
    for place, value in enumerate(values):
        painter.setBrush(colors.color("accent", 1.0 if place == greatest else 0.6))
        top = zero - rect.height() * max(value, 0) / span
        height = max(1.0, rect.height() * abs(value) / span)
        painter.drawRect(QRectF(rect.left() + place * step, top, step - gap, height))
