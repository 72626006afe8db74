"""Search and place: a field and a list over the canvas, at the mouse. Type, Enter, and the card is there."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme as themes
from studio.app.canvas import painting
from studio.app.language import follow
from studio.catalog import search, table
from studio.catalog.entry import Entry
from studio.words import Message, tr

WIDTH, HEIGHT, ROW = 300, 320, 30
LAYERS = Message("Search layers")
_ENTRY = int(Qt.ItemDataRole.UserRole)


class _Found(QAbstractListModel):
    """The entries that are offered, best first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: Iterable[Entry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = 0) -> object:
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == int(Qt.ItemDataRole.DisplayRole):
            return entry.label
        if role == int(Qt.ItemDataRole.AccessibleTextRole):
            return f"{entry.label}, {table.CATEGORIES[entry.category]}"
        return entry if role == _ENTRY else None


class _Row(QStyledItemDelegate):
    """One entry: a chip of its category's colour, its name, and in which category it is."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH - 24, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(_ENTRY)
        theme = themes.current()
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(theme.color("accent", 0.22))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 6, 6)
        painter.setBrush(theme.color(entry.category))
        painter.drawRoundedRect(QRectF(rect.left() + 10, rect.center().y() - 5, 10, 10), 3, 3)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        side = str(table.CATEGORIES[entry.category])
        small = painting.font(11)
        used = QFontMetricsF(small).horizontalAdvance(side)
        painter.setFont(painting.font(13))
        painter.setPen(theme.color("text"))
        painter.drawText(rect.adjusted(30, 0, -used - 20, 0), middle, entry.label)
        painter.setFont(small)
        painter.setPen(theme.color("second"))
        painter.drawText(rect.adjusted(0, 0, -10, 0), middle | int(Qt.AlignmentFlag.AlignRight), side)
        painter.restore()


class SearchPopup(QFrame):
    """Lies over the canvas while it is open. `chosen(str type)`, then `closed()`; Escape only closes."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_search")
        self._words = LAYERS
        self._offered: list[Entry] = []
        self._blocks: list[Entry] = []
        self.field = QLineEdit(self)
        self.field.setObjectName("canvas_search_field")
        self.field.setClearButtonEnabled(True)
        self.list = QListView(self)
        self.list.setObjectName("canvas_search_list")
        self._found = _Found(self)
        self.list.setModel(self._found)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.resize(WIDTH, HEIGHT)
        self.hide()
        self.field.textChanged.connect(self._filter)
        self.field.returnPressed.connect(self._accept)
        self.list.clicked.connect(self._accept)
        self.list.entered.connect(self.list.setCurrentIndex)
        self.field.installEventFilter(self)
        themes.notifier().changed.connect(self._restyle)
        self._restyle()
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.field.setPlaceholderText(str(self._words))
        self.field.setAccessibleName(str(self._words))
        self.list.setAccessibleName(tr("What was found"))
        self.setAccessibleName(str(self._words))
        self.list.viewport().update()

    def _restyle(self) -> None:
        t = themes.current()
        self.setStyleSheet(
            f"#canvas_search {{ background: {t.panel}; border: 1px solid {t.line}; border-radius: 8px; }}"
            f"#canvas_search QListView {{ background: {t.panel}; border: 0; }}"
        )

    def open(
        self, offered: Iterable[Entry], others: Iterable[Entry] = (), words: Message | None = None
    ) -> None:
        """Shows itself with these entries; `offered` comes in the order in which it is shown unfiltered.

        `others` are the project's own, such as its blocks. `words` say what is sought, where not a layer.
        """
        self._offered, self._blocks = list(offered), list(others)
        self._words = words or LAYERS
        self.retranslate()
        self.field.clear()
        self._filter("")
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def found(self) -> list[Entry]:
        """What the list shows, best first."""
        return list(self._found.entries)

    def _filter(self, text: str) -> None:
        allowed = {entry.type for entry in self._offered}
        if text.strip():
            found = [entry for entry in search.find(text) if entry.type in allowed]
            terms = text.casefold().split()
            blocks = [b for b in self._blocks if search.label_rank(b.label, terms) is not None]
            found = [*blocks, *found]
        else:
            found = [*self._offered, *self._blocks]
        self._found.show(found)
        self._go(0)

    def _go(self, row: int) -> None:
        count = len(self._found.entries)
        if count:
            self.list.setCurrentIndex(self._found.index(max(0, min(row, count - 1))))

    def _accept(self) -> None:
        index = self.list.currentIndex()
        if index.isValid():
            entry = index.data(_ENTRY)
            self.close_popup()
            self.chosen.emit(entry.type)

    def close_popup(self) -> None:
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        if event.type() == QEvent.Type.FocusOut and not self.isAncestorOf(
            self.window().focusWidget() or self
        ):
            self.close_popup()
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        row = self.list.currentIndex().row()
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self._go(row + 1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self._go(row - 1)
            case Qt.Key.Key_PageDown:
                self._go(row + 8)
            case Qt.Key.Key_PageUp:
                self._go(row - 8)
            case Qt.Key.Key_Escape:
                self.close_popup()
            case _:
                return False
        return True
