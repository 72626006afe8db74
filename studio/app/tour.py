"""The tour of the first start: six steps, each beside the part of the window it speaks of.

It never blocks: whatever one does meanwhile is done, and Escape or Skip ends it for good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from studio.app import theme
from studio.app.language import follow
from studio.app.named import named
from studio.words import Message, tr

WIDTH, GAP, RIM = 340, 14, 4


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to know, and the part of the window it is about."""

    title: Message
    text: Message
    target: Callable[[], QWidget]


class Tour(QFrame):
    """The bubble. `ended()` comes once, however it ended."""

    ended = Signal()

    def __init__(self, steps: tuple[Step, ...], window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("tour")
        self.setProperty("card", True)
        self.setAutoFillBackground(True)
        self.setFixedWidth(WIDTH)
        self._window = window
        self._steps, self._place = steps, 0
        self._rim = _Rim(window)
        self._count = named(QLabel(), "tour_count")
        self._count.setProperty("second", True)
        self._title = named(QLabel(textFormat=Qt.TextFormat.PlainText), "tour_title")
        self._title.setProperty("heading", True)
        self._text = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "tour_text")
        self.skip_button = named(QPushButton(), "tour_skip")
        self.skip_button.setProperty("flat", True)
        self.skip_button.clicked.connect(self.end)
        self.next_button = named(QPushButton(), "tour_next")
        self.next_button.setProperty("accent", True)
        self.next_button.clicked.connect(self.advance)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._count)
        below = QHBoxLayout()
        below.addWidget(self.skip_button)
        below.addStretch(1)
        below.addWidget(self.next_button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 12)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self._text)
        column.addLayout(below)
        window.installEventFilter(self)
        follow(self, self.retranslate)

    @property
    def step(self) -> int:
        """Which step is shown, from 0."""
        return self._place

    def begin(self) -> None:
        """Shows the first step."""
        self._place = 0
        self._rim.show()
        self.show()
        self.raise_()
        self.retranslate()
        self.next_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def advance(self) -> None:
        """Shows the next step; behind the last one the tour ends."""
        if self._place + 1 >= len(self._steps):
            self.end()
            return
        self._place += 1
        self.retranslate()

    def end(self) -> None:
        """Takes the tour away."""
        if self.isHidden():
            return
        self.hide()
        self._rim.hide()
        self._window.removeEventFilter(self)
        self._rim.deleteLater()
        self.deleteLater()
        self.ended.emit()

    def retranslate(self) -> None:
        step = self._steps[self._place]
        last = self._place + 1 == len(self._steps)
        self._title.setText(str(step.title))
        self._text.setText(str(step.text))
        self._count.setText(tr("{n} of {count}", n=self._place + 1, count=len(self._steps)))
        self.skip_button.setText(tr("Skip the tour"))
        self.skip_button.setVisible(not last)
        self.next_button.setText(tr("Done") if last else tr("Next"))
        self.setAccessibleName(f"{step.title}. {step.text}")
        self._arrange()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest) and self.isVisible():
            self._arrange()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
            self.advance()
        else:
            super().keyPressEvent(event)

    # -- places ----------------------------------------------------------------------------------

    def _arrange(self) -> None:
        window = self._window
        target = self._steps[self._place].target()
        rect = QRect(target.mapTo(window, QPoint(0, 0)), target.size()).intersected(window.rect())
        margins = self._column.contentsMargins()
        room = self.contentsRect().width() - margins.left() - margins.right()
        self._text.setFixedHeight(
            self._text.heightForWidth(room)
        )  # adjustSize would ask it for a width first
        self.adjustSize()
        rim = rect.adjusted(-RIM, -RIM, RIM, RIM).intersected(window.rect())
        place = beside(rect, self.size(), window.size())
        if (rim, place) == (self._rim.geometry(), self.pos()):
            return  # raising it again would paint all that lies below
        self._rim.setGeometry(rim)
        self._rim.raise_()
        self.move(place)
        self.raise_()


def beside(target: QRect, size: QSize, window: QSize) -> QPoint:
    """Where a bubble of `size` stands beside `target` in `window`: right, left, below, above, or inside."""
    level = max(GAP, min(target.top() + GAP, window.height() - size.height() - GAP))
    across = max(GAP, min(target.left(), window.width() - size.width() - GAP))
    if target.right() + GAP + size.width() < window.width():
        return QPoint(target.right() + GAP, level)
    if target.left() - GAP - size.width() > 0:
        return QPoint(target.left() - GAP - size.width(), level)
    if target.bottom() + GAP + size.height() < window.height():
        return QPoint(across, target.bottom() + GAP)
    if target.top() - GAP - size.height() > 0:
        return QPoint(across, target.top() - GAP - size.height())
    middle = target.center()
    return QPoint(middle.x() - size.width() // 2, max(GAP, middle.y() - size.height() // 2))


class _Rim(QWidget):
    """An outline around a part of the window that lets every click through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().color("accent"), 2))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(2, 2, -2, -2), 8, 8)
        painter.end()
