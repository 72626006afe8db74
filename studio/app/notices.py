"""The bar at the top of the centre that says what went wrong or can be recovered. Never modal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from studio.app import language, theme
from studio.app.icons import icon
from studio.words import Message, tr

MOST = 3
"""more than these would bury the canvas; the oldest goes, the log keeps it"""

_ICONS = {"info": ("info", "accent"), "warning": ("problem", "warning"), "error": ("error", "error")}


@dataclass(frozen=True, slots=True)
class Choice:
    """A button of a notice. `run` is called once; the notice then goes unless `stays`."""

    text: Message
    run: Callable[[], object]
    name: str = ""
    stays: bool = False


class NoticeBar(QWidget):
    """Notices under each other, the newest last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice_bar")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._notices: list[Notice] = []
        self.hide()

    @property
    def notices(self) -> list[Notice]:
        return list(self._notices)

    def show_notice(self, level: str, text: Message, choices: tuple[Choice, ...] = ()) -> Notice:
        """Shows a notice, or the same one that stands already."""
        for known in self._notices:
            if known.text == text and known.choices == choices:
                return known
        notice = Notice(level, text, choices, self)
        notice.closed = lambda: self.remove(notice)
        self._notices.append(notice)
        self._column.addWidget(notice)
        while len(self._notices) > MOST:
            self.remove(self._notices[0])
        self.show()
        return notice

    def remove(self, notice: Notice) -> None:
        if notice in self._notices:
            self._notices.remove(notice)
            self._column.removeWidget(notice)
            notice.hide()
            notice.deleteLater()
        self.setVisible(bool(self._notices))

    def take_back(self, text: Message) -> None:
        """Removes the notices that say `text`."""
        for notice in self.notices:
            if notice.text == text:
                self.remove(notice)


class Notice(QWidget):
    """One sentence with a sign of its level, the buttons that cure it, and a cross."""

    def __init__(self, level: str, text: Message, choices: tuple[Choice, ...], parent: QWidget) -> None:
        super().__init__(parent)
        self.level = level
        self.text = text
        self.choices = choices
        self.closed: Callable[[], None] = lambda: None
        name, color = _ICONS.get(level, _ICONS["info"])
        self._color = color
        sign = QLabel()
        sign.setPixmap(icon(name, color).pixmap(QSize(18, 18), self.devicePixelRatioF()))
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._buttons: list[tuple[Choice, QPushButton]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(sign)
        row.addWidget(self._label, 1)
        for choice in choices:
            button = QPushButton()
            button.setObjectName(choice.name)
            button.clicked.connect(lambda _=False, choice=choice: self._choose(choice))
            self._buttons.append((choice, button))
            row.addWidget(button)
        self._cross = QToolButton()
        self._cross.setObjectName("notice_close")
        self._cross.setIcon(icon("close", "second"))
        self._cross.clicked.connect(lambda: self.closed())
        row.addWidget(self._cross)
        theme.notifier().changed.connect(self.update)
        language.follow(self, self.retranslate)

    def _choose(self, choice: Choice) -> None:
        choice.run()
        if not choice.stays:
            self.closed()

    def retranslate(self) -> None:
        self._label.setText(str(self.text))
        self._cross.setAccessibleName(tr("Close the notice"))
        self._cross.setToolTip(tr("Close the notice"))
        for choice, button in self._buttons:
            button.setText(str(choice.text))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        table = theme.current()
        painter.fillRect(self.rect(), table.color("panel"))
        painter.fillRect(self.rect(), table.color(self._color, 0.12))
        painter.fillRect(0, 0, 3, self.height(), table.color(self._color))
        painter.fillRect(0, self.height() - 1, self.width(), 1, table.color("line"))
