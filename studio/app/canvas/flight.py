"""Lets the camera glide to a place instead of jumping there, so that one sees where it went."""

from __future__ import annotations

from PySide6.QtCore import QEasingCurve, QObject, QPointF, QVariantAnimation

from studio.app.canvas.animation import DURATION_MS
from studio.app.canvas.view import GraphView


class Flight(QObject):
    """One at a time. What the person does with the camera ends it where it is."""

    def __init__(self, view: GraphView) -> None:
        super().__init__(view)
        self.enabled = True
        self._view = view
        self._from = self._to = (QPointF(), 1.0)
        self._run = QVariantAnimation(self)
        self._run.setStartValue(0.0)
        self._run.setEndValue(1.0)
        self._run.setDuration(DURATION_MS)
        self._run.setEasingCurve(QEasingCurve.Type.InOutQuad)
        self._run.valueChanged.connect(self._step)
        view.touched.connect(self._run.stop)

    def to(self, middle: QPointF, zoom: float) -> None:
        """Goes where `middle` is in the middle of the view, at `zoom`."""
        self._run.stop()
        here = self._view.visible_rect().center()
        self._from, self._to = (here, self._view.zoom), (QPointF(middle), zoom)
        if self.enabled:
            self._run.start()
        else:
            self._step(1.0)

    def _step(self, share: object) -> None:
        if isinstance(share, float):
            (at, zoom), (to, end) = self._from, self._to
            self._view.zoom_to(zoom + (end - zoom) * share)
            self._view.center_on(at + (to - at) * share)
