"""The first page: start from an example, or from nothing; and what was open last.

The examples stand in groups under each other; pictures are read in a lane and shown when they are there.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFont,
    QFontMetrics,
    QIcon,
    QImage,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
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
from studio.app import language, theme
from studio.app.icons import icon
from studio.app.network_thumbnails import NetworkThumbnails
from studio.app.preferences import Preferences
from studio.app.stages import Stage
from studio.app.tasks import Lane, Ticket
from studio.insight.gallery import Example, grouped
from studio.words import Message, tr

COLUMN = 1240
SIDE = 300
"""pixels of what stands beside the examples"""
ACROSS, NARROW = 3, 1120
"""examples in a row, and the width of a page below which there is one less"""
SHOWN_RECENT = 6
RECENT_PICTURE = QSize(30, 40)


class WelcomePage(QScrollArea):
    """Signals what was chosen; opening is the window's."""

    example_chosen = Signal(object)
    new_chosen = Signal()
    open_chosen = Signal()
    import_chosen = Signal()
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
        self.groups = [Shelf(title, group) for title, group in grouped()]
        self.cards = [card for shelf in self.groups for card in shelf.cards]
        for card in self.cards:
            card.clicked.connect(lambda _=False, card=card: self.example_chosen.emit(card.example.file))
        self._pictures = Lane(self, needs=Stage())
        self._pictures.done.connect(self._take_pictures)
        self._pictures.start(_read_pictures, [card.example.picture for card in self.cards])
        self._drawings = NetworkThumbnails(self)
        self._drawings.drawn.connect(self._take_drawings)
        self._draws = False
        self._recent_buttons: dict[Path, QPushButton] = {}
        self.setWidget(self._page())
        preferences.recent_changed.connect(self._list_recent)
        theme.notifier().changed.connect(self._restyle)
        language.follow(self, self.retranslate)
        self._restyle()

    def _page(self) -> QWidget:
        """The column in the middle of the page: a head, and below it the examples beside one's own."""
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
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self.language_button)
        box.addLayout(head)
        box.addWidget(self._line)
        box.addSpacing(12)
        halves = QHBoxLayout()
        halves.setSpacing(32)
        halves.addLayout(self._gallery(), 1)
        halves.addWidget(self._own(), 0, Qt.AlignmentFlag.AlignTop)
        box.addLayout(halves)
        box.addStretch(1)
        return page

    def _gallery(self) -> QVBoxLayout:
        """The heading, a link to each group, and the groups."""
        column = QVBoxLayout()
        column.setSpacing(12)
        column.addWidget(self._examples_heading)
        self._links = []
        row = QHBoxLayout()
        row.setSpacing(4)
        for shelf in self.groups:
            link = QPushButton()
            link.setProperty("link", True)
            link.setCursor(Qt.CursorShape.PointingHandCursor)
            link.clicked.connect(lambda _=False, shelf=shelf: self._go_to(shelf))
            self._links.append(link)
            row.addWidget(link)
        row.addStretch(1)
        column.addLayout(row)
        for shelf in self.groups:
            column.addWidget(shelf)
        column.addStretch(1)
        return column

    def _go_to(self, shelf: Shelf) -> None:
        """Scrolls a group to the top of the page and gives its first example the keyboard."""
        top = shelf.mapToGlobal(shelf.rect().topLeft()).y() - self.viewport().mapToGlobal(QPoint(0, 0)).y()
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + top - 16)
        shelf.cards[0].setFocus()

    def _own(self) -> QWidget:
        self.new_button = ChoiceButton("new", "new_button")
        self.new_button.clicked.connect(lambda: self.new_chosen.emit())
        self.open_button = ChoiceButton("open", "open_button")
        self.open_button.clicked.connect(lambda: self.open_chosen.emit())
        self.import_button = ChoiceButton("import", "import_button")
        self.import_button.clicked.connect(lambda: self.import_chosen.emit())
        side = QWidget()
        side.setAutoFillBackground(False)
        side.setFixedWidth(SIDE)
        own = QVBoxLayout(side)
        own.setContentsMargins(0, 0, 0, 0)
        own.setSpacing(10)
        own.addWidget(self._own_heading)
        own.addWidget(self.new_button)
        own.addWidget(self.open_button)
        own.addWidget(self.import_button)
        own.addSpacing(20)
        own.addWidget(self._recent_heading)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        own.addLayout(self._recent)
        return side

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        across = ACROSS - (self.viewport().width() < NARROW)
        for shelf in self.groups:
            shelf.arrange(across)

    def _take_pictures(self, images: list[QImage]) -> None:
        for card, image in zip(self.cards, images, strict=True):
            card.show_picture(image)

    def draw_networks(self) -> None:
        """Draws the networks of the examples and of the files opened last, and from now on of new ones."""
        self._draws = True
        self._drawings.draw(
            dict.fromkeys(self._recent_buttons, RECENT_PICTURE)
            | {card.example.file: ExampleCard.NETWORK for card in self.cards}
        )

    def _take_drawings(self, images: dict[Path, QImage]) -> None:
        for card in self.cards:
            card.show_network(images.get(card.example.file, QImage()))
        for path, button in self._recent_buttons.items():
            button.setIcon(QIcon(QPixmap.fromImage(images.get(path, QImage()))))

    def _list_recent(self) -> None:
        while (item := self._recent.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        shown = self._preferences.recent[:SHOWN_RECENT]
        self._recent_buttons = {path: self._recent_button(number, path) for number, path in enumerate(shown)}
        for button in self._recent_buttons.values():
            self._recent.addWidget(button)
        if self._draws:
            self.draw_networks()
        if not shown:
            nothing = QLabel(tr("Projects you save or open appear here."))
            nothing.setProperty("second", True)
            self._recent.addWidget(nothing)

    def _recent_button(self, number: int, path: Path) -> QPushButton:
        button = QPushButton(_elided(path))
        button.setObjectName(f"recent_{number}")
        button.setProperty("link", True)
        button.setToolTip(str(path))
        button.setIconSize(RECENT_PICTURE)
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
        self.import_button.set_words(
            tr("Import a PyTorch model…"), tr("From torchvision by its name, or from an ONNX file.")
        )
        for shelf, link in zip(self.groups, self._links, strict=True):
            link.setText(str(shelf.title))
            shelf.retranslate()
        self._list_recent()


class Shelf(QWidget):
    """A group of examples under its title."""

    def __init__(self, title: Message, group: list[Example]) -> None:
        super().__init__()
        self.setAutoFillBackground(False)
        self.title = title
        self.cards = [ExampleCard(example) for example in group]
        self._heading = _label("heading")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 8)
        self._grid.setSpacing(14)
        self._grid.addWidget(self._heading, 0, 0, 1, ACROSS)
        self._across = 0
        self.arrange(ACROSS)
        self.retranslate()

    def arrange(self, across: int) -> None:
        """Puts so many cards in a row."""
        if across == self._across:
            return
        self._across = across
        for column in range(ACROSS):
            self._grid.setColumnStretch(column, 1 if column < across else 0)
        for number, card in enumerate(self.cards):
            self._grid.addWidget(card, 1 + number // across, number % across)

    def retranslate(self) -> None:
        self._heading.setText(str(self.title))
        self.setAccessibleName(str(self.title))
        for card in self.cards:
            card.retranslate()


class ExampleCard(QAbstractButton):
    """A picture, the network, a name and what one learns."""

    PICTURE = 128
    NETWORK = QSize(248, 40)

    def __init__(self, example: Example) -> None:
        super().__init__()
        self.example = example
        self.setObjectName(f"example_{example.file.stem}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(150)
        self._picture = QPixmap()
        self._network = QPixmap()
        theme.notifier().changed.connect(self.update)
        self.retranslate()

    def retranslate(self) -> None:
        self.setText(self.example.title)
        self.setAccessibleName(self.example.title)
        self.setAccessibleDescription(self.example.about)
        self.update()

    def show_picture(self, image: QImage) -> None:
        self._picture = QPixmap.fromImage(image)
        self.update()

    def show_network(self, image: QImage) -> None:
        """Shows a drawing of the network below the picture."""
        self._network = QPixmap.fromImage(image)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, self.PICTURE + self.NETWORK.height() + 128)

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
        painter.fillRect(self._band(), table.color("canvas"))
        if not self._network.isNull():
            painter.drawPixmap((self.width() - self.NETWORK.width()) // 2, self._band().top(), self._network)
        if not self._picture.isNull():
            self._paint_picture(painter, picture)
        painter.restore()
        _paint_frame(self, painter)
        top = self._band().bottom() + 1
        box = QRect(16, top + 12, self.width() - 32, self.height() - top - 20)
        _paint_words(painter, box, self.text(), self.example.about, self.font())

    def _band(self) -> QRect:
        """What the drawing of the network takes."""
        return QRect(1, self.PICTURE + 1, self.width() - 2, self.NETWORK.height())

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
        return QSize(300, 80)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _paint_card(self, painter)
        icon(self._sign, "accent").paint(painter, QRect(18, self.height() // 2 - 13, 26, 26))
        _paint_words(
            painter,
            QRect(60, 12, self.width() - 72, self.height() - 20),
            self.text(),
            self._line,
            self.font(),
        )


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
    metrics = QFontMetrics(bold)  # Chinese signs come from another font, and may be higher
    height = max(metrics.height(), metrics.boundingRect(box, Qt.AlignmentFlag.AlignLeft, title).height())
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


def _read_pictures(ticket: Ticket, files: list[Path]) -> list[QImage]:
    """The picture of each example; an empty one where there is none."""
    images = []
    for file in files:
        ticket.check()
        images.append(QImage(str(file)) if file.is_file() else QImage())
    return images


def _elided(path: Path) -> str:
    folder = str(path.parent)
    home = str(Path.home())
    if folder.startswith(home):
        folder = "~" + folder[len(home) :]
    return f"{path.stem}   {folder}" if len(folder) < 40 else f"{path.stem}   …{folder[-38:]}"
