"""How a card, a chip and a badge are drawn. Pure functions: painter and plain values in, pixels out."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QApplication

from studio.app.canvas.geometry import BAR, CORNER, DOT_RADIUS, PORT_RADIUS, port_x
from studio.app.canvas.look import Face
from studio.app.theme import Theme

PLAIN, HOVERED, SELECTED, TARGET = "", "hovered", "selected", "target"
"""What surrounds a card: nothing, a lighter outline, the accent, the sign that a wire may end here."""

TEXT_LEFT = BAR + 10
BADGE = 9.0
CHIP_HEIGHT = 18.0
WAITING_OPACITY = 0.55
BYPASSED_OPACITY = 0.6


@lru_cache(maxsize=32)
def font(pixels: float, bold: bool = False) -> QFont:
    """The application's font at a size of the canvas; `forget_fonts` when the application has another."""
    made = QFont(QApplication.font())
    made.setPixelSize(max(1, round(pixels)))
    if bold:
        made.setWeight(QFont.Weight.DemiBold)
    return made


@lru_cache(maxsize=32)
def metrics(pixels: float, bold: bool = False) -> QFontMetricsF:
    return QFontMetricsF(font(pixels, bold))


def forget_fonts() -> None:
    """The application's font is another one now."""
    for kept in (font, metrics, mono, chip_width):
        kept.cache_clear()


@lru_cache(maxsize=4)
def mono(pixels: int) -> QFont:
    """The fixed-width font, for shapes."""
    made = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    made.setPixelSize(pixels)
    return made


def blend(over: QColor, under: QColor, share: float) -> QColor:
    """The opaque colour that `over` at `share` gives on `under`: cheaper to paint than transparency."""
    return QColor.fromRgbF(
        over.redF() * share + under.redF() * (1 - share),
        over.greenF() * share + under.greenF() * (1 - share),
        over.blueF() * share + under.blueF() * (1 - share),
    )


def paint_card(painter: QPainter, face: Face, mark: str, theme: Theme, small: bool = False) -> None:
    """A whole card with its corner at the origin. `small` cards carry a large title and nothing else."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if face.dot:
        _dot(painter, face, mark, theme)
        return
    rect = QRectF(0, 0, face.width, face.height)
    _body(painter, rect, face, mark, theme)
    if face.bypassed:
        _way_through(painter, rect, face, theme)
    if face.waiting or face.bypassed:
        painter.setOpacity(BYPASSED_OPACITY if face.bypassed else WAITING_OPACITY)
    if small:
        _large_title(painter, rect, face, theme)
    else:
        _texts(painter, rect, face, theme)
    painter.setOpacity(1)
    _ports(painter, rect, face, theme)
    if face.badge:
        _badge(painter, QPointF(rect.right() - 3, rect.top() + 3), face.badge, theme)


def _body(painter: QPainter, rect: QRectF, face: Face, mark: str, theme: Theme) -> None:
    outline = QPainterPath()
    outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), CORNER, CORNER)
    if mark in {SELECTED, TARGET}:
        glow = theme.color("accent" if mark == SELECTED else "good", 0.28)
        painter.strokePath(outline, QPen(glow, 7))
    else:
        shade = QPainterPath()
        shade.addRoundedRect(rect.adjusted(0, 1.5, 0, 2), CORNER, CORNER)
        painter.fillPath(shade, QColor(0, 0, 0, 70 if theme.dark else 22))
    ground = theme.color("card")
    painter.fillPath(outline, blend(ground, theme.color("canvas"), 0.4) if face.bypassed else ground)
    painter.save()
    bar = QPainterPath()
    bar.addRect(QRectF(rect.left(), rect.top(), BAR, rect.height()))
    color = theme.color(face.category)
    painter.fillPath(
        bar.intersected(outline),
        blend(color, theme.color("card"), 0.5) if face.waiting or face.bypassed else color,
    )
    painter.restore()
    pen = {
        SELECTED: QPen(theme.color("accent"), 2),
        TARGET: QPen(theme.color("good"), 2),
        HOVERED: QPen(theme.color("second"), 1),
    }.get(mark, QPen(theme.color("line"), 1))
    if mark == PLAIN and face.badge:
        pen = QPen(theme.color(face.badge), 1.2)
    if (face.waiting or face.bypassed) and mark == PLAIN:
        pen.setStyle(Qt.PenStyle.DashLine)
    painter.strokePath(outline, pen)


def _dot(painter: QPainter, face: Face, mark: str, theme: Theme) -> None:
    middle = QPointF(face.width / 2, face.height / 2)
    if mark in {SELECTED, TARGET}:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent" if mark == SELECTED else "good", 0.35))
        painter.drawEllipse(middle, DOT_RADIUS + 4, DOT_RADIUS + 4)
    named = {SELECTED: "accent", TARGET: "good", HOVERED: "text"}.get(mark, "second")
    painter.setPen(QPen(theme.color("canvas"), 1.3))
    painter.setBrush(theme.color(face.badge or named))
    painter.drawEllipse(middle, DOT_RADIUS, DOT_RADIUS)


def _way_through(painter: QPainter, rect: QRectF, face: Face, theme: Theme) -> None:
    """The wire that goes through a bypassed card, from its first input to its first output."""
    start = QPointF(port_x(rect.width(), max(1, len(face.ports)), 0), rect.top())
    end = QPointF(port_x(rect.width(), max(1, face.outputs), 0), rect.bottom())
    way = QPainterPath(start)
    way.cubicTo(start.x(), rect.center().y(), end.x(), rect.center().y(), end.x(), end.y())
    painter.strokePath(way, QPen(blend(theme.color("second"), theme.color("canvas"), 0.8), 2))


def _texts(painter: QPainter, rect: QRectF, face: Face, theme: Theme) -> None:
    room = rect.width() - TEXT_LEFT - 10 - (12 if face.badge else 0)
    upper = 23.0 if face.summary else rect.height() / 2 + 4.5
    bold = metrics(13, bold=True)
    title = bold.elidedText(face.title, Qt.TextElideMode.ElideRight, room)
    painter.setFont(font(13, bold=True))
    painter.setPen(theme.color("text"))
    painter.drawText(QPointF(TEXT_LEFT, upper), title)
    used = bold.horizontalAdvance(title) + 7
    if room - used > 18:
        name = metrics(11).elidedText(face.name, Qt.TextElideMode.ElideLeft, room - used)
        painter.setFont(font(11))
        painter.setPen(theme.color("second"))
        painter.drawText(QPointF(TEXT_LEFT + used, upper), name)
    if face.summary:
        room = rect.width() - TEXT_LEFT - 10
        line = metrics(11).elidedText(face.summary, Qt.TextElideMode.ElideRight, room)
        painter.setFont(font(11))
        painter.setPen(theme.color("second"))
        painter.drawText(QPointF(TEXT_LEFT, 42), line)


def _large_title(painter: QPainter, rect: QRectF, face: Face, theme: Theme) -> None:
    room = rect.width() - TEXT_LEFT - 8
    painter.setFont(font(20, bold=True))
    painter.setPen(theme.color("text"))
    text = metrics(20, bold=True).elidedText(face.title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(rect.adjusted(TEXT_LEFT, 0, -4, 0), int(Qt.AlignmentFlag.AlignVCenter), text)


def _ports(painter: QPainter, rect: QRectF, face: Face, theme: Theme) -> None:
    filled = blend(theme.color("second"), theme.color("text"), 0.75)
    hollow = theme.color("canvas")
    for index, wired in enumerate(face.ports):
        place = QPointF(port_x(rect.width(), len(face.ports), index), rect.top())
        optional = face.optional[index]
        painter.setPen(QPen(theme.color("second") if not wired else hollow, 1.3))
        painter.setBrush(filled if wired else hollow)
        radius = PORT_RADIUS - 0.8 if optional and not wired else PORT_RADIUS
        painter.drawEllipse(place, radius, radius)
    painter.setBrush(filled)
    painter.setPen(QPen(hollow, 1.3))
    for index in range(face.outputs):
        place = QPointF(port_x(rect.width(), face.outputs, index), rect.bottom())
        painter.drawEllipse(place, PORT_RADIUS, PORT_RADIUS)


def _badge(painter: QPainter, center: QPointF, severity: str, theme: Theme) -> None:
    """A round one with a cross for an error, a triangle with a stroke for a warning."""
    painter.setPen(QPen(theme.color("canvas"), 2))
    painter.setBrush(theme.color(severity))
    mark = QPen(theme.color("window") if theme.dark else QColor("white"), 2.2)
    if severity == "error":
        painter.drawEllipse(center, BADGE - 1, BADGE - 1)
        painter.setPen(mark)
        for side in (-1, 1):
            painter.drawLine(center + QPointF(-3 * side, -3), center + QPointF(3 * side, 3))
        return
    corners = (QPointF(0, -BADGE), QPointF(BADGE, BADGE - 2), QPointF(-BADGE, BADGE - 2))
    painter.drawPolygon(QPolygonF([center + corner for corner in corners]))
    painter.setPen(mark)
    painter.drawLine(center + QPointF(0, -2.5), center + QPointF(0, 1))
    painter.drawPoint(center + QPointF(0, 4.2))


@lru_cache(maxsize=4096)
def chip_width(text: str) -> float:
    return QFontMetricsF(mono(11)).horizontalAdvance(text) + 16


def paint_chip(painter: QPainter, text: str, theme: Theme, alive: bool = False) -> None:
    """A chip with its corner at the origin: the shape a wire carries."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    rect = QRectF(0.5, 0.5, chip_width(text) - 1, CHIP_HEIGHT - 1)
    painter.setPen(QPen(theme.color("accent" if alive else "line"), 1))
    painter.setBrush(theme.color("panel"))
    painter.drawRoundedRect(rect, 6, 6)
    painter.setFont(mono(11))
    painter.setPen(blend(theme.color("text"), theme.color("second"), 0.5))
    painter.drawText(rect, int(Qt.AlignmentFlag.AlignCenter), text)
