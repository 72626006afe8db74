"""What the view shows, kept as one picture: a frame paints what is new in it and copies the rest.

A camera that pans shifts the picture and paints the strips that come into sight. One that zooms scales it,
until it would be too blurred, and paints what it does not reach.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import cast

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap, QRegion, QTransform

BLUR = 1.3
"""a picture is scaled no further than this, up or down, before it is painted anew"""
PIECES = 12
"""more stale rectangles than this are painted as the one around them"""
SLACK = 1.4
"""so are some that are nearly as large as the one around them"""

Paint = Callable[[QPainter, QRect], None]


class Sheet:
    """The picture of one viewport. Rectangles are in its logical pixels where they are not the scene's.

    `painted` counts the pixels ever painted, for the tests that count; copied and scaled ones are not in it.
    """

    def __init__(self) -> None:
        self._picture = QPixmap()
        self._spare = QPixmap()
        self._size = QSize()
        self._ratio = 1.0
        self._grain = 1
        """so many logical pixels are a whole number of the screen's"""
        self._zoom, self._origin = 0.0, QPointF()
        self._sharp = 0.0
        self._stains: list[QRectF] = []
        self._stale = QRegion()
        self._rough = QRegion()
        self.painted = 0

    def forget(self) -> None:
        """All of it is to be painted anew."""
        self._stains.clear()
        self._stale = QRegion(self._room)

    def stain(self, rect: QRectF) -> None:
        """What is in a rectangle of the scene has changed."""
        self._stains.append(rect)

    @property
    def stale(self) -> bool:
        """Whether some of it is to be painted in the next frame."""
        return bool(self._stains) or not self._stale.isEmpty()

    @property
    def rough(self) -> bool:
        """Whether some of it is scaled, or was painted in haste."""
        return not self._rough.isEmpty()

    def sharpen(self) -> None:
        """What is rough is to be painted anew."""
        self._stale = self._stale.united(self._rough)

    @property
    def _room(self) -> QRect:
        return QRect(0, 0, self._size.width(), self._size.height())

    # -- following the camera --------------------------------------------------------------------

    def follow(self, zoom: float, origin: QPointF, size: QSize, ratio: float) -> None:
        """Brings the picture to where the camera is: `origin` is where it shows the scene's."""
        if size != self._size or ratio != self._ratio:
            self._resize(size, ratio)
        elif zoom != self._zoom:
            self._scale(zoom, origin)
        elif origin != self._origin:
            self._shift(origin - self._origin)
        self._zoom, self._origin = zoom, QPointF(origin)
        for rect in self._stains:
            self._stale = self._stale.united(self._seen(rect))
        self._stains.clear()

    def _resize(self, size: QSize, ratio: float) -> None:
        self._size, self._ratio = QSize(size), ratio
        self._grain = next((n for n in range(1, 33) if (n * ratio).is_integer()), 1)
        full = QSize(math.ceil(size.width() * ratio), math.ceil(size.height() * ratio))
        self._picture, self._spare = QPixmap(full), QPixmap(full)
        self._picture.setDevicePixelRatio(ratio)
        self._spare.setDevicePixelRatio(ratio)
        self._rough = QRegion()
        self.forget()

    def _shift(self, by: QPointF) -> None:
        dx, dy = by.x() * self._ratio, by.y() * self._ratio
        whole = dx == round(dx) and dy == round(dy) and by.x() == round(by.x()) and by.y() == round(by.y())
        room = self._room
        if not whole or abs(by.x()) >= room.width() or abs(by.y()) >= room.height():
            self._stale, self._rough = QRegion(room), QRegion()
            return
        self._picture.scroll(int(dx), int(dy), self._picture.rect())
        x, y = int(by.x()), int(by.y())
        self._rough = self._rough.translated(x, y).intersected(room)
        self._stale = self._stale.translated(x, y).united(QRegion(room).subtracted(room.translated(x, y)))

    def _scale(self, zoom: float, origin: QPointF) -> None:
        """Scales what is there about the scene's origin; the border that it does not reach is stale."""
        room = self._room
        if not self._sharp or not self._stale.isEmpty() or not 1 / BLUR <= zoom / self._sharp <= BLUR:
            self._stale, self._rough = QRegion(room), QRegion()
            return
        by = zoom / self._zoom
        corner = origin - self._origin * by
        target = QRectF(corner.x(), corner.y(), room.width() * by, room.height() * by)
        painter = QPainter(self._spare)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(target, self._picture, QRectF(self._picture.rect()))
        painter.end()
        self._picture, self._spare = self._spare, self._picture
        inner = target.adjusted(1, 1, -1, -1).toRect().intersected(room)
        self._rough = QRegion(inner)
        self._stale = QRegion(room).subtracted(self._rough)

    def _grained(self, rect: QRect) -> QRect:
        """A rectangle made so much larger that its sides lie between pixels of the screen."""
        grain = self._grain
        left, top = rect.left() // grain * grain, rect.top() // grain * grain
        right, bottom = -(-(rect.right() + 1) // grain) * grain, -(-(rect.bottom() + 1) // grain) * grain
        return QRect(left, top, right - left, bottom - top)

    def _seen(self, rect: QRectF) -> QRect:
        """Where a rectangle of the scene is in the picture, with what smoothing may touch around it."""
        zoom, at = self._zoom, self._origin
        left, top = at.x() + rect.left() * zoom - 2, at.y() + rect.top() * zoom - 2
        seen = QRectF(left, top, rect.width() * zoom + 4, rect.height() * zoom + 4)
        return seen.intersected(QRectF(self._room)).toAlignedRect()

    # -- painting --------------------------------------------------------------------------------

    @property
    def share(self) -> float:
        """How much of it is to be painted, 1 for all."""
        area = sum(rect.width() * rect.height() for rect in _rects(self._stale))
        return area / max(1, self._size.width() * self._size.height())

    def refresh(self, paint: Paint, hasty: bool) -> None:
        """Has what is stale painted. Painted in haste it is rough, and `sharpen` has it painted again."""
        if self._stale.isEmpty():
            return
        stale, self._stale = self._stale, QRegion()
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for part in map(self._grained, _parts(stale)):
            painter.setClipRect(part)
            paint(painter, part)
            painter.resetTransform()
            self.painted += part.width() * part.height()
        painter.end()
        self._rough = self._rough.united(stale) if hasty else self._rough.subtracted(stale)
        if not self.rough or _covers(stale, self._room):
            self._sharp = self._zoom

    def paint_over(self, paint: Callable[[QPainter], None]) -> None:
        """Lets something be painted on it as it is; the painter works in units of the scene."""
        painter = QPainter(self._picture)
        painter.setTransform(QTransform(self._zoom, 0, 0, self._zoom, self._origin.x(), self._origin.y()))
        paint(painter)
        painter.end()

    def copy(self, painter: QPainter, region: QRegion) -> None:
        """Copies a part of it to the painter of the viewport."""
        ratio = self._ratio
        for part in map(self._grained, _rects(region)):
            source = QRectF(part.x() * ratio, part.y() * ratio, part.width() * ratio, part.height() * ratio)
            painter.drawPixmap(QRectF(part), self._picture, source)


def _covers(region: QRegion, room: QRect) -> bool:
    return QRegion(room).subtracted(region).isEmpty()


def _parts(region: QRegion) -> Iterable[QRect]:
    """The rectangles to paint one by one, or the one around them where that is no more work."""
    parts = _rects(region)
    around = region.boundingRect()
    area = sum(part.width() * part.height() for part in parts)
    if len(parts) > PIECES or area * SLACK >= around.width() * around.height():
        return [around]
    return parts


def _rects(region: QRegion) -> list[QRect]:
    return list(cast("Iterable[QRect]", region))
