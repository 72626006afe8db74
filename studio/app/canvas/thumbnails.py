"""The small pictures beside the cards: made from what the hub knows, handed to the cards, and drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen

from studio.app import heat
from studio.app import theme as themes
from studio.app.canvas.geometry import THUMB, THUMB_CORNER

if TYPE_CHECKING:
    from studio.app.canvas.scene import GraphScene
    from studio.app.previews import PreviewHub
    from studio.insight.pictures import Output


class Thumb:
    """One small picture. Two are the same only if they are one object, so that pictures of it can be kept."""

    __slots__ = ("_bars", "_image")

    def __init__(self, output: Output) -> None:
        self._image: QImage | None = None
        self._bars: tuple[float, ...] = ()
        if output.kind == "bars":
            self._bars = heat.fewer(output.values)
        else:
            self._image = heat.image(output, output.liveliest)

    def paint(self, painter: QPainter) -> None:
        """Paints it with its corner at the origin, `THUMB` a side."""
        theme = themes.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(0, 0, THUMB, THUMB)
        outline = QPainterPath()
        outline.addRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), THUMB_CORNER, THUMB_CORNER)
        if self._image is not None:
            painter.save()
            painter.setClipPath(outline)
            painter.fillPath(outline, heat.color(0))
            heat.draw(painter, self._image, rect)
            painter.restore()
        else:
            painter.fillPath(outline, theme.color("panel"))
            heat.draw_bars(painter, self._bars, rect.adjusted(4, 4, -4, -4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.strokePath(outline, QPen(theme.color("line"), 1))


class Thumbnails(QObject):
    """Keeps the cards of a scene in step with a hub."""

    def __init__(self, graph: GraphScene, hub: PreviewHub) -> None:
        super().__init__(graph)
        self._graph = graph
        self._hub = hub
        self._made: dict[str, tuple[Output, Thumb]] = {}
        hub.changed.connect(self.refresh)
        hub.on_cards_changed.connect(self.refresh_all)
        graph.changed_cards.connect(self.refresh_all)
        self.refresh_all()

    def refresh_all(self, *_: object) -> None:
        """Cards came or went, another network is shown, or the pictures were switched on or off."""
        if not self._made and self._hub.found is None:
            return
        self._made = {id_: made for id_, made in self._made.items() if id_ in self._graph.cards}
        self.refresh(self._graph.cards.keys())

    def refresh(self, ids: Iterable[str]) -> None:
        """Hands these cards what they show now."""
        self._graph.set_thumbs({id_: self._thumb(id_) for id_ in ids if id_ in self._graph.cards})

    def _thumb(self, id_: str) -> Thumb | None:
        output = self._hub.output(id_) if self._hub.on_cards else None
        if output is None:
            self._made.pop(id_, None)
            return None
        held = self._made.get(id_)
        if held is None or held[0] is not output:
            held = self._made[id_] = (output, Thumb(output))
        return held[1]
