"""The whole network in a corner: colours, problems and what is on screen. Drag in it to go there."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from studio.app import theme as themes
from studio.app.canvas.view import GraphView
from studio.app.language import follow
from studio.words import tr

SIZE = QSize(120, 150)
INSET = 10
SMALLEST = 2.0
LARGEST_SCALE = 0.14
DELAY_MS = 60


class Minimap(QWidget):
    """Paints the cards once into a picture, and the viewport's frame over it at every move of the camera.

    `moved()` tells that the person moved the camera here.
    """

    moved = Signal()

    def __init__(self, view: GraphView, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_minimap")
        self.setFixedSize(SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._view = view
        self._graph = view.graph
        self._picture: QPixmap | None = None
        self._base: QPixmap | None = None
        """the same without what is selected"""
        self._by_color: dict[str, list[QRectF]] | None = None
        self._boxes: dict[str, QRectF] = {}
        self._world = QRectF()
        self._grip = QPointF()
        self._fits = True
        self._later = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._later.timeout.connect(self._forget)
        self._graph.changed_cards.connect(self._cards_changed)
        self._graph.session.selection_changed.connect(self._soon)
        view.camera_moved.connect(self.update)
        themes.notifier().changed.connect(self._restyle)
        follow(self, self.retranslate)
        self._forget()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Map of the network"))
        self.setToolTip(tr("Drag to move the view"))

    def _cards_changed(self) -> None:
        self._by_color = None
        self._soon()

    def _soon(self, _: object = None) -> None:
        if not self._later.isActive():
            self._later.start()

    def fit(self, room: QSize) -> None:
        """Stays away from a canvas so small that it would cover the cards."""
        self._fits = room.width() >= 3 * self.width() and room.height() >= 2 * self.height()
        self.setVisible(self._fits and bool(self._graph.cards))

    def _forget(self) -> None:
        self._picture = None
        self.setVisible(self._fits and bool(self._graph.cards))
        self.update()

    def _restyle(self) -> None:
        self._base = None
        self._forget()

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = themes.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if self._picture is None:
            self._picture = self._draw()
        painter.drawPixmap(0, 0, self._picture)
        frame = self._to_map(self._view.visible_rect()).intersected(
            QRectF(self.rect()).adjusted(4, 4, -4, -4)
        )
        if not frame.isEmpty():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.drawRect(frame.toRect())
        painter.end()

    def _draw(self) -> QPixmap:
        """The cards with what is selected and what is wrong."""
        fits = self._base is not None and self._base.devicePixelRatio() == self.devicePixelRatioF()
        if self._by_color is None or self._base is None or not fits:
            self._base = self._draw_base()
        picture = QPixmap(self._base)
        painter = self._painter(picture)
        boxes, selected = self._boxes, self._graph.marks.selected
        marked: dict[str, list[QRectF]] = {}
        if boxes.keys() == selected:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceAtop)
            painter.fillRect(self.rect(), themes.current().color("accent"))
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        else:
            marked["accent"] = [boxes[id_] for id_ in selected if id_ in boxes]
        for id_, severity in self._graph.faces.faulty().items():
            if id_ in self._boxes:
                marked.setdefault(severity, []).append(self._boxes[id_])
        self._draw_boxes(painter, marked)
        painter.end()
        return picture

    def _draw_base(self) -> QPixmap:
        """The cards alone."""
        if self._by_color is None:
            self._world = self._graph.extent()
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = self._painter(picture)
        self._draw_boxes(painter, self._collect())
        painter.end()
        return picture

    def _painter(self, picture: QPixmap) -> QPainter:
        painter = QPainter(picture)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(self._graph.cards) < 2000)
        return painter

    def _draw_boxes(self, painter: QPainter, by_color: dict[str, list[QRectF]]) -> None:
        theme = themes.current()
        for color, boxes in by_color.items():
            painter.setBrush(theme.color(color))
            radius = min(2.0, boxes[0].height() / 3) if boxes else 0.0
            if len(boxes) < 500 and radius > 0.5:
                for box in boxes:
                    painter.drawRoundedRect(box, radius, radius)
            else:
                painter.drawRects(boxes)

    def _collect(self) -> dict[str, list[QRectF]]:
        """The rectangles of the cards on the map by colour, made anew only when cards have changed."""
        if self._by_color is None:
            scale, left, top = self._scale(), self._origin().x(), self._origin().y()
            self._by_color, self._boxes = {}, {}
            for id_, card in self._graph.cards.items():
                x, y = card.node.at
                width = max(SMALLEST, card.shape_.width * scale)
                height = max(SMALLEST, card.shape_.height * scale)
                box = self._boxes[id_] = QRectF(left + x * scale, top + y * scale, width, height)
                self._by_color.setdefault(card.category, []).append(box)
        return self._by_color

    # -- between map and scene -------------------------------------------------------------------

    def _scale(self) -> float:
        room_x, room_y = self.width() - 2 * INSET, self.height() - 2 * INSET
        return min(room_x / max(self._world.width(), 1), room_y / max(self._world.height(), 1), LARGEST_SCALE)

    def _origin(self) -> QPointF:
        """Where the scene's origin lies on the map."""
        center = self._world.center() * self._scale()
        return QPointF(self.width() / 2, self.height() / 2) - center

    def _to_map(self, rect: QRectF) -> QRectF:
        scale, origin = self._scale(), self._origin()
        return QRectF(rect.topLeft() * scale + origin, rect.size() * scale)

    def _to_scene(self, at: QPoint) -> QPointF:
        return (QPointF(at) - self._origin()) / self._scale()

    # -- dragging --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        self.moved.emit()
        at = event.position().toPoint()
        shown = self._view.visible_rect()
        grabbed = self._to_map(shown).contains(QPointF(at))
        self._grip = shown.center() - self._to_scene(at) if grabbed else QPointF()
        self._view.center_on(self._to_scene(at) + self._grip)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._view.center_on(self._to_scene(event.position().toPoint()) + self._grip)
        event.accept()
