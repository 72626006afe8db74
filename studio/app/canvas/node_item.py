"""A card on the scene: where it is and what it shows. Childless; painted from the store of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from studio.app.canvas import painting
from studio.app.canvas.geometry import DOT, MARGIN, THUMB, THUMB_GAP, Rect, Side, port_x
from studio.app.canvas.look import Face, Shape
from studio.app.canvas.pixmaps import PixmapStore
from studio.app.canvas.thumbnails import Thumb
from studio.catalog import table
from studio.graph import passing
from studio.graph.model import Node

DIM = 0.35


class NodeItem(QGraphicsRectItem):
    """One card. `face` is asked for when it is first painted, and again after `invalidate`; `fits` whether
    there is room for the picture beside it; `marks` has the outlines of those that are not plain.

    To Qt it is a rectangle: Qt asks for its bounds several times a frame, and so does not ask Python.
    """

    def __init__(
        self,
        node: Node,
        shape: Shape,
        store: PixmapStore,
        face: Callable[[str], Face],
        fits: Callable[[NodeItem], bool],
        marks: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.node = node
        self.shape_ = shape
        self.dimmed = False
        self.thumb: Thumb | None = None
        self._store = store
        self._ask = face
        self._fits = fits
        self._marks = marks
        self._face: Face | None = None
        self.setPen(Qt.PenStyle.NoPen)
        self._bound()
        self.setPos(*node.at)

    # -- what it shows ---------------------------------------------------------------------------

    @property
    def face(self) -> Face:
        if self._face is None:
            self._face = self._ask(self.node.id)
        return self._face

    @property
    def mark(self) -> str:
        """The outline it has now: one of those of `painting`."""
        return self._marks.get(self.node.id, painting.PLAIN)

    @property
    def category(self) -> str:
        """The category of its type, which names its colour."""
        return table.category(self.node.type)

    @property
    def is_dot(self) -> bool:
        """Whether it is a dot on a wire: its ports are its middle."""
        return self.node.type == passing.DOT

    def forget_face(self) -> None:
        """The face is to be made anew when the card is painted next."""
        self._face = None

    def invalidate(self) -> None:
        """The face is to be made anew, and painted."""
        self.forget_face()
        self.update()

    def reshape(self, shape: Shape) -> None:
        if shape != self.shape_:
            self.shape_ = shape
            self._bound()
        self.invalidate()

    def set_dimmed(self, dimmed: bool) -> None:
        if dimmed != self.dimmed:
            self.dimmed = dimmed
            self.update()

    def set_thumb(self, thumb: Thumb | None) -> None:
        """Gives it the picture beside it, or takes it away."""
        if thumb is not self.thumb:
            self.thumb = thumb
            self._bound()
            self.update()

    def _bound(self) -> None:
        beside = THUMB_GAP + THUMB - MARGIN + 1 if self.thumb is not None else 0
        width = self.shape_.width + 2 * MARGIN + beside
        bounds = QRectF(-MARGIN, -MARGIN, width, self.shape_.height + 2 * MARGIN)
        if bounds != self.rect():
            self.setRect(bounds)

    # -- where it is -----------------------------------------------------------------------------

    def box(self) -> Rect:
        """The card in scene units, without what it paints around itself."""
        at = self.pos()
        return (at.x(), at.y(), float(self.shape_.width), float(self.shape_.height))

    @property
    def shows_thumb(self) -> bool:
        return self.thumb is not None and self._fits(self)

    def thumb_box(self) -> QRectF:
        """Where the picture beside it is, or would be, in scene units."""
        left, top, width, height = self.box()
        return QRectF(left + width + THUMB_GAP, top + (height - THUMB) / 2, THUMB, THUMB)

    def footprint(self) -> Rect:
        """The card with the picture beside it: what a wire goes around."""
        left, top, width, height = self.box()
        return (left, top, width + (THUMB_GAP + THUMB if self.shows_thumb else 0), height)

    def settled(self) -> Rect:
        """The same where the document has it, whatever a gesture or an animation shows."""
        return (*self.node.at, self.shape_.width, self.shape_.height)

    def count(self, side: Side) -> int:
        return len(self.shape_.inlets) if side == "in" else len(self.shape_.outlets)

    def port(self, side: Side, index: int) -> QPointF:
        """The middle of a port in scene units."""
        at = self.pos()
        if self.is_dot:
            return QPointF(at.x() + DOT / 2, at.y() + DOT / 2)
        count = max(1, self.count(side))
        x = at.x() + port_x(self.shape_.width, count, min(index, count - 1))
        return QPointF(x, at.y() if side == "in" else at.y() + self.shape_.height)

    # -- Qt --------------------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.dimmed:
            painter.setOpacity(DIM)
        if self.thumb is not None and self._fits(self):
            self._store.draw_thumb(painter, self.thumb, self.thumb_box().topLeft() - self.pos())
        if self._face is None and self._store.spent:
            self._store.draw_block(painter, self.category, self.shape_.width, self.shape_.height)
        else:
            self._store.draw_card(painter, self.face, self.mark)
        if self.dimmed:
            painter.setOpacity(1)
