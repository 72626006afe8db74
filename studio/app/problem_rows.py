"""Problems as rows under each other: what is wrong, where, and the cures as buttons."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Protocol

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.icons import icon
from studio.app.named import named
from studio.app.problem_counts import SIGNS
from studio.words import Message


class Told(Protocol):
    """What a row says: a problem of the network, or something odd about the data."""

    @property
    def severity(self) -> str: ...

    @property
    def text(self) -> Message: ...

    @property
    def cures(self) -> Sequence[Labelled]: ...

    @property
    def detail(self) -> str: ...


class Labelled(Protocol):
    """A cure, as a button shows it."""

    @property
    def label(self) -> Message: ...


class ProblemRow(QWidget):
    """One problem and its place. `chosen` after a click or Enter; `cure_chosen(cure)` after one on a cure.

    `unfolded` is what the button says that shows the problem's detail.
    """

    chosen = Signal()
    cure_chosen = Signal(object)

    def __init__(self, problem: Told, place: str, unfolded: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problem_row")
        self.problem = problem
        self._unfolded = unfolded
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._hovered = False
        name, color = SIGNS[problem.severity]
        sign = QLabel()
        sign.setPixmap(icon(name, color).pixmap(QSize(16, 16), self.devicePixelRatioF()))
        where = f"<b>{html.escape(place)}</b>&ensp;" if place else ""
        said = where + html.escape(str(problem.text))
        text = QLabel(said, textFormat=Qt.TextFormat.RichText, wordWrap=True)
        text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        words = QHBoxLayout()
        words.setSpacing(8)
        words.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        words.addWidget(text, 1, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        column.addLayout(words)
        if problem.cures or problem.detail:
            column.addLayout(self._buttons())
        if problem.detail:
            column.addWidget(self._detail())
        self.setAccessibleName(f"{place}: {problem.text}" if place else str(problem.text))

    def set_waiting(self, waits: bool) -> None:
        """While cures are being tried again, none of those before can be chosen."""
        for button in self.findChildren(QPushButton, "cure_button"):
            button.setEnabled(not waits)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(24, 0, 0, 0)
        row.setSpacing(8)
        for cure in self.problem.cures:
            button = named(QPushButton(str(cure.label)), "cure_button")
            button.clicked.connect(lambda _=False, chosen=cure: self.cure_chosen.emit(chosen))
            row.addWidget(button)
        if self.problem.detail:
            self._unfold = named(QToolButton(), "problem_detail_button")
            self._unfold.setCheckable(True)
            self._unfold.setText(self._unfolded)
            self._unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self._unfold.setArrowType(Qt.ArrowType.RightArrow)
            self._unfold.toggled.connect(self._show_detail)
            row.addWidget(self._unfold)
        row.addStretch(1)
        return row

    def _detail(self) -> QPlainTextEdit:
        self._raw = QPlainTextEdit(self.problem.detail, readOnly=True)
        self._raw.setAccessibleName(self._unfolded)
        self._raw.setStyleSheet("font-family: monospace; font-size: 12px")
        self._raw.setFixedHeight(90)
        self._raw.hide()
        return self._raw

    def _show_detail(self, shown: bool) -> None:
        self._unfold.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._raw.setVisible(shown)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hovered = True
        self.update()

    def leaveEvent(self, event: object) -> None:
        self._hovered = False
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = QPainter(self)
        if self._hovered or self.hasFocus():
            painter.fillRect(self.rect(), colors.color("card"))
        if self.hasFocus():
            painter.fillRect(0, 0, 2, self.height(), colors.color("accent"))
        painter.fillRect(0, self.height() - 1, self.width(), 1, colors.color("line"))


class RowList(QWidget):
    """Rows that can be scrolled; a sentence where there are none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[ProblemRow] = []
        self.none = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.none.setProperty("second", True)
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setWidget(self._list)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.none)
        self._stack.addWidget(scroll)
        theme.notifier().changed.connect(self._list.update)

    @property
    def rows(self) -> list[ProblemRow]:
        return list(self._rows)

    def show_rows(self, rows: Iterable[ProblemRow]) -> None:
        """Shows these in place of those before."""
        for row in self._rows:
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = list(rows)
        for place, row in enumerate(self._rows):
            self._column.insertWidget(place, row)
        self._stack.setCurrentIndex(1 if self._rows else 0)

    def set_waiting(self, waits: bool) -> None:
        """While what is told is looked at again, no cure of before can be chosen."""
        for row in self._rows:
            row.set_waiting(waits)
