"""The palette's list: categories that fold, entries that can be dragged. It draws and asks; it edits nothing.

A row is one of three: a category, an entry (a node type), or the row that unfolds a category's rarer types.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable

from PySide6.QtCore import (
    QByteArray,
    QEvent,
    QMimeData,
    QModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QDrag,
    QFont,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolTip,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from studio.app import style, theme
from studio.app.own_blocks import OWN
from studio.catalog import table, words
from studio.graph.model import BLOCK
from studio.words import tr

MIME = "application/x-netloom-node-type"
KIND = int(Qt.ItemDataRole.UserRole)
TYPE = KIND + 1
CATEGORY = KIND + 2

CATEGORY_HEIGHT = 28
ENTRY_HEIGHT = 25
_NO_ROW_BACKGROUND = "QTreeView::item:hover, QTreeView::item:selected { background: transparent; }"
"""the delegate draws its own, with round corners"""


class PaletteList(QTreeWidget):
    """The tree of what can be placed. `chosen(type)` tells of a double-click or Enter on an entry,
    `removed(type)` of a block, of the project or one's own, that is to go.
    """

    chosen = Signal(str)
    removed = Signal(str)

    def __init__(self, signatures_known: Callable[[], bool], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("palette_list")
        self.setStyleSheet(_NO_ROW_BACKGROUND)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setExpandsOnDoubleClick(False)
        self.setItemDelegate(_Delegate(self))
        self.itemDoubleClicked.connect(self._choose)
        self._signatures_known = signatures_known
        self.unfolded: set[str] = set()
        self._nothing = ""
        theme.notifier().changed.connect(self.viewport().update)

    # -- filling ---------------------------------------------------------------------------------

    def add_category(self, category: str, title: str, types: Iterable[str], rest: Iterable[str]) -> None:
        """A category with its entries; `rest` lie behind one more row that unfolds them."""
        parent = _item(title, "category", category=category)
        parent.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.addTopLevelItem(parent)
        for type_ in types:
            parent.addChild(_entry(type_))
        rarer = [_entry(type_) for type_ in rest]
        if category in self.unfolded:
            parent.addChildren(rarer)
        elif rarer:
            more = _item(tr("{n} more", n=len(rarer)), "more", category=category)
            parent.addChild(more)
            for item in rarer:
                parent.addChild(item)
                item.setHidden(True)

    def add_result(self, type_: str) -> None:
        self.addTopLevelItem(_entry(type_))

    def show_nothing(self, text: str) -> None:
        """What an empty list says."""
        self._nothing = text
        self.viewport().update()

    # -- asking ----------------------------------------------------------------------------------

    def current_type(self) -> str | None:
        item = self.currentItem()
        return item.data(0, TYPE) if item is not None else None

    def item_of(self, type_: str) -> QTreeWidgetItem | None:
        """The row of a node type, shown or folded away."""
        found = self.model().match(
            self.model().index(0, 0), TYPE, type_, 1, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive
        )
        return self.itemFromIndex(found[0]) if found else None

    def select_first(self) -> None:
        first = self.topLevelItem(0)
        if first is not None and first.data(0, KIND) == "entry":
            self.setCurrentItem(first)

    def step(self, by: int) -> None:
        """Moves to the next or the one before among the entries that are shown."""
        index = self.currentIndex()
        if not index.isValid():
            index = self.model().index(0, 0)
        else:
            index = self.indexBelow(index) if by > 0 else self.indexAbove(index)
        while index.isValid() and index.data(KIND) == "category":
            index = self.indexBelow(index) if by > 0 else self.indexAbove(index)
        if index.isValid():
            self.setCurrentIndex(index)

    def toggle(self, item: QTreeWidgetItem) -> None:
        """Folds or unfolds a category, or shows a category's rarer types."""
        if item.data(0, KIND) == "category":
            item.setExpanded(not item.isExpanded())
        elif item.data(0, KIND) == "more" and (parent := item.parent()) is not None:
            item.setHidden(True)
            rarer = [parent.child(i) for i in range(parent.indexOfChild(item) + 1, parent.childCount())]
            for hidden in filter(None, rarer):
                hidden.setHidden(False)
            self.unfolded.add(item.data(0, CATEGORY))

    # -- Qt --------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        item = self.itemAt(event.pos())
        type_ = item.data(0, TYPE) if item is not None else None
        if isinstance(type_, str) and type_.startswith((OWN, BLOCK)):
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            text = tr("Remove from my blocks") if type_.startswith(OWN) else tr("Delete the block")
            menu.addAction(text).triggered.connect(lambda _=False: self.removed.emit(type_))
            menu.popup(event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        if item is not None and event.button() == Qt.MouseButton.LeftButton and item.data(0, KIND) != "entry":
            self.toggle(item)
            event.accept()
            return
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._choose(item)
            return
        type_ = self.current_type()
        if event.key() == Qt.Key.Key_Delete and type_ is not None and type_.startswith((OWN, BLOCK)):
            self.removed.emit(type_)
            return
        super().keyPressEvent(event)

    def _choose(self, item: QTreeWidgetItem) -> None:
        if item.data(0, KIND) == "entry":
            self.chosen.emit(item.data(0, TYPE))
        elif item.data(0, KIND) == "more":
            self.toggle(item)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            item = self.itemAt(event.pos())
            if item is not None and item.data(0, KIND) == "entry":
                text = tooltip(item.data(0, TYPE), self._signatures_known())
                QToolTip.showText(event.globalPos(), text, self, self.visualItemRect(item))
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def startDrag(self, supported: Qt.DropAction) -> None:
        type_ = self.current_type()
        if type_ is None:
            return
        drag = QDrag(self)
        drag.setMimeData(mime(type_))
        picture = card_picture(type_, self.devicePixelRatioF(), self.font())
        drag.setPixmap(picture)
        size = picture.deviceIndependentSize()
        drag.setHotSpot(QPoint(int(size.width() / 2), int(size.height() / 2)))
        drag.exec(Qt.DropAction.CopyAction)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.topLevelItemCount() == 0 and self._nothing:
            painter = QPainter(self.viewport())
            painter.setPen(theme.current().color("second"))
            area = self.viewport().rect().adjusted(16, 12, -16, 0)
            painter.drawText(area, Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignTop, self._nothing)


def mime(type_: str) -> QMimeData:
    """What a drag of a node type carries."""
    data = QMimeData()
    data.setData(MIME, QByteArray(type_.encode()))
    data.setText(type_)
    return data


def tooltip(type_: str, with_signature: bool) -> str:
    """Name, sentence and, where PyTorch is imported already, the signature; as escaped HTML."""
    parts = [
        f"<b>{html.escape(words.name(type_))}</b>",
        html.escape(words.sentence(type_)),
    ]
    if with_signature:
        from studio.catalog import signatures

        signature = signatures.signature_text(type_)
        if signature:
            parts.append(f"<code>{html.escape(signature)}</code>")
    return f"<div style='max-width: 420px'>{'<br>'.join(parts)}</div>"


def card_picture(type_: str, ratio: float, font: QFont) -> QPixmap:
    """A card as it will lie on the canvas, for under the pointer while dragging."""
    width, height = 160, 44
    picture = QPixmap(QSize(int(width * ratio), int(height * ratio)))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    colours = theme.current()
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    body = QRectF(0.5, 0.5, width - 1, height - 1)
    painter.setPen(QPen(colours.color("accent"), 1))
    painter.setBrush(colours.color("card", 0.94))
    painter.drawRoundedRect(body, 8, 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.color(table.category(type_)))
    painter.drawRoundedRect(QRectF(1, 1, 5, height - 2), 2.5, 2.5)
    bold = QFont(font)
    bold.setBold(True)
    painter.setFont(bold)
    painter.setPen(colours.color("text"))
    place = QRectF(16, 0, width - 24, height)
    label = painter.fontMetrics().elidedText(
        table.label(type_), Qt.TextElideMode.ElideRight, int(place.width())
    )
    painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, label)
    painter.end()
    return picture


class _Delegate(QStyledItemDelegate):
    """Draws the rows: a category with its arrow, an entry with its chip."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:  # type: ignore[override]
        high = CATEGORY_HEIGHT if index.data(KIND) == "category" else ENTRY_HEIGHT
        return QSize(80, max(high, option.fontMetrics.height() + 6))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:  # type: ignore[override]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area: QRect = option.rect
        state = option.state
        kind = index.data(KIND)
        if kind == "category":
            expanded = bool(state & QStyle.StateFlag.State_Open)
            _paint_category(painter, area, index, expanded)
        else:
            over = bool(state & QStyle.StateFlag.State_MouseOver)
            selected = bool(state & QStyle.StateFlag.State_Selected)
            _paint_entry(painter, area, index, over, selected)
        painter.restore()


def _paint_category(painter: QPainter, area: QRect, index: QModelIndex, expanded: bool) -> None:
    colours = theme.current()
    middle = QPointF(area.left() + 14, area.center().y() + 3)
    arrow = [QPointF(-3.5, -2), QPointF(3.5, -2), QPointF(0, 3)] if expanded else _RIGHT
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.color("second"))
    painter.drawPolygon(QPolygonF([middle + point for point in arrow]))
    font = QFont(painter.font())
    font.setPixelSize(style.FONT_PIXELS - 1)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(colours.color("second"))
    text = area.adjusted(23, 5, -8, 0)
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, str(index.data()))


_RIGHT = [QPointF(-2, -3.5), QPointF(3, 0), QPointF(-2, 3.5)]


def _paint_entry(painter: QPainter, area: QRect, index: QModelIndex, over: bool, selected: bool) -> None:
    colours = theme.current()
    if over or selected:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color("chosen" if selected else "hover"))
        painter.drawRoundedRect(QRectF(area.adjusted(8, 0, -8, 0)), 6, 6)
    if index.data(KIND) == "entry":
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.color(str(index.data(CATEGORY))))
        chip = QRectF(area.left() + 18, area.center().y() - 4, 10, 10)
        painter.drawRoundedRect(chip, 3, 3)
    painter.setPen(colours.color("text" if index.data(KIND) == "entry" else "second"))
    text = area.adjusted(37, 0, -10, 0)
    label = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, text.width())
    painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, label)


def _entry(type_: str) -> QTreeWidgetItem:
    item = _item(table.label(type_), "entry", type_, table.category(type_))
    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
    return item


def _item(text: str, kind: str, type_: str | None = None, category: str = "") -> QTreeWidgetItem:
    item = QTreeWidgetItem([text])
    item.setData(0, KIND, kind)
    item.setData(0, TYPE, type_)
    item.setData(0, CATEGORY, category)
    return item
