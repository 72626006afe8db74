"""Asks for a name where it stands: a line edit over a card or the title of a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from studio.app import theme as themes
from studio.app.canvas import block_edits, edits, frame_edits
from studio.app.language import follow
from studio.app.session import Session
from studio.graph.document import EditError
from studio.graph.frames import frames
from studio.words import Message

HEIGHT = 30
FAULT_WIDTH = 260


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the name as it is, what is wrong with another one, and what gives it."""

    what: Message
    name: str
    fault: Callable[[str], Message | None]
    give: Callable[[str], object]
    alive: Callable[[], bool] = lambda: True
    """whether what is to be named is still there"""


def of_node(session: Session, id_: str) -> Question:
    """Asks for the name of a node of the network that is shown."""
    network = session.network
    return Question(
        Message("Name of the node"),
        id_,
        lambda name: edits.name_fault(session, id_, name),
        lambda name: edits.rename(session, id_, name),
        lambda: session.network == network and id_ in session.document.nodes(network),
    )


def of_block(
    session: Session, block: str, made: object | None = None, then: Callable[[], object] = lambda: None
) -> Question:
    """Asks for the name of a block; `made` is the step that made it, if just now. `then` follows a name."""

    def give(name: str) -> None:
        if name != block:
            block_edits.rename(session, block, name, made)
        then()

    return Question(
        Message("Name of the block"),
        block,
        lambda name: block_edits.name_fault(session, block, name),
        give,
        lambda: block in session.document.network_names(),
    )


def of_frame(session: Session, id_: str, made: object | None = None) -> Question:
    """Asks for the title of a frame; `made` is the step that drew it, if just now."""

    def titles() -> dict[str, str]:
        names = session.document.network_names()
        network = session.document.network(session.network) if session.network in names else None
        return {key: frame.title for key, frame in frames(network).items()} if network else {}

    return Question(
        Message("Title of the frame"),
        titles().get(id_, ""),
        lambda _title: None,
        lambda title: frame_edits.retitle(session, id_, title, made),
        lambda: id_ in titles(),
    )


class RenameField(QLineEdit):
    """Enter and a click elsewhere give the name, Escape leaves the old one.

    A name that cannot be is shown so and not taken; who clicks elsewhere then is told why.
    """

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_rename")
        self._session = session
        self._asked: Question | None = None
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
        self.setAccessibleName(str(self._asked.what) if self._asked is not None else "")

    def open(self, asked: Question, over: QRect) -> None:
        """Shows itself over a card or a title, given in the coordinates of the parent."""
        self._asked = asked
        self.retranslate()
        self.setGeometry(over.left(), over.center().y() - HEIGHT // 2, max(over.width(), 160), HEIGHT)
        self.setText(asked.name)
        self.selectAll()
        self.show()
        self._check(self.text())
        self.raise_()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def _check(self, text: str) -> bool:
        fault = self._asked.fault(text.strip()) if self._asked is not None else None
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
        name, asked = self.text().strip(), self._asked
        if asked is None or not asked.alive():
            self.close_field()
        elif self._check(name):
            self.close_field()
            self._give(asked, name)

    def _give(self, asked: Question, name: str) -> None:
        try:
            asked.give(name)
        except EditError as error:
            self._session.notice.emit("warning", error.message)

    def leave(self) -> None:
        """Another place was clicked or came into sight: what was typed is not lost."""
        asked, name = self._asked, self.text().strip()
        if asked is None or not self.isVisible():
            return
        self._hide()
        if name == asked.name or not asked.alive():
            return
        fault = asked.fault(name)
        if fault is None:
            self._give(asked, name)
        else:
            self._session.notice.emit("warning", fault)

    def close_field(self) -> None:
        if self.isVisible():
            self._hide()
            self.closed.emit()

    def _hide(self) -> None:
        self._asked = None  # who hides loses the keyboard too, and that is no leaving
        self.fault.hide()
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        elsewhere = isinstance(event, QFocusEvent) and event.reason() in (
            Qt.FocusReason.MouseFocusReason,
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
            Qt.FocusReason.OtherFocusReason,
        )
        if event.type() == QEvent.Type.FocusOut and elsewhere:
            self.leave()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match Qt.Key(event.key()):
                case Qt.Key.Key_Escape:
                    self.close_field()
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._accept()
                    return True  # a line edit passes it on, and the canvas would enter the block
        return super().eventFilter(watched, event)
