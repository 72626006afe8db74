"""The command palette: every action by its name, found by typing parts of it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRect, QSize, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import language, style, theme
from studio.app.actions import Actions, menu_name
from studio.words import tr

WIDTH = 560
ROW = 32
ROWS = 11


class CommandPalette(QFrame):
    """Lies over the window; Enter runs the chosen action, Escape closes it. Disabled actions stay out."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("command_palette")
        self.setProperty("card", True)
        self.field = QLineEdit()
        self.field.setObjectName("command_field")
        self.list = QListWidget()
        self.list.setObjectName("command_list")
        self.list.setItemDelegate(_CommandRow(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self._parent = parent
        self._width = min(WIDTH, parent.window().width() - 40)
        self._before = QApplication.focusWidget() or parent
        self._actions = [
            (spec, action) for spec, action in actions if action.isEnabled() and spec.id != "command_palette"
        ]
        self._entries: list[tuple[str, str, str, QAction]] = []
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.itemClicked.connect(lambda item: self._run(item))
        language.follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.field.setPlaceholderText(tr("Type a command"))
        self.field.setAccessibleName(tr("Type a command"))
        self.list.setAccessibleName(tr("Commands"))
        self._entries = [
            (menu_name(spec.menu), str(spec.text), f"{spec.text} {spec.text.text} {spec.id}".lower(), action)
            for spec, action in self._actions
        ]
        self._filter(self.field.text())

    def open(self) -> None:
        """Shows the palette in the upper middle of the window."""
        window = self._parent.window()
        self.resize(self._width, self.height())
        self.move((window.width() - self._width) // 2, 60)
        self.show()
        self.raise_()
        self.field.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut:
            self.close()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            match event.key():
                case Qt.Key.Key_Down | Qt.Key.Key_Up:
                    step = 1 if event.key() == Qt.Key.Key_Down else -1
                    if self.list.count():
                        self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
                    return True
                case Qt.Key.Key_Escape:
                    self.close()
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    if (item := self.list.currentItem()) is not None:
                        self._run(item)
                    return True
        return False

    def _filter(self, text: str) -> None:
        parts = text.lower().split()
        found = [entry for entry in self._entries if all(part in entry[2] for part in parts)]
        found.sort(key=lambda entry: not entry[1].lower().startswith(text.lower()))
        self.list.clear()
        for place, name, _, action in found:
            item = QListWidgetItem(action.icon(), name)
            item.setSizeHint(QSize(0, ROW))
            item.setData(Qt.ItemDataRole.UserRole, action)
            item.setData(Qt.ItemDataRole.UserRole + 1, place)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.list.setFixedHeight(ROW * min(max(len(found), 1), ROWS) + 4)
        self.adjustSize()
        self.resize(self._width, self.height())

    def _run(self, item: QListWidgetItem) -> None:
        action: QAction = item.data(Qt.ItemDataRole.UserRole)
        self._before.setFocus()  # the action is meant for what had the keyboard
        self.close()
        action.trigger()


class _CommandRow(QStyledItemDelegate):
    """Icon, name, the menu it stands in, and its shortcut on the right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex,  # type: ignore[override]
    ) -> None:
        table = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(table.color("chosen"))
            painter.drawRoundedRect(option.rect.adjusted(0, 1, 0, -1), 6, 6)
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        box = option.rect.adjusted(10, 0, -10, 0)
        if icon is not None and not icon.isNull():
            icon.paint(painter, QRect(box.left(), box.center().y() - 8, 17, 17))
        text_box = box.adjusted(28, 0, 0, 0)
        font = option.font
        font.setPixelSize(style.FONT_PIXELS)
        painter.setFont(font)
        painter.setPen(table.color("text"))
        name = index.data(Qt.ItemDataRole.DisplayRole)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(text_box, middle | Qt.AlignmentFlag.AlignLeft, name)
        used = painter.fontMetrics().horizontalAdvance(name) + 12
        painter.setPen(table.color("second"))
        place = index.data(Qt.ItemDataRole.UserRole + 1)
        painter.drawText(text_box.adjusted(used, 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, place)
        action: QAction = index.data(Qt.ItemDataRole.UserRole)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, keys)
        painter.restore()
