"""The outline beside the palette. What is selected in it is selected on the canvas, and vice versa."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetricsF, QHideEvent, QKeyEvent, QPainter, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.canvas import edits, painting
from studio.app.language import follow
from studio.app.outline.model import ROW, OutlineModel, Row
from studio.app.problem_counts import SIGNS
from studio.app.session import Session
from studio.catalog import table
from studio.words import tr

HEIGHT = 26
CHIP = 10.0


class OutlinePanel(QWidget):
    """`enter_wanted(id)` asks to go into a block, `edit_wanted` for the fields of the selected node."""

    enter_wanted = Signal(str)
    edit_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("outline_panel")
        self._session = session
        self._following = False
        self._open: set[tuple[str | None, ...]] = set()
        self.model = OutlineModel(session, self)
        self.filter = QLineEdit()
        self.filter.setObjectName("outline_filter")
        self.filter.setClearButtonEnabled(True)
        self.tree = _Tree()
        self.tree.setModel(self.model)
        self.tree.setItemDelegate(_Painter(self.model, self.tree))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        top = QVBoxLayout()
        top.setContentsMargins(10, 10, 10, 2)
        top.addWidget(self.filter)
        column.addLayout(top)
        column.addWidget(self.tree)
        self.setFocusProxy(self.tree)
        self._listen()
        follow(self, self.retranslate)

    def _listen(self) -> None:
        session = self._session
        session.selection_changed.connect(self._follow_session)
        session.network_changed.connect(self._follow_session)
        self.tree.selectionModel().selectionChanged.connect(lambda *_: self._follow_tree())
        self.tree.activated_row.connect(self._activate)
        self.tree.expanded.connect(lambda index: self._note(index, True))
        self.tree.collapsed.connect(lambda index: self._note(index, False))
        self.model.read_again.connect(self._restore)
        self.model.renamed.connect(self._rename)
        self.filter.textChanged.connect(lambda _: self._filter())
        self.filter.returnPressed.connect(self._choose_first)

    def retranslate(self) -> None:
        self.filter.setPlaceholderText(tr("Find a node"))
        self.filter.setAccessibleName(tr("Find a node"))
        self.tree.setAccessibleName(tr("Outline"))
        self.setAccessibleName(tr("Outline"))

    def focus_tree(self) -> None:
        """Gives the keyboard to the tree, at what is selected."""
        self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.tree.currentIndex().isValid():
            self.tree.setCurrentIndex(self.model.find(self._session.network))

    # -- what is open ----------------------------------------------------------------------------

    def _note(self, index: QModelIndex, open_: bool) -> None:
        row = self.model.row(index)
        if row is not None and not self._following:
            (self._open.add if open_ else self._open.discard)(row.key)

    def _restore(self) -> None:
        """Opens what was open, and the network that is shown."""
        self._open.add((self._session.network, None))
        self._following = True
        self._open_again(QModelIndex())
        self._following = False
        self._filter()
        self._follow_session()

    def _open_again(self, parent: QModelIndex) -> None:
        for place in range(self.model.rowCount(parent)):
            index = self.model.index(place, 0, parent)
            row = self.model.row(index)
            if row is not None and row.key in self._open:
                self.tree.expand(index)
                self._open_again(index)

    # -- both ways -------------------------------------------------------------------------------

    def _follow_session(self, _: object = None) -> None:
        """Selects what the canvas has selected."""
        if self._following or not self.model.active:
            return
        self._following = True
        chosen = QItemSelection()
        found = [self.model.find(self._session.network, id_) for id_ in self._session.selection]
        for index in found:
            chosen.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.tree.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        last = found[-1] if found else self.model.find(self._session.network)
        if last.isValid():
            self.tree.selectionModel().setCurrentIndex(last, flags.NoUpdate)
            self.tree.scrollTo(last)
        self._following = False

    def _follow_tree(self) -> None:
        """Selects on the canvas what is selected here: nodes of one network at a time."""
        if self._following:
            return
        rows = [self.model.row(index) for index in self.tree.selectionModel().selectedRows()]
        current = self.model.row(self.tree.currentIndex())
        if current is None:
            return
        self._following = True
        self._session.show_network(current.network)
        nodes = [row.node for row in rows if row and row.node and row.network == current.network]
        self._session.select(nodes)
        self._following = False

    def _activate(self, index: QModelIndex) -> None:
        """Enter or a double click: into a block, or to the fields of a node."""
        row = self.model.row(index)
        if row is None:
            return
        self._session.show_network(row.network)
        if row.node is None:
            return
        self._session.select([row.node])
        if self.model.inside(row) is not None:
            self.enter_wanted.emit(row.node)
        else:
            self.edit_wanted.emit()

    def _rename(self, old: str, new: str) -> None:
        reason = edits.name_fault(self._session, old, new)
        if reason is not None:
            self._session.notice.emit("warning", reason)
            return
        edits.rename(self._session, old, new)

    # -- finding ---------------------------------------------------------------------------------

    def _filter(self) -> None:
        """Hides the nodes that hold not every word, in the networks of the project."""
        words = self.filter.text().casefold().split()
        for place in range(self.model.rowCount()):
            network = self.model.index(place, 0)
            if words:
                self.tree.expand(network)
            for inner in range(self.model.rowCount(network) if self.tree.isExpanded(network) else 0):
                row = self.model.row(self.model.index(inner, 0, network))
                hidden = row is not None and not all(word in self._words_of(row) for word in words)
                self.tree.setRowHidden(inner, network, hidden)

    def _words_of(self, row: Row) -> str:
        node = self.model.node(row)
        return f"{row.node} {table.label(node.type)}".casefold() if node is not None else ""

    def _choose_first(self) -> None:
        """Enter in the field goes to the first node that is left, on the canvas too."""
        for place in range(self.model.rowCount()):
            network = self.model.index(place, 0)
            for inner in range(self.model.rowCount(network)):
                if not self.tree.isRowHidden(inner, network):
                    self.tree.setCurrentIndex(self.model.index(inner, 0, network))
                    self.tree.setFocus()
                    return

    def showEvent(self, event: QShowEvent) -> None:
        self.model.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        self.model.set_active(False)


class _Tree(QTreeView):
    """`activated_row(index)` after Enter and a double click."""

    activated_row = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("outline_tree")
        self.setHeaderHidden(True)
        self.setStyleSheet("QTreeView { show-decoration-selected: 0 }")
        self.setUniformRowHeights(True)
        self.setIndentation(14)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setExpandsOnDoubleClick(False)
        self.setFrameShape(QTreeView.Shape.NoFrame)
        self.doubleClicked.connect(self.activated_row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        editing = self.state() == QAbstractItemView.State.EditingState
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not editing:
            self.activated_row.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class _Painter(QStyledItemDelegate):
    """A chip of the category's colour, the name, the type beside it, and a sign where something is wrong."""

    def __init__(self, model: OutlineModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        row = index.data(ROW)
        if not isinstance(row, Row):
            return
        colors = theme.current()
        rect = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(colors.color("accent", 0.22))
            painter.drawRoundedRect(rect.adjusted(0, 1, -2, -1), 5, 5)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(colors.color("line", 0.5))
            painter.drawRoundedRect(rect.adjusted(0, 1, -2, -1), 5, 5)
        self._write(painter, rect, row)
        painter.restore()

    def _write(self, painter: QPainter, rect: QRectF, row: Row) -> None:
        colors = theme.current()
        node = self._model.node(row)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        left = rect.left() + 4
        if node is not None:
            painter.setBrush(colors.color(table.category(node.type)))
            painter.drawRoundedRect(QRectF(left, rect.center().y() - CHIP / 2, CHIP, CHIP), 3, 3)
            left += CHIP + 6
        font = painting.font(13, bold=node is None)
        painter.setFont(font)
        painter.setPen(colors.color("text"))
        words = row.node if row.node is not None else row.network
        room = rect.right() - left - 22
        metrics = QFontMetricsF(font)
        shown = metrics.elidedText(str(words), Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(QRectF(left, rect.top(), room, rect.height()), middle, shown)
        left += metrics.horizontalAdvance(shown) + 8
        if node is not None and rect.right() - left > 60:
            small = painting.font(11)
            painter.setFont(small)
            painter.setPen(colors.color("second"))
            room = rect.right() - left - 22
            kind = QFontMetricsF(small).elidedText(table.label(node.type), Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRectF(left, rect.top(), room, rect.height()), middle, kind)
        severity = self._model.severity(row)
        if severity is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(SIGNS[severity][1]))
            painter.drawEllipse(QRectF(rect.right() - 16, rect.center().y() - 4, 8, 8))
