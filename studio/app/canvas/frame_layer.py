"""The frames of the network that is shown, kept in step with the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF

from studio.app.canvas.frame_item import FrameItem, Part
from studio.app.session import Session
from studio.graph import frames
from studio.graph.document import Change
from studio.graph.operations import SetNetwork

if TYPE_CHECKING:
    from studio.app.canvas.scene import GraphScene


class FrameLayer(QObject):
    """Makes and removes the frames of a scene."""

    def __init__(self, session: Session, scene: GraphScene) -> None:
        super().__init__(scene)
        self._session = session
        self._scene = scene
        self.items: dict[str, FrameItem] = {}
        session.opened.connect(self.rebuild)
        session.network_changed.connect(self.rebuild)
        session.edited.connect(self._follow)
        self.rebuild()

    def _follow(self, change: Change) -> None:
        if any(isinstance(operation, SetNetwork) for operation in change.operations):
            self.rebuild()

    def rebuild(self, _name: str = "") -> None:
        """Shows the frames as the document has them."""
        names = self._session.document.network_names()
        network = self._session.network
        found = frames.frames(self._session.document.network(network)) if network in names else {}
        for id_ in self.items.keys() - found.keys():
            self.items[id_].repaint()
            self._scene.removeItem(self.items.pop(id_))
        for id_, frame in found.items():
            if id_ not in self.items:
                self.items[id_] = FrameItem(id_, frame, self._scene.stain)
                self._scene.addItem(self.items[id_])
            elif self.items[id_].frame != frame:
                self.items[id_].show_frame(frame)

    def at(self, at: QPointF, zoom: float) -> tuple[FrameItem, Part] | None:
        """The frame that can be taken hold of at a point, the smallest first, and by what."""
        for item in sorted(self.items.values(), key=lambda one: one.rect().width() * one.rect().height()):
            part = item.part_at(at, zoom)
            if part is not None:
                return item, part
        return None
