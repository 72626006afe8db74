"""How the view shows its scene: from a picture that is kept, in a frame's time, and well once it rests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QPainter, QPaintEvent

from studio.app.canvas import backdrop
from studio.app.canvas.near_view import NearView
from studio.app.canvas.overview import CROWD, Batch, Overview
from studio.app.canvas.sheet import PIECES, Sheet

if TYPE_CHECKING:
    from studio.app.canvas.view import GraphView

FRAME_MS = 16
SETTLE_MS = 90
"""so long after the last move of the camera what was painted in haste is painted well"""
PATIENCE = 0.0015
"""seconds of work after which a frame paints no further cards over"""
HASTY = 0.25
"""a camera that zooms, or pans so far, has what comes into sight painted in haste, and again at rest"""


class Showing(QObject):
    """Paints a view. `frames` counts its paint events, for the tests that count."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self.frames = 0
        self.sheet = Sheet()
        self.overview = Overview(view.graph)
        self._view, self._graph = view, view.graph
        self._near = NearView(view.graph)
        self._zoom, self._origin = 0.0, QPointF()
        self._over: list[Batch] = []
        """cards that are still to be painted over"""
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._sharpen)
        self._again = QTimer(self, singleShot=True, interval=FRAME_MS)
        self._again.timeout.connect(self._draw_more)
        self._stained = QTimer(self, singleShot=True, interval=0)
        self._stained.timeout.connect(self._take_stains)
        view.graph.stained.connect(self._stained.start)
        view.session.told.connect(self._take_stains)  # so that cards and panels are painted in one frame
        view.graph.marked.connect(self._mark)
        view.graph.overlay.changed.connect(self._show_over)
        view.graph.changed_cards.connect(self._leave_over)
        view.graph.changed_places.connect(self._leave_over)

    def forget(self) -> None:
        """All looks different now."""
        self._over.clear()
        self.sheet.forget()
        self._view.viewport().update()

    @property
    def resting(self) -> bool:
        """Whether all is painted as well as it can be."""
        waiting = any(timer.isActive() for timer in (self._settle, self._again, self._stained))
        return not (waiting or self._over or self._near.owes or self.sheet.stale or self.sheet.waits)

    # -- what is to be painted -------------------------------------------------------------------

    def _take_stains(self) -> None:
        """Where the scene looks different it is painted anew, and shown."""
        stains = self._graph.stains
        if not stains:
            return
        if stains[0].isNull():
            self.forget()
        else:
            for rect in stains if len(stains) <= PIECES else [_around(stains)]:
                self.sheet.stain(rect)
                self._show(rect)
        stains.clear()

    def _mark(self, ids: frozenset[str]) -> None:
        """Many cards are outlined otherwise. From afar they are painted over, and nothing else is."""
        zoom, far = self._zoom, not self._view.near
        if far and self.overview.fills(zoom):
            self._over += self.overview.batches(ids)
        elif far and self.overview.takes(ids):
            self.sheet.paint_over(lambda painter: self.overview.paint_outlines(painter, ids, zoom))
        elif far and len(self._graph.cards) < CROWD:
            self.forget()
        else:
            self._over.clear()
            self.sheet.renew()
        self._view.viewport().update()

    def _leave_over(self) -> None:
        """What is still to be painted over may stand elsewhere now."""
        if self._over:
            self._over.clear()
            self.sheet.renew()
            self._view.viewport().update()

    def _paint_batches(self) -> None:
        """Paints cards over while there is time."""
        if not self.overview.fills(self._zoom):
            self._leave_over()
            return
        self.sheet.paint_over(self._paint_some)

    def _paint_some(self, painter: QPainter) -> None:
        until = time.thread_time() + PATIENCE
        while self._over and time.thread_time() < until:
            self.overview.paint_batch(painter, self._over.pop(0))
        if not self._over:
            self.overview.paint_faults(painter, self._zoom)

    def _show(self, rect: QRectF) -> None:
        """Has a rectangle of the scene shown anew, from the picture that is kept."""
        viewport = self._view.viewport()
        seen = self._view.viewportTransform().mapRect(rect).adjusted(-3, -3, 3, 3)
        viewport.update(seen.intersected(QRectF(viewport.rect())).toAlignedRect())

    def _show_over(self, rect: QRectF) -> None:
        """What lies over the picture looks different; what is different below is shown in the same frame."""
        self._take_stains()
        self._show(rect)

    def _sharpen(self) -> None:
        """The camera rests: what was painted in haste is painted well."""
        self.sheet.sharpen()
        self._view.viewport().update()

    def _draw_more(self) -> None:
        """What there was no time for is painted: bands of all, some of the cards that wait for a picture."""
        if self.sheet.waits or self._over:
            self._view.viewport().update()
            return
        for rect in self._near.owed(self._view.visible_rect()):
            self._graph.stain(rect)

    # -- painting --------------------------------------------------------------------------------

    def paint(self, event: QPaintEvent, hint: bool) -> None:
        """Brings the picture up to date and shows it, on an empty canvas with a `hint`."""
        self.frames += 1
        self._take_stains()
        view, viewport = self._view, self._view.viewport()
        transform, ratio, size = view.viewportTransform(), view.devicePixelRatioF(), viewport.size()
        zoom, origin = transform.m11(), QPointF(transform.dx(), transform.dy())
        resting = zoom == self._zoom
        moving = not resting or origin != self._origin
        self._zoom, self._origin = zoom, origin
        self.sheet.follow(zoom, origin, size, ratio)
        hasty = not resting or (moving and self.sheet.share > HASTY)
        self._graph.begin_frame(zoom, ratio, float(max(size.width(), size.height())), resting, hasty)
        self.sheet.refresh(self._paint_part, hasty)
        if self._over:
            self._paint_batches()
        painter = QPainter(viewport)
        self.sheet.copy(painter, event.region())
        painter.setClipRegion(event.region())
        if hint:
            backdrop.paint_hint(painter, viewport.rect())
        self._paint_over(painter, event.rect())
        painter.end()
        if self.sheet.rough and moving:
            self._settle.start()
        if self._over or (resting and (self._near.owes or (self.sheet.waits and not moving))):
            self._again.start()

    def _paint_part(self, painter: QPainter, part: QRect) -> None:
        """Paints a part of the viewport without what lies over it; the painter works in its pixels."""
        transform = self._view.viewportTransform()
        backdrop.paint(painter, part, self._origin, self._zoom)
        if self._view.near:
            self._near.paint(painter, self._scene_part(part), transform)
            return
        self._near.forget()
        painter.setWorldTransform(transform)
        self.overview.paint(painter, self._scene_part(part), self._zoom)

    def _paint_over(self, painter: QPainter, part: QRect) -> None:
        """Paints what lies over the picture of the scene: cards that are dragged, what a gesture shows."""
        transform = self._view.viewportTransform()
        if self._view.near:
            self._graph.lift.draw(painter, self._scene_part(part), transform)
        if not self._view.near:
            painter.setWorldTransform(transform)
            self.overview.paint_lifted(painter, self._zoom)
        painter.setWorldTransform(transform)
        self._graph.overlay.draw(painter)

    def _scene_part(self, part: QRect) -> QRectF:
        return self._view.viewportTransform().inverted()[0].mapRect(QRectF(part))


def _around(rects: list[QRectF]) -> QRectF:
    """The rectangle around all of them."""
    found = QRectF()
    for rect in rects:
        found = found.united(rect)
    return found
