"""The first page: start from an example, or from nothing; and what was open last."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio import words
from studio.app import language, style, theme
from studio.app.icons import icon
from studio.app.preferences import Preferences
from studio.insight.gallery import Example, examples
from studio.words import tr

COLUMN = 980
SHOWN_RECENT = 6


class WelcomePage(QScrollArea):
    """Signals what was chosen; opening is the window's."""

    example_chosen = Signal(object)
    new_chosen = Signal()
    open_chosen = Signal()
    recent_chosen = Signal(object)

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome_page")
        self.setWidgetResizable(True)
        self._preferences = preferences
        self.viewport().setAutoFillBackground(False)
        self._title = _label("title")
        self.language_button = QPushButton()
        self.language_button.setObjectName("welcome_language")
        self.language_button.setProperty("link", True)
        self.language_button.setIcon(icon("language", "accent"))
        self.language_button.clicked.connect(lambda: words.set_language(_other_language()))
        self._line = _label("second")
        self._examples_heading = _label("heading")
        self._own_heading = _label("heading")
        self._recent_heading = _label("heading")
        self.cards = [ExampleCard(example) for example in examples()]
        for card in self.cards:
            card.clicked.connect(lambda _=False, card=card: self.example_chosen.emit(card.example.file))
        self.setWidget(self._page())
        preferences.recent_changed.connect(self._list_recent)
        theme.notifier().changed.connect(self._restyle)
        language.follow(self, self.retranslate)
        self._restyle()

    def _page(self) -> QWidget:
        """The column in the middle of the page."""
        page = QWidget()
        page.setObjectName("welcome_content")
        page.setAutoFillBackground(False)
        column = QWidget()
        column.setMaximumWidth(COLUMN)
        outer = QHBoxLayout(page)
        outer.setContentsMargins(32, 32, 32, 32)
        outer.addStretch(1)
        outer.addWidget(column, 100)
        outer.addStretch(1)
        box = QVBoxLayout(column)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addStretch(1)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.language_button)
        box.addLayout(head)
        box.addWidget(self._line)
        box.addSpacing(16)
        box.addWidget(self._examples_heading)
        box.addLayout(self._gallery())
        box.addSpacing(16)
        box.addLayout(self._below())
        box.addStretch(2)
        return page

    def _gallery(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(16)
        for number, card in enumerate(self.cards):
            grid.addWidget(card, number // 3, number % 3)
        return grid

    def _below(self) -> QHBoxLayout:
        self.new_button = ChoiceButton("new", "new_button")
        self.new_button.clicked.connect(lambda: self.new_chosen.emit())
        self.open_button = ChoiceButton("open", "open_button")
        self.open_button.clicked.connect(lambda: self.open_chosen.emit())
        own = QVBoxLayout()
        own.setSpacing(10)
        own.addWidget(self._own_heading)
        own.addWidget(self.new_button)
        own.addWidget(self.open_button)
        own.addStretch(1)
        recent = QVBoxLayout()
        recent.setSpacing(2)
        recent.addWidget(self._recent_heading)
        recent.addSpacing(8)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        recent.addLayout(self._recent)
        recent.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(32)
        row.addLayout(own, 1)
        row.addLayout(recent, 1)
        return row

    def _list_recent(self) -> None:
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        shown = self._preferences.recent[:SHOWN_RECENT]
        for number, path in enumerate(shown):
            self._recent.addWidget(self._recent_button(number, path))
        if not shown:
            nothing = QLabel(tr("Projects you save or open appear here."))
            nothing.setProperty("second", True)
            self._recent.addWidget(nothing)

    def _recent_button(self, number: int, path: Path) -> QPushButton:
        button = QPushButton(_elided(path))
        button.setObjectName(f"recent_{number}")
        button.setProperty("link", True)
        button.setToolTip(str(path))
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self.recent_chosen.emit(path))
        return button

    def _restyle(self) -> None:
        self.setStyleSheet(f"#welcome_page, #welcome_content {{ background: {theme.current().canvas}; }}")

    def retranslate(self) -> None:
        self._title.setText("Netloom")
        self.language_button.setText(words.LANGUAGES[_other_language()])
        self._line.setText(
            tr("Draw a neural network, train it while you watch, and take the model with you.")
        )
        self._examples_heading.setText(tr("Start from an example"))
        self._own_heading.setText(tr("Start your own"))
        self._recent_heading.setText(tr("Opened last"))
        self.new_button.set_words(tr("Empty project"), tr("Choose data, place layers, wire them and train."))
        self.open_button.set_words(tr("Open a project…"), tr("Or drop its file on this window."))
        for card in self.cards:
            card.retranslate()
        self._list_recent()


class ExampleCard(QAbstractButton):
    """A picture, a name and what one learns."""

    PICTURE = 150

    def __init__(self, example: Example) -> None:
        super().__init__()
        self.example = example
        self.setObjectName(f"example_{example.file.stem}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(200)
        self._picture = QPixmap(str(example.picture)) if example.picture.is_file() else QPixmap()
        theme.notifier().changed.connect(self.update)
        self.retranslate()

    def retranslate(self) -> None:
        self.setText(self.example.title)
        self.setAccessibleName(self.example.title)
        self.setAccessibleDescription(self.example.about)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, self.PICTURE + 112)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        _paint_card(self, painter)
        table = theme.current()
        picture = QRect(1, 1, self.width() - 2, self.PICTURE)
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)
        painter.save()
        painter.setClipPath(clip)
        painter.fillRect(picture, table.color("window"))
        if not self._picture.isNull():
            self._paint_picture(painter, picture)
        painter.restore()
        _paint_frame(self, painter)
        box = QRect(16, self.PICTURE + 12, self.width() - 32, self.height() - self.PICTURE - 20)
        _paint_words(painter, box, self.text(), self.example.about, self.font())

    def _paint_picture(self, painter: QPainter, box: QRect) -> None:
        size = self._picture.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(box.center())
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        painter.drawPixmap(target, self._picture)


class ChoiceButton(QAbstractButton):
    """A large button with an icon, a name and one line."""

    def __init__(self, sign: str, name: str) -> None:
        super().__init__()
        self._sign = sign
        self._line = ""
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def set_words(self, text: str, line: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self.setAccessibleDescription(line)
        self._line = line
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, 68)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_card(self, painter)
        icon(self._sign, "accent").paint(painter, QRect(18, self.height() // 2 - 13, 26, 26))
        _paint_words(painter, QRect(60, 14, self.width() - 72, 44), self.text(), self._line, self.font())


def _paint_card(button: QAbstractButton, painter: QPainter) -> None:
    table = theme.current()
    lit = button.underMouse() or button.isDown()
    painter.setBrush(table.color("hover" if lit else "card"))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(QRectF(button.rect()).adjusted(1, 1, -1, -1), 8, 8)
    _paint_frame(button, painter)


def _paint_frame(button: QAbstractButton, painter: QPainter) -> None:
    table = theme.current()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(table.color("accent"), 2) if button.hasFocus() else QPen(table.color("line"), 1))
    painter.drawRoundedRect(QRectF(button.rect()).adjusted(1, 1, -1, -1), 8, 8)


def _paint_words(painter: QPainter, box: QRect, title: str, line: str, font: QFont) -> None:
    table = theme.current()
    bold = QFont(font)
    bold.setPixelSize(14)
    bold.setWeight(QFont.Weight.DemiBold)
    painter.setFont(bold)
    painter.setPen(table.color("text"))
    height = QFontMetrics(bold).height()
    painter.drawText(QRect(box.left(), box.top(), box.width(), height), Qt.AlignmentFlag.AlignLeft, title)
    painter.setFont(font)
    painter.setPen(table.color("second"))
    rest = box.adjusted(0, height + 4, 0, 0)
    painter.drawText(rest, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, line)


def _other_language() -> str:
    """The language one click leads to: the next in the list."""
    codes = list(words.LANGUAGES)
    return codes[(codes.index(words.language()) + 1) % len(codes)]


def _label(kind: str) -> QLabel:
    made = QLabel()
    made.setProperty(kind, True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def _elided(path: Path) -> str:
    folder = str(path.parent)
    home = str(Path.home())
    if folder.startswith(home):
        folder = "~" + folder[len(home) :]
    return f"{path.stem}   {folder}" if len(folder) < 40 else f"{path.stem}   …{folder[-38:]}"
