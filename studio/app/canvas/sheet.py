"""What the view shows, kept as one picture: a frame paints what is new in it and copies the rest.

A camera that pans shifts the picture and paints the strips that come into sight. One that zooms scales it,
and paints what it does not reach. What is too blurred, or was painted in haste, is painted anew band by band,
a few in a frame.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import cast

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap, QRegion, QTransform

BLUR = 1.3
"""a picture that was scaled further than this, up or down, is painted anew, band by band"""
TORN, TINY = 3.0, 0.25
"""one that was scaled further than this, at once"""
BAND = 75
"""how high a band is"""
PATIENCE = 0.0035
"""seconds of work after which a frame begins no further band; of nothing else than bands it paints one"""
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
        self._sharp = self._sharper = 0.0
        """the zoom it was painted at, and the one that the bands since then were begun at"""
        self._stains: list[QRectF] = []
        self._stale = QRegion()
        self._rough = QRegion()
        self._waits = QRegion()
        """what is shown as it is until a frame has time to paint it anew"""
        self.painted = 0

    def forget(self) -> None:
        """All of it is to be painted anew."""
        self._stains.clear()
        self._stale, self._waits = QRegion(self._room), QRegion()

    def stain(self, rect: QRectF) -> None:
        """What is in a rectangle of the scene has changed."""
        self._stains.append(rect)

    def renew(self) -> None:
        """All of it is to be painted anew, in this frame and those to come."""
        self._waits, self._sharper = QRegion(self._room), self._zoom

    @property
    def stale(self) -> bool:
        """Whether some of it is to be painted in the next frame."""
        return bool(self._stains) or not self._stale.isEmpty()

    @property
    def rough(self) -> bool:
        """Whether some of it is scaled, or was painted in haste."""
        return not self._rough.isEmpty()

    @property
    def waits(self) -> bool:
        """Whether some of it is to be painted in frames to come."""
        return not self._waits.isEmpty()

    def sharpen(self) -> None:
        """What is rough is to be painted anew, in this frame and those to come."""
        self._waits, self._sharper = QRegion(self._rough), self._zoom

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
            self._begin_anew()
            return
        self._picture.scroll(int(dx), int(dy), self._picture.rect())
        x, y = int(by.x()), int(by.y())
        self._rough = self._rough.translated(x, y).intersected(room)
        self._waits = self._waits.translated(x, y).intersected(room)
        self._stale = self._stale.translated(x, y).united(QRegion(room).subtracted(room.translated(x, y)))

    def _begin_anew(self) -> None:
        self._stale, self._rough, self._waits = QRegion(self._room), QRegion(), QRegion()

    def _scale(self, zoom: float, origin: QPointF) -> None:
        """Scales what is there about the scene's origin; the border that it does not reach is stale."""
        room = self._room
        if not self._sharp or not TINY <= zoom / self._sharp <= TORN:
            self._begin_anew()
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
        scaling = QTransform(by, 0, 0, by, corner.x(), corner.y())
        self._rough = QRegion(inner)
        self._stale = QRegion(room).subtracted(self._rough).united(_scaled(self._stale, scaling) & inner)
        if self.waits:
            self._waits = _scaled(self._waits, scaling) & inner
        elif not 1 / BLUR <= zoom / self._sharp <= BLUR:
            self._waits, self._sharper = QRegion(inner), zoom

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
        """Has what is stale painted, and of what waits as much as there is time for. Painted in haste it is
        rough, and `sharpen` has it painted again."""
        if self._stale.isEmpty() and not self.waits:
            return
        until = time.thread_time() + PATIENCE
        stale, self._stale = self._stale, QRegion()
        painter = QPainter(self._picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._paint_region(painter, paint, stale, hasty)
        if _covers(stale, self._room):
            self._sharp = self._zoom
        idle = stale.isEmpty()
        while self.waits and (idle or time.thread_time() < until):
            self._paint_region(painter, paint, self._next_band(), hasty)
            idle = False
            if not self.waits:
                self._sharp = self._sharper
        painter.end()
        if not self.rough:
            self._sharp = self._zoom

    def _next_band(self) -> QRegion:
        """The uppermost stretch of what waits."""
        around = self._waits.boundingRect()
        return self._waits & QRect(around.left(), around.top(), around.width(), BAND)

    def _paint_region(self, painter: QPainter, paint: Paint, region: QRegion, hasty: bool) -> None:
        for part in map(self._grained, _parts(region)):
            painter.setClipRect(part)
            paint(painter, part)
            painter.resetTransform()
            self.painted += part.width() * part.height()
        self._waits = self._waits.subtracted(region)
        self._rough = self._rough.united(region) if hasty else self._rough.subtracted(region)

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


def _scaled(region: QRegion, scaling: QTransform) -> QRegion:
    """A region after the picture was scaled, with the pixels at its border."""
    found = QRegion()
    for rect in _rects(region):
        found = found.united(scaling.mapRect(QRectF(rect)).adjusted(-1, -1, 1, 1).toAlignedRect())
    return found


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
