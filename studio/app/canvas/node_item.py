"""A card on the scene: where it is and what it shows. Childless; painted from the store of pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsRectItem

from studio.app.canvas.geometry import DOT, MARGIN, THUMB, THUMB_GAP, Rect, Side, port_x
from studio.app.canvas.look import Face, Shape
from studio.app.canvas.pixmaps import PixmapStore
from studio.app.canvas.thumbnails import Thumb
from studio.catalog import table
from studio.graph import passing
from studio.graph.model import Node

DIM = 0.35


@dataclass(frozen=True, slots=True)
class Asks:
    """Whom a card asks: for its `face`, when it is first painted and again after `invalidate`, and whether
    there is room for the picture beside it; for the outline it has now. `stain` is told where it looks
    different."""

    face: Callable[[str], Face]
    fits: Callable[[NodeItem], bool]
    mark: Callable[[str], str]
    stain: Callable[[QRectF], None]


class NodeItem(QGraphicsRectItem):
    """One card.

    To Qt it is a rectangle: Qt asks for its bounds several times a frame, and so does not ask Python.
    """

    def __init__(
        self,
        node: Node,
        shape: Shape,
        store: PixmapStore,
        ask: Asks,
    ) -> None:
        super().__init__()
        self.node = node
        self.shape_ = shape
        self.dimmed = False
        self.thumb: Thumb | None = None
        self._store = store
        self._ask = ask
        self.lifted = False
        self._face: Face | None = None
        self.setPen(Qt.PenStyle.NoPen)
        self._bound()
        self.setPos(*node.at)

    # -- what it shows ---------------------------------------------------------------------------

    @property
    def face(self) -> Face:
        if self._face is None:
            self._face = self._ask.face(self.node.id)
        return self._face

    @property
    def mark(self) -> str:
        """The outline it has now: one of those of `painting`."""
        return self._ask.mark(self.node.id)

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
        self.repaint()

    def reshape(self, shape: Shape) -> None:
        if shape != self.shape_:
            self.shape_ = shape
            self._bound()
        self.invalidate()

    def set_dimmed(self, dimmed: bool) -> None:
        if dimmed != self.dimmed:
            self.dimmed = dimmed
            self.repaint()

    def set_thumb(self, thumb: Thumb | None) -> None:
        """Gives it the picture beside it, or takes it away."""
        if thumb is not self.thumb:
            self.thumb = thumb
            self._bound()
            self.repaint()

    def _bound(self) -> None:
        beside = THUMB_GAP + THUMB - MARGIN + 1 if self.thumb is not None else 0
        width = self.shape_.width + 2 * MARGIN + beside
        bounds = QRectF(-MARGIN, -MARGIN, width, self.shape_.height + 2 * MARGIN)
        if bounds != self.rect():
            self.repaint()
            self.setRect(bounds)

    def repaint(self) -> None:
        """It looks different where it is."""
        self._ask.stain(self.sceneBoundingRect())

    # -- where it is -----------------------------------------------------------------------------

    def place(self, x: float, y: float) -> None:
        """Puts it there; one that is lifted is painted by who lifted it."""
        if self.lifted:
            self.setPos(x, y)
            return
        self.repaint()
        self.setPos(x, y)
        self.repaint()

    def box(self) -> Rect:
        """The card in scene units, without what it paints around itself."""
        at = self.pos()
        return (at.x(), at.y(), float(self.shape_.width), float(self.shape_.height))

    @property
    def shows_thumb(self) -> bool:
        return self.thumb is not None and self._ask.fits(self)

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

    # -- painting --------------------------------------------------------------------------------

    def draw(self, painter: QPainter, corner: QPointF) -> bool:
        """Paints it with its corner at a point of the viewport, in whose pixels the painter works.

        False where something stands in for a picture that is still to be drawn.
        """
        store = self._store
        if self.dimmed:
            painter.setOpacity(DIM)
        sharp = True
        if self.shows_thumb and self.thumb is not None:
            sharp = store.draw_thumb(painter, self.thumb, self.thumb_box().topLeft() - self.pos(), corner)
        if self._face is None and store.spent:
            store.draw_block(painter, self.category, self.shape_.width, self.shape_.height, corner)
            sharp = False
        else:
            sharp = store.draw_card(painter, self.face, self.mark, corner) and sharp
        if self.dimmed:
            painter.setOpacity(1)
        return sharp
