"""The camera on the scene: zoom, pan, frames, and the way of every event to the gesture in hand."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPaintEvent,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from studio.app import theme as themes
from studio.app.canvas import drops, hover, wire_edits
from studio.app.canvas.border import BorderScroll
from studio.app.canvas.edits import Source, Target
from studio.app.canvas.geometry import Side
from studio.app.canvas.hover import WIRE_REACH
from studio.app.canvas.overview import OVERVIEW_BELOW
from studio.app.canvas.scene import GraphScene
from studio.app.canvas.showing import Showing
from studio.app.canvas.tools.cut import CutTool
from studio.app.canvas.tools.lazy import LazyTool
from studio.app.canvas.tools.pan import PanTool
from studio.app.canvas.tools.select import SelectTool
from studio.app.canvas.tools.swipe import SwipeTool
from studio.app.canvas.tools.tool import Pointer, Tool
from studio.graph.model import Wire

SMALLEST, LARGEST = 0.05, 4.0
PORTS_FROM = 0.3
"""the zoom from which ports are near enough to be grabbed"""
WHEEL = 1.0015
FRAME_MARGIN = 40
READABLE = 0.8
"""a network that is opened is shown no smaller, from its top"""
WORLD = 500_000.0
"""how far one can pan"""
SWEEPS: dict[Qt.Key, type[CutTool | SwipeTool]] = {Qt.Key.Key_Y: CutTool, Qt.Key.Key_A: SwipeTool}
"""the keys that, held, make a line of a drag"""
AS_ALT = Qt.Key.Key_X
"""held, it is what Alt is: many desktops keep Alt and the mouse for moving windows"""


class GraphView(QGraphicsView):
    """Shows a `GraphScene`. One tool is in hand at a time; `tool` is at rest the one that selects.

    Signals: `node_wanted(QPointF scene, Source | Target | None)` asks for the search; `menu_wanted(QPoint
    viewport)` for the menu; `entered(str node)` and `frame_entered(str frame)` are double clicks;
    `camera_moved()` follows every zoom and pan; `touched()` every press, turn of the wheel and key of the
    person; `sized()` comes when the view has room to show something; `arranged(places)` after a swipe, with
    where the cards were.
    """

    node_wanted = Signal(object, object)
    menu_wanted = Signal(object)
    entered = Signal(str)
    frame_entered = Signal(str)
    camera_moved = Signal()
    touched = Signal()
    sized = Signal()
    arranged = Signal(object)

    def __init__(self, graph: GraphScene, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.graph = graph
        self.session = graph.session
        self.setScene(graph)
        self.showing = Showing(self)
        self.describe: Callable[[], str] = str
        """what assistive technology is told of the network and of what is selected"""
        self._space = False
        self._space_used = False
        self._sweeps: Qt.Key | None = None
        """which of the keys is held that make a line of a drag"""
        self._as_alt = False
        self._no_menu = False
        self.under: QPoint | None = None
        self._scroll = BorderScroll(self)
        self.tool: Tool = SelectTool(self)
        self._resting = self.tool
        self._below: list[Tool] = []
        self._set_up()
        graph.about_to_change.connect(self.cancel_gesture)
        graph.changed_cards.connect(self._check_hint)
        themes.notifier().changed.connect(self._restyle)

    def _set_up(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.NoViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setSceneRect(QRectF(-WORLD, -WORLD, 2 * WORLD, 2 * WORLD))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._empty = not self.graph.cards

    # -- the camera ------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    @property
    def near(self) -> bool:
        """Whether cards are painted one by one."""
        return self.zoom >= OVERVIEW_BELOW

    @property
    def shows_ports(self) -> bool:
        """Whether ports are large enough to be grabbed."""
        return self.zoom >= PORTS_FROM

    def visible_rect(self) -> QRectF:
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def zoom_to(self, zoom: float, anchor: QPoint | None = None) -> None:
        """Sets the zoom; what is under `anchor`, a point of the viewport, stays there."""
        zoom = min(max(zoom, SMALLEST), LARGEST)
        if abs(zoom - self.zoom) < 1e-6:
            return
        fixed = anchor if anchor is not None else self.viewport().rect().center()
        there = self.viewportTransform().inverted()[0].map(QPointF(fixed))
        self.setTransform(QTransform.fromScale(zoom, zoom))
        self.viewport().update()
        gap = self.viewportTransform().map(there) - QPointF(fixed)
        self.pan_by(QPoint(-round(gap.x()), -round(gap.y())))
        self.camera_moved.emit()

    def zoom_by(self, factor: float, anchor: QPoint | None = None) -> None:
        self.zoom_to(self.zoom * factor, anchor)

    def pan_by(self, pixels: QPoint) -> None:
        """Moves the picture by so many pixels."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - pixels.x())
        down.setValue(down.value() - pixels.y())

    def center_on(self, at: QPointF) -> None:
        gap = self.viewportTransform().map(at) - QPointF(self.viewport().rect().center())
        self.pan_by(QPoint(-round(gap.x()), -round(gap.y())))

    def frame(self, rect: QRectF, largest: float = 1.0, smallest: float = SMALLEST) -> None:
        """Shows a rectangle of the scene whole, no larger than `largest`; its top if `smallest` forbids."""
        if rect.isNull():
            self.zoom_to(1.0)
            self.center_on(QPointF(0, 0))
            return
        room = self.viewport().size()
        across = (room.width() - 2 * FRAME_MARGIN) / max(rect.width(), 1)
        down = (room.height() - 2 * FRAME_MARGIN) / max(rect.height(), 1)
        self.zoom_to(max(min(across, down, largest), smallest))
        hidden = max(0.0, rect.height() - (room.height() - 2 * FRAME_MARGIN) / self.zoom)
        self.center_on(rect.center() - QPointF(0, hidden / 2))

    def reveal(self, id_: str) -> None:
        """Scrolls just as far as needed to show a card."""
        card = self.graph.cards.get(id_)
        if card is None or self.viewport().height() < 4 * FRAME_MARGIN:
            return
        shown = self.viewport().rect().adjusted(FRAME_MARGIN, FRAME_MARGIN, -FRAME_MARGIN, -FRAME_MARGIN)
        box = self.mapFromScene(QRectF(*card.box())).boundingRect()
        dx = min(0, shown.right() - box.right()) or max(0, shown.left() - box.left())
        dy = min(0, shown.bottom() - box.bottom()) or max(0, shown.top() - box.top())
        self.pan_by(QPoint(dx, dy))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.camera_moved.emit()
        if event.size().height() > FRAME_MARGIN * 3:
            self.sized.emit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self.viewport().update()
        self.camera_moved.emit()

    # -- gestures --------------------------------------------------------------------------------

    def begin(self, tool: Tool) -> None:
        """Takes a tool in hand; the present one comes back when it ends, if it is a gesture too."""
        if self.tool is not self._resting:
            self._below.append(self.tool)
        self.tool = tool
        if tool.follows_edge:
            self._scroll.start()

    def finish(self) -> None:
        """The gesture is over: its preview goes, the tool below comes back."""
        if self._below:
            self.tool = self._below.pop()
        else:
            self.tool = self._resting
            self._clear_preview()
        self.viewport().setCursor(
            Qt.CursorShape.OpenHandCursor if self._space else Qt.CursorShape.ArrowCursor
        )

    def point_at(self, shape: Qt.CursorShape) -> None:
        """Sets the mouse pointer, unless Space is held for panning."""
        if not self._space:
            self.viewport().setCursor(shape)

    @property
    def gesture(self) -> bool:
        """Whether a gesture is under way."""
        return self.tool is not self._resting

    def cancel_gesture(self) -> None:
        """Takes every gesture back; the document was not touched."""
        while self.gesture:
            tool = self.tool
            self.finish()
            tool.cancel()
        self._resting.cancel()

    def _clear_preview(self) -> None:
        self._scroll.stop()
        graph = self.graph
        graph.overlay.clear()
        graph.edges.set_states({})
        graph.set_targets(())
        graph.set_dimmed(())

    def ask_for_node(self, at: QPointF, end: Source | Target | None = None) -> None:
        self.node_wanted.emit(at, end)

    def pointer(self, event: QMouseEvent | QDropEvent) -> Pointer:
        if isinstance(event, QDropEvent):
            at, button = event.position(), Qt.MouseButton.LeftButton
        else:
            at, button = event.position(), event.button()
        self.under = at.toPoint()
        scene = self.viewportTransform().inverted()[0].map(at)
        alt = Qt.KeyboardModifier.AltModifier if self._as_alt else Qt.KeyboardModifier.NoModifier
        return Pointer(scene, at.toPoint(), button, event.modifiers() | alt)

    # -- events of the mouse ---------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.touched.emit()
        pointer = self.pointer(event)
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._space_used = True
            self.begin(PanTool(self, pointer.view, event.button()))
        elif self.gesture or left:
            self._left(pointer)
        elif event.button() == Qt.MouseButton.RightButton:
            self._right(pointer)
        event.accept()

    def _left(self, pointer: Pointer) -> None:
        if self._sweeps is not None and not self.gesture:
            self.begin(SWEEPS[self._sweeps](self, pointer))
        else:
            self.tool.press(pointer)

    def _right(self, pointer: Pointer) -> None:
        """With Ctrl a line that cuts, with Alt a wire from card to card; else the menu comes."""
        card = self.graph.card_at(pointer.scene)
        self._no_menu = pointer.ctrl or (pointer.alt and card is not None)
        if pointer.ctrl:
            self.begin(CutTool(self, pointer))
        elif pointer.alt and card is not None:
            self.begin(LazyTool(self, card, pointer))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.tool.needs_button and not event.buttons():
            self.cancel_gesture()
        self.tool.move(self.pointer(event))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == self.tool.button:
            self.tool.release(self.pointer(event))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        pointer = self.pointer(event)
        if self.gesture or event.button() != Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)
            return
        card = self.graph.card_at(pointer.scene)
        if card is not None:
            self.entered.emit(card.node.id)
        elif (wire := self.graph.edges.edge_at(pointer.scene, WIRE_REACH / self.zoom)) is not None:
            wire_edits.add_dot(self.session, wire, (pointer.scene.x(), pointer.scene.y()))
        elif (frame := self.graph.frames.at(pointer.scene, self.zoom)) is not None:
            self.frame_entered.emit(frame[0].id)
        else:
            self.ask_for_node(pointer.scene)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        if not self.gesture:
            self.graph.hover(None)
            self._clear_preview()
        self.under = None
        super().leaveEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel zooms at the mouse; with Shift, and from a touch pad, it pans."""
        self.touched.emit()
        precise = event.pixelDelta()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        ctrl = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        touch = event.phase() != Qt.ScrollPhase.NoScrollPhase and not precise.isNull()
        if touch and not ctrl:
            self.pan_by(precise)
        elif shift:
            turn = event.angleDelta()
            self.pan_by(QPoint((turn.y() or turn.x()) // 2, 0))
        else:
            self.zoom_by(WHEEL ** event.angleDelta().y(), event.position().toPoint())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.gesture and not self._no_menu:
            self.menu_wanted.emit(event.pos())
        self._no_menu = False
        event.accept()

    # -- drops from the palette ------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        drops.enter(self, event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        drops.move(self, event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.cancel_gesture()

    def dropEvent(self, event: QDropEvent) -> None:
        drops.drop(self, event)

    # -- events of the keyboard ------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """A gesture keeps the keys to itself: no shortcut changes the document in the middle of a drag."""
        if event.type() == QEvent.Type.ShortcutOverride and self.gesture:
            event.accept()
            return True
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            return self._pinch(event)
        return super().event(event)

    def _pinch(self, event: QNativeGestureEvent) -> bool:
        if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_by(1 + event.value(), event.position().toPoint())
        return True

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            return hover.show_tip(self, event)
        if event.type() == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            return self._pinch(event)
        return super().viewportEvent(event)

    def focusNextPrevChild(self, next_: bool) -> bool:
        """Tab searches for a layer; Shift+Tab leaves the canvas."""
        return False if next_ else super().focusNextPrevChild(next_)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.touched.emit()
        if event.key() == AS_ALT and not event.modifiers():
            self._as_alt = True
            event.accept()
        elif self.gesture:
            if event.key() == Qt.Key.Key_Escape:
                self.cancel_gesture()
            event.accept()
        elif event.key() == Qt.Key.Key_Space and not event.modifiers():
            if not event.isAutoRepeat():
                self._space, self._space_used = True, False
                self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
            event.accept()
        elif event.key() in SWEEPS and not event.modifiers():
            self._sweeps = Qt.Key(event.key())
            event.accept()
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == self._sweeps and not event.isAutoRepeat():
            self._sweeps = None
        if event.key() == AS_ALT and not event.isAutoRepeat():
            self._as_alt = False
        if event.key() == Qt.Key.Key_Space and self._space and not event.isAutoRepeat():
            self._space = False
            self.viewport().setCursor(Qt.CursorShape.ArrowCursor)
            if not self._space_used and not self.gesture:
                self.ask_for_node(self.mouse_in_scene())
            event.accept()
        else:
            event.ignore()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space, self._sweeps, self._as_alt = False, None, False
        super().focusOutEvent(event)

    def mouse_in_scene(self) -> QPointF:
        """Where the mouse is; the middle of the view where it is elsewhere."""
        at = self.under if self.under is not None else self.viewport().rect().center()
        return self.viewportTransform().inverted()[0].map(QPointF(at))

    # -- painting --------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        self.showing.paint(event, self._empty)

    def _check_hint(self) -> None:
        empty = not self.graph.cards
        if empty != self._empty:
            self._empty = empty
            self.viewport().update()

    def _restyle(self) -> None:
        self.showing.forget()
        self.graph.restyle()
        self.viewport().update()

    # -- for tests with a real mouse -------------------------------------------------------------

    def node_rect_on_screen(self, id_: str) -> QRect:
        """Where a card is on the screen, in global pixels."""
        box = self.mapFromScene(QRectF(*self.graph.cards[id_].box())).boundingRect()
        return QRect(self.viewport().mapToGlobal(box.topLeft()), box.size())

    def port_on_screen(self, id_: str, side: Side, index: int = 0) -> QPoint:
        """Where a port is on the screen, in global pixels."""
        return self._on_screen(self.graph.cards[id_].port(side, index))

    def wire_point_on_screen(self, wire: Wire) -> QPoint:
        """The middle of a wire on the screen, in global pixels."""
        return self._on_screen(self.graph.edges.middle(wire))

    def _on_screen(self, at: QPointF) -> QPoint:
        return self.viewport().mapToGlobal(self.viewportTransform().map(at).toPoint())
