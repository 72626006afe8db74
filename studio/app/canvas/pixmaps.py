"""Pictures of cards and chips, drawn once and blitted from then on.

At rest a picture has exactly the size it is shown at, so text stays crisp at every zoom and a blit is a copy.
While the zoom changes, pictures of the steps 0.5, 1 and 2 are scaled, and any that is near enough will do.
Rendering is rationed: a frame that needs more new pictures than its budget shows a stand-in and asks for one
more frame.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QTransform

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.app.canvas.geometry import BAR, MARGIN, THUMB
from studio.app.canvas.look import Face
from studio.app.canvas.thumbnails import Thumb

STEPS = (0.5, 1.0, 2.0)
DIRECT_ABOVE = 2.0
"""from this zoom on few cards are in sight, and they are painted without a picture"""
SMALL_UP_TO = 0.5
BLURRED = 0.6
"""a picture of less than this share of the size wanted is not scaled up if a new one can be had"""
BUDGET = 12
"""how many new pictures one frame may draw"""
PATIENCE = 0.003
"""seconds after which a frame draws no more new pictures, but one"""
CAPACITY = 128 * 2**20
"""bytes of pictures that are kept"""

Key = tuple[Face | Thumb | str, str]
_IDENTITY = QTransform()


class PixmapStore:
    """The pictures of one view. `rendered` counts every picture ever drawn, for the tests that count."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, dict[float, QPixmap]] = OrderedDict()
        self._bytes = 0
        self._zoom = 1.0
        self._ratio = 1.0
        self._resting = True
        self._left = BUDGET
        self._until = 0.0
        self.starved = False
        self.rendered = 0

    def begin_frame(self, zoom: float, ratio: float, resting: bool) -> None:
        """Tells the frame to come, and refills the budget. `resting`: the zoom is what it was before."""
        if ratio != self._ratio:
            self.clear()
        self._zoom, self._ratio, self._resting = zoom, ratio, resting
        self._left = BUDGET
        self._until = time.perf_counter() + PATIENCE
        self.starved = False

    @property
    def spent(self) -> bool:
        """Whether this frame draws no new pictures any more."""
        return self._left <= 0 or (self._left < BUDGET and time.perf_counter() > self._until)

    def clear(self) -> None:
        """Forgets every picture: the theme, the font or the language changed."""
        self._kept.clear()
        self._bytes = 0

    # -- cards -----------------------------------------------------------------------------------

    def draw_card(self, painter: QPainter, face: Face, mark: str, at: QPointF) -> bool:
        """Paints a card with its corner at a point of the viewport, in whose pixels the painter works.

        False where a picture of its exact size is still to be drawn.
        """
        if self._zoom > DIRECT_ABOVE:
            painter.save()
            painter.translate(at)
            painter.scale(self._zoom, self._zoom)
            painting.paint_card(painter, face, mark, themes.current())
            painter.restore()
            return True
        key: Key = (face, mark)
        held = self._kept.get(key)
        if held is not None:
            self._kept.move_to_end(key)
            exact = held.get(self._zoom)
            if exact is not None:
                self._copy(painter, exact, at)
                return True
        if self._resting and not self.spent:
            self._copy(painter, self._render_card(key, face, mark, self._zoom), at)
            return True
        self.starved = self.starved or self._resting
        self._draw_scaled(painter, key, face, mark, at)
        return False

    def _copy(self, painter: QPainter, picture: QPixmap, at: QPointF) -> None:
        """Blits a picture of the right size to whole pixels of the screen."""
        ratio, margin = self._ratio, MARGIN * self._zoom
        x, y = round((at.x() - margin) * ratio) / ratio, round((at.y() - margin) * ratio) / ratio
        painter.drawPixmap(QPointF(x, y), picture)

    def _draw_scaled(self, painter: QPainter, key: Key, face: Face, mark: str, at: QPointF) -> None:
        """Any picture of the card that is not too blurred, else a new one, else a plain block."""
        held = self._kept.get(key, {})
        scale = _nearest(held, self._zoom)
        if (scale is None or scale < self._zoom * BLURRED) and not self.spent:
            scale = next(step for step in STEPS if self._zoom <= step * 1.001)
            self._render_card(key, face, mark, scale)
            held = self._kept[key]
        if scale is None:
            self.draw_block(painter, face.category, face.width, face.height, at)
            return
        zoom, around = self._zoom, MARGIN * self._zoom
        width, height = face.width * zoom + 2 * around, face.height * zoom + 2 * around
        whole = QRectF(at.x() - around, at.y() - around, width, height)
        painter.drawPixmap(whole, held[scale], QRectF(held[scale].rect()))

    def draw_block(self, painter: QPainter, category: str, width: float, height: float, at: QPointF) -> None:
        """Stands in for a card whose picture is still to be drawn, and asks for a further frame."""
        self.starved = True
        theme, zoom = themes.current(), self._zoom
        whole = QRectF(at.x(), at.y(), width * zoom, height * zoom)
        painter.fillRect(whole, theme.color("line"))
        painter.fillRect(whole.adjusted(1, 1, -1, -1), theme.color("card"))
        painter.fillRect(QRectF(at.x(), at.y(), BAR * zoom, height * zoom), theme.color(category))

    def _render_card(self, key: Key, face: Face, mark: str, scale: float) -> QPixmap:
        made, painter = self._blank(face.width + 2 * MARGIN, face.height + 2 * MARGIN, scale)
        painter.translate(MARGIN, MARGIN)
        painting.paint_card(painter, face, mark, themes.current(), small=scale <= SMALL_UP_TO)
        painter.end()
        self._left -= 1
        return self._keep(key, scale, made)

    # -- chips -----------------------------------------------------------------------------------

    def draw_chip(self, painter: QPainter, text: str, at: QPointF) -> None:
        """Paints a chip with its corner at `at`. There are few different ones: they are not rationed."""
        zoom = self._zoom
        picture = self._kept.get((text, ""), {}).get(zoom)
        if picture is None:
            picture, inner = self._blank(painting.chip_width(text), painting.CHIP_HEIGHT, zoom)
            painting.paint_chip(inner, text, themes.current())
            inner.end()
            self._keep((text, ""), zoom, picture)
        transform, ratio = painter.worldTransform(), self._ratio
        there = transform.map(at)
        painter.setWorldTransform(_IDENTITY)
        painter.drawPixmap(
            QPointF(round(there.x() * ratio) / ratio, round(there.y() * ratio) / ratio), picture
        )
        painter.setWorldTransform(transform)

    # -- pictures beside cards -------------------------------------------------------------------

    def draw_thumb(self, painter: QPainter, thumb: Thumb, beside: QPointF, corner: QPointF) -> bool:
        """Paints the picture beside a card whose corner is at `corner` of the viewport; without a copy of its
        size, directly, and says False then."""
        zoom, ratio = self._zoom, self._ratio
        there = corner + beside * zoom
        key: Key = (thumb, "")
        picture = self._kept.get(key, {}).get(zoom)
        if picture is None and self._resting and not self.spent and zoom <= DIRECT_ABOVE:
            picture, inner = self._blank(THUMB, THUMB, zoom)
            thumb.paint(inner)
            inner.end()
            self._left -= 1
            self._keep(key, zoom, picture)
        if picture is None:
            painter.save()
            painter.translate(there)
            painter.scale(zoom, zoom)
            thumb.paint(painter)
            painter.restore()
            return zoom > DIRECT_ABOVE
        painter.drawPixmap(
            QPointF(round(there.x() * ratio) / ratio, round(there.y() * ratio) / ratio), picture
        )
        return True

    # -- keeping ---------------------------------------------------------------------------------

    def _blank(self, width: float, height: float, scale: float) -> tuple[QPixmap, QPainter]:
        """An empty picture of `width` by `height` scene units, and a painter that works in them."""
        full = scale * self._ratio
        made = QPixmap(math.ceil(width * full), math.ceil(height * full))
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        painter.scale(full, full)
        return made, painter

    def _keep(self, key: Key, scale: float, made: QPixmap) -> QPixmap:
        made.setDevicePixelRatio(self._ratio)
        self.rendered += 1
        held = self._kept.setdefault(key, {})
        for old in [s for s in held if s not in STEPS]:
            self._bytes -= _size(held.pop(old))
        held[scale] = made
        self._kept.move_to_end(key)
        self._bytes += _size(made)
        while self._bytes > CAPACITY and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= sum(map(_size, dropped.values()))
        return made


def _nearest(held: dict[float, QPixmap], zoom: float) -> float | None:
    """The scale to shrink from, the smallest above the zoom; else the largest."""
    return min((scale for scale in held if scale >= zoom), default=max(held, default=None))


def _size(picture: QPixmap) -> int:
    return picture.width() * picture.height() * 4
