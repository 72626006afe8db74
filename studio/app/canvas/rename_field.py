"""Renames a node, or the block that it is a use of, where it stands: a line edit over its card."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from studio.app import theme as themes
from studio.app.canvas import block_edits, edits
from studio.app.language import follow
from studio.app.session import Session
from studio.graph.document import EditError
from studio.words import tr

HEIGHT = 30
FAULT_WIDTH = 260


class RenameField(QLineEdit):
    """Enter gives the name, Escape leaves the old one; a name that cannot be is shown so and not taken."""

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_rename")
        self._session = session
        self._node = ""
        self._block: str | None = None
        self._made: object | None = None
        self._then: Callable[[], object] = lambda: None
        self.fault = QLabel(parent)
        self.fault.setObjectName("canvas_rename_fault")
        self.fault.setTextFormat(Qt.TextFormat.PlainText)
        self.fault.setWordWrap(True)
        self.hide()
        self.fault.hide()
        self.installEventFilter(self)
        self.textEdited.connect(self._check)
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Name of the node") if self._block is None else tr("Name of the block"))

    def open(
        self,
        node: str,
        card: QRect,
        block: str | None = None,
        made: object | None = None,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        """Shows itself over a card, given in the coordinates of the parent.

        With `block` the name of that network is asked; `made` is the step that made it, if just now. `then`
        follows a name that was given.
        """
        self._node, self._block, self._made, self._then = node, block, made, then
        self.retranslate()
        self.setGeometry(card.left(), card.center().y() - HEIGHT // 2, max(card.width(), 160), HEIGHT)
        self.setText(node if block is None else block)
        self.selectAll()
        self.show()
        self._check(self.text())
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _check(self, text: str) -> bool:
        if self._block is None:
            fault = edits.name_fault(self._session, self._node, text.strip())
        else:
            fault = block_edits.name_fault(self._session, self._block, text.strip())
        theme = themes.current()
        border = theme.error if fault else theme.accent
        self.setStyleSheet(
            f"QLineEdit {{ background: {theme.card}; color: {theme.text}; border: 2px solid {border};"
            f" border-radius: 6px; padding: 0 6px; }}"
        )
        self.fault.setVisible(fault is not None)
        if fault is not None:
            self._explain(str(fault))
        return fault is None

    def _explain(self, text: str) -> None:
        theme = themes.current()
        self.fault.setStyleSheet(
            f"background: {theme.card}; color: {theme.text}; border: 1px solid {theme.error};"
            f" border-radius: 6px; padding: 4px 6px;"
        )
        self.fault.setText(text)
        self.fault.setFixedWidth(max(self.width(), FAULT_WIDTH))
        self.fault.adjustSize()
        self.fault.move(self.x(), self.geometry().bottom() + 5)
        self.fault.raise_()

    def _accept(self) -> None:
        name = self.text().strip()
        if self._node not in self._session.document.nodes(self._session.network):
            self.close_field()
        elif self._check(name):
            self.close_field()
            if self._rename(name):
                self._then()

    def _rename(self, name: str) -> bool:
        try:
            if self._block is None:
                edits.rename(self._session, self._node, name)
            elif name != self._block:
                block_edits.rename(self._session, self._block, name, self._made)
        except EditError as error:
            self._session.notice.emit("warning", error.message)
            return False
        return True

    def close_field(self) -> None:
        self.fault.hide()
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.close_field()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match Qt.Key(event.key()):
                case Qt.Key.Key_Escape:
                    self.close_field()
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._accept()
                    return True  # a line edit passes it on, and the canvas would enter the block
        return super().eventFilter(watched, event)
