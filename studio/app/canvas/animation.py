"""Lets cards glide to their places. The document has the new places already; only the picture follows."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QVariantAnimation

from studio.app.canvas.scene import GraphScene

DURATION_MS = 140
MOST = 500
"""more cards than this jump"""


class Glide(QObject):
    """One animation at a time; an edit in the middle of it ends it at once."""

    def __init__(self, graph: GraphScene, parent: QObject) -> None:
        super().__init__(parent)
        self.enabled = True
        self._graph = graph
        self._from: dict[str, tuple[float, float]] = {}
        self._to: dict[str, tuple[float, float]] = {}
        self._run = QVariantAnimation(self)
        self._run.setStartValue(0.0)
        self._run.setEndValue(1.0)
        self._run.setDuration(DURATION_MS)
        self._run.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._run.valueChanged.connect(self._step)
        graph.about_to_change.connect(self.stop)

    def start(self, came_from: Mapping[str, tuple[float, float]]) -> None:
        """Shows cards where they were and lets them go to where they are."""
        cards = self._graph.cards
        known = [id_ for id_ in came_from if id_ in cards]
        if not self.enabled or not known or len(known) > MOST:
            return
        self.stop()
        self._to = {id_: (cards[id_].pos().x(), cards[id_].pos().y()) for id_ in known}
        self._from = {id_: came_from[id_] for id_ in known}
        self._run.start()

    def stop(self) -> None:
        """Puts every card where it belongs."""
        if self._run.state() == QAbstractAnimation.State.Running:
            self._run.stop()
            self._place(1.0)

    @property
    def running(self) -> bool:
        return self._run.state() == QAbstractAnimation.State.Running

    def _step(self, share: object) -> None:
        if isinstance(share, float):
            self._place(share)

    def _place(self, share: float) -> None:
        cards = self._graph.cards
        for id_, (x, y) in self._to.items():
            if id_ in cards:
                from_x, from_y = self._from[id_]
                cards[id_].place(from_x + (x - from_x) * share, from_y + (y - from_y) * share)
        self._graph.moved_cards(id_ for id_ in self._to if id_ in cards)
