"""A small network, and a mouse and keyboard that send a canvas what Qt would."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication

from studio.app.canvas.drops import NODE_TYPE
from studio.app.canvas.geometry import Side
from studio.app.canvas.panel import CanvasPanel
from studio.graph.model import Network, Node
from studio.graph.values import Json

LEFT, NO_BUTTON = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
PLAIN = Qt.KeyboardModifier.NoModifier


def node(id_: str, type_: str, *sources: str, at: tuple[int, int] = (0, 0), **params: Json) -> Node:
    """A node whose first inputs are wired to `sources`."""
    return Node(id_, type_, params, tuple({"n": source} for source in sources), at=at)


def chain() -> Network:
    """image -> conv1 -> relu1 -> fc -> digit, and a dropout that stands alone."""
    nodes = (
        node("image", "input", at=(0, 0)),
        node("conv1", "nn.Conv2d", "image", at=(0, 96), out_channels=8, kernel_size=3),
        node("relu1", "nn.ReLU", "conv1", at=(0, 192)),
        node("fc", "nn.Linear", "relu1", at=(0, 288)),
        node("digit", "output", "fc", at=(0, 384)),
        node("drop1", "nn.Dropout", at=(320, 96)),
    )
    return Network({n.id: n for n in nodes})


def block() -> Network:
    nodes = (node("x", "input"), node("y", "output", "x", at=(0, 96)))
    return Network({n.id: n for n in nodes})


class Hand:
    """Moves the mouse in scene coordinates and presses keys, by real events to the viewport."""

    def __init__(self, panel: CanvasPanel) -> None:
        self._panel = panel
        self._session = panel.session
        self._view = panel.view
        self._held = NO_BUTTON

    # -- where things are, and what became of them -----------------------------------------------

    def middle(self, id_: str) -> QPointF:
        left, top, width, height = self._panel.graph.cards[id_].box()
        return QPointF(left + width / 2, top + height / 2)

    def port(self, id_: str, side: Side, index: int = 0) -> QPointF:
        return self._panel.graph.cards[id_].port(side, index)

    def wire_into(self, target: str) -> QPointF:
        """The middle of the first wire into a node."""
        return self._panel.graph.edges.middle(self._panel.graph.edges.wires_into(target)[0])

    def args(self, id_: str) -> tuple[Json, ...]:
        return self._session.document.node(self._session.network, id_).args

    def place(self, id_: str) -> tuple[int, int]:
        return self._session.document.node(self._session.network, id_).at

    def steps(self) -> list[str]:
        """The names of the undo steps."""
        stack = self._session.undo_stack
        return [stack.label(i) for i in range(stack.count())]

    # -- the mouse -------------------------------------------------------------------------------

    def at(self, scene: QPointF | tuple[float, float]) -> QPointF:
        point = scene if isinstance(scene, QPointF) else QPointF(*scene)
        return self._view.viewportTransform().map(point)

    def _send(
        self, kind: QEvent.Type, at: QPointF, button: Qt.MouseButton, keys: Qt.KeyboardModifier
    ) -> None:
        viewport = self._view.viewport()
        event = QMouseEvent(kind, at, viewport.mapToGlobal(at), button, self._held, keys)
        QApplication.sendEvent(viewport, event)

    def press(self, scene: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self._held = button
        self._send(QEvent.Type.MouseButtonPress, self.at(scene), button, keys)

    def move(self, scene: Place, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self._send(QEvent.Type.MouseMove, self.at(scene), NO_BUTTON, keys)

    def release(self, scene: Place, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self._held = NO_BUTTON
        self._send(QEvent.Type.MouseButtonRelease, self.at(scene), button, keys)

    def click(self, scene: Place, keys: Qt.KeyboardModifier = PLAIN) -> None:
        self.press(scene, keys=keys)
        self.release(scene, keys=keys)

    def double_click(self, scene: Place) -> None:
        self.click(scene)
        self._send(QEvent.Type.MouseButtonDblClick, self.at(scene), LEFT, PLAIN)
        self.release(scene)

    def lose_button(self) -> None:
        """The button is let go where the canvas does not hear of it."""
        self._held = NO_BUTTON

    def pull(
        self,
        start: Place,
        end: Place,
        keys: Qt.KeyboardModifier = PLAIN,
        button: Qt.MouseButton = LEFT,
    ) -> None:
        """Presses at `start` and moves to `end` in a few steps, without letting go."""
        first, last = self.at(start), self.at(end)
        self._held = button
        self._send(QEvent.Type.MouseButtonPress, first, button, keys)
        for share in (0.3, 0.6, 1.0):
            self._send(QEvent.Type.MouseMove, first + (last - first) * share, NO_BUTTON, keys)

    def drag(
        self,
        start: Place,
        end: Place,
        keys: Qt.KeyboardModifier = PLAIN,
        button: Qt.MouseButton = LEFT,
    ) -> None:
        last = self.at(end)
        self.pull(start, end, keys, button)
        self._held = NO_BUTTON
        self._send(QEvent.Type.MouseButtonRelease, last, button, keys)

    def hold_space(self) -> None:
        self._press_key(QEvent.Type.KeyPress, Qt.Key.Key_Space, PLAIN, " ")

    def let_space_go(self) -> None:
        self._press_key(QEvent.Type.KeyRelease, Qt.Key.Key_Space, PLAIN, " ")

    def hold(self, key: Qt.Key) -> None:
        self._press_key(QEvent.Type.KeyPress, key, PLAIN, "")

    def let_go(self, key: Qt.Key) -> None:
        self._press_key(QEvent.Type.KeyRelease, key, PLAIN, "")

    def _press_key(self, kind: QEvent.Type, key: Qt.Key, keys: Qt.KeyboardModifier, text: str) -> None:
        QApplication.sendEvent(QApplication.focusWidget() or self._view, QKeyEvent(kind, key, keys, text))

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = PLAIN, text: str = "") -> None:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            self._press_key(kind, key, keys, text)

    def drop(self, type_: str, scene: Place) -> None:
        """Drags a type from the palette to a place and lets it go."""
        mime = QMimeData()
        mime.setData(NODE_TYPE, type_.encode())
        at, copy = self.at(scene), Qt.DropAction.CopyAction
        viewport = self._view.viewport()
        for event in (
            QDragEnterEvent(at.toPoint(), copy, mime, LEFT, PLAIN),
            QDragMoveEvent(at.toPoint(), copy, mime, LEFT, PLAIN),
            QDropEvent(at, copy, mime, LEFT, PLAIN),
        ):
            QApplication.sendEvent(viewport, event)


Place: TypeAlias = QPointF | tuple[float, float]
