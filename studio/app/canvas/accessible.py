"""The canvas for assistive technology: a list of named cards, with the one that is selected in focus.

Qt asks for an interface only where something listens. An interface of a card is kept for as long as the
program runs: who listens may ask for one whose card is gone, and is told that it is not valid any more.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect
from PySide6.QtGui import QAccessible, QAccessibleEvent, QAccessibleInterface, QWindow
from PySide6.QtWidgets import QWidget

from studio.app.canvas.view import GraphView
from studio.app.named_nodes import said

_kept: list[QAccessibleInterface] = []
_installed = False


def install() -> None:
    """Lets Qt ask here about views of the canvas."""
    global _installed
    if not _installed:
        QAccessible.installFactory(_interface_of)
        _installed = True


def follow(view: GraphView) -> None:
    """Tells who listens which card is selected, from now on."""
    view.session.selection_changed.connect(lambda ids, view=view: _tell_focus(view, ids))


def _interface_of(_: str, watched: QObject) -> QAccessibleInterface | None:
    return _Canvas(watched) if isinstance(watched, GraphView) else None


def _tell_focus(view: GraphView, ids: tuple[str, ...]) -> None:
    if len(ids) != 1 or not QAccessible.isActive() or ids[0] not in view.graph.cards:
        return
    event = QAccessibleEvent(view, QAccessible.Event.Focus)
    event.setChild(list(view.graph.cards).index(ids[0]))
    QAccessible.updateAccessibility(event)


class _Canvas(QAccessibleInterface):
    """The view: a list whose children are the cards of the network that is shown."""

    def __init__(self, view: GraphView) -> None:
        super().__init__()
        self._view = view
        self._cards: dict[tuple[str, str], _Card] = {}

    def isValid(self) -> bool:
        return True

    def object(self) -> QObject:
        return self._view

    def window(self) -> QWindow:
        return self._view.window().windowHandle()

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.List

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        state.focusable = True
        state.focused = self._view.hasFocus()
        state.multiSelectable = True
        return state

    def text(self, kind: QAccessible.Text) -> str:
        if kind == QAccessible.Text.Name:
            return self._view.accessibleName()
        return self._view.describe() if kind == QAccessible.Text.Description else ""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """What the canvas is called is not for others to say."""

    def rect(self) -> QRect:
        return QRect(self._view.mapToGlobal(QPoint(0, 0)), self._view.size())

    def parent(self) -> QAccessibleInterface | None:  # type: ignore[override]
        above = self._view.parentWidget()
        return QAccessible.queryAccessibleInterface(above) if isinstance(above, QWidget) else None

    def childCount(self) -> int:
        return len(self._view.graph.cards)

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        ids = list(self._view.graph.cards)
        return self._card(ids[index]) if 0 <= index < len(ids) else None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        point = QPoint(x, y)
        found = (id_ for id_ in self._view.graph.cards if self._view.node_rect_on_screen(id_).contains(point))
        id_ = next(found, None)
        return self._card(id_) if id_ is not None else None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        ids = list(self._view.graph.cards)
        return ids.index(child.id) if isinstance(child, _Card) and child.id in ids else -1

    def focusChild(self) -> QAccessibleInterface | None:  # type: ignore[override]
        chosen = self._view.session.selection
        return self._card(chosen[0]) if len(chosen) == 1 and self._view.hasFocus() else None

    def _card(self, id_: str) -> _Card:
        key = (self._view.session.network, id_)
        if key not in self._cards:
            self._cards[key] = _Card(self, self._view, *key)
            _kept.append(self._cards[key])
        return self._cards[key]


class _Card(QAccessibleInterface):
    """One card, by its network and id."""

    def __init__(self, above: _Canvas, view: GraphView, network: str, id_: str) -> None:
        super().__init__()
        self._above, self._view, self._network = above, view, network
        self.id = id_

    def isValid(self) -> bool:
        return self._network == self._view.session.network and self.id in self._view.graph.cards

    def object(self) -> QObject | None:  # type: ignore[override]
        return None

    def window(self) -> QWindow:
        return self._above.window()

    def role(self) -> QAccessible.Role:
        return QAccessible.Role.ListItem

    def state(self) -> QAccessible.State:
        state = QAccessible.State()
        chosen = self._view.session.selection
        state.selectable = state.focusable = True
        state.selected = self.id in chosen
        state.focused = chosen == (self.id,) and self._view.hasFocus()
        state.invalid = not self.isValid()
        return state

    def text(self, kind: QAccessible.Text) -> str:
        named = kind == QAccessible.Text.Name and self.isValid()
        return said(self._view.session, self._network, self.id) if named else ""

    def setText(self, kind: QAccessible.Text, text: str) -> None:
        """A node is renamed on the canvas or in the outline."""

    def rect(self) -> QRect:
        return self._view.node_rect_on_screen(self.id) if self.isValid() else QRect()

    def parent(self) -> QAccessibleInterface:
        return self._above

    def childCount(self) -> int:
        return 0

    def child(self, index: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def childAt(self, x: int, y: int) -> QAccessibleInterface | None:  # type: ignore[override]
        return None

    def indexOfChild(self, child: QAccessibleInterface) -> int:
        return -1
