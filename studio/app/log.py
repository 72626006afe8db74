"""The Log panel: what happened, when, and how grave it was."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    QTimer,
)
from PySide6.QtGui import QGuiApplication, QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio.app import theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.metric_words import metrics_text
from studio.app.named import named
from studio.app.session import Session
from studio.app.trainer import Trainer
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.progress import EpochRecord

MOST = 5000
EPOCH_S = 1.0
LEVELS = ("info", "warning", "error")
ICONS = {"info": ("info", "second"), "warning": ("problem", "warning"), "error": ("error", "error")}
Index = QModelIndex | QPersistentModelIndex
LEVEL_ROLE = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class Entry:
    when: datetime
    level: str
    text: Message


class LogModel(QAbstractTableModel):
    """The newest `MOST` entries, the oldest first. Texts are translated when they are shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: deque[Entry] = deque()

    def add(self, level: str, text: Message) -> None:
        if len(self._entries) >= MOST:
            self.beginRemoveRows(QModelIndex(), 0, 0)
            self._entries.popleft()
            self.endRemoveRows()
        place = len(self._entries)
        self.beginInsertRows(QModelIndex(), place, place)
        self._entries.append(Entry(datetime.now(), level, text))
        self.endInsertRows()

    def clear(self) -> None:
        self.beginResetModel()
        self._entries.clear()
        self.endResetModel()

    def line(self, row: int) -> str:
        entry = self._entries[row]
        return f"{entry.when:%H:%M:%S}  {entry.level:7}  {entry.text}"

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else 2

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{entry.when:%H:%M:%S}" if index.column() == 0 else str(entry.text)
            case Qt.ItemDataRole.ToolTipRole if index.column() == 1:
                return str(entry.text)
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                return icon(*ICONS.get(entry.level, ICONS["info"]))
            case Qt.ItemDataRole.ForegroundRole if index.column() == 0:
                return theme.current().color("second")
            case _ if role == LEVEL_ROLE:
                return entry.level
        return None

    def retranslate(self) -> None:
        if self._entries:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._entries) - 1, 1))


class _FromLevel(QSortFilterProxyModel):
    """Entries at least as grave as `least`."""

    least = 0

    def show_from(self, least: int) -> None:
        self.beginFilterChange()
        self.least = least
        self.endFilterChange()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        level = self.sourceModel().index(row, 0, parent).data(LEVEL_ROLE)
        return (LEVELS.index(level) if level in LEVELS else 0) >= self.least


class LogPanel(QWidget):
    """Notices of the session and the epochs of training. Given a trainer, it tells of its epochs too."""

    def __init__(
        self, session: Session, trainer: Trainer | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("log_panel")
        self.setAutoFillBackground(True)
        self._epoch_at = 0.0
        self._at_end = True
        self._build_table()
        self._build_controls()
        self._build_layout()
        session.notice.connect(self.add)
        if trainer is not None:
            trainer.epoch_done.connect(self._epoch)
            trainer.traced.connect(lambda text: self.add("error", Message("{text}", text=text)))
        theme.notifier().changed.connect(self.model.retranslate)
        follow(self, self.retranslate)

    def _build_table(self) -> None:
        self.model = LogModel(self)
        self.shown = _FromLevel(self)
        self.shown.setSourceModel(self.model)
        self.table = named(QTableView(), "log_table")
        self.table.setModel(self.shown)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.horizontalHeader().hide()
        self.table.setColumnWidth(0, 96)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        QShortcut(
            QKeySequence.StandardKey.Copy, self.table, self.copy, context=Qt.ShortcutContext.WidgetShortcut
        )

    def _build_controls(self) -> None:
        self._level_label = QLabel()
        self._level_label.setProperty("second", True)
        self.level = named(QComboBox(), "log_level")
        self.level.addItems(["", "", ""])
        self.level.currentIndexChanged.connect(self.shown.show_from)
        self.copy_button = named(QPushButton(), "log_copy")
        self.copy_button.setIcon(icon("copy"))
        self.copy_button.clicked.connect(self.copy)
        self.clear_button = named(QPushButton(), "log_clear")
        self.clear_button.clicked.connect(self.model.clear)

    def _build_layout(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 2)
        for widget in (self._level_label, self.level):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.copy_button)
        row.addWidget(self.clear_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(row)
        column.addWidget(self.table, 1)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Log"))
        self.table.setAccessibleName(tr("Log"))
        self._level_label.setText(tr("Show"))
        self.level.setAccessibleName(tr("How grave an entry must be to be shown"))
        for index, text in enumerate((tr("everything"), tr("warnings and errors"), tr("errors only"))):
            self.level.setItemText(index, text)
        self.copy_button.setText(tr("Copy"))
        self.copy_button.setToolTip(tr("Copy the selected lines, or all that are shown"))
        self.clear_button.setText(tr("Clear"))
        self.model.retranslate()

    def add(self, level: str, text: Message) -> None:
        if self.isVisible():
            self._note_place()
        self.model.add(level, text)
        if self._at_end:
            self.table.scrollToBottom()

    def _note_place(self) -> None:
        """Whether the newest entry is in sight: it stays so, also while the panel is hidden."""
        bar = self.table.verticalScrollBar()
        self._at_end = bar.value() >= bar.maximum()

    def hideEvent(self, event: QHideEvent) -> None:
        self._note_place()
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._at_end:
            QTimer.singleShot(0, self.table, self.table.scrollToBottom)  # once it has its size

    def _epoch(self, record: EpochRecord) -> None:
        """Notes an epoch, but of those that follow each other in milliseconds only one a second."""
        now = time.monotonic()
        if now - self._epoch_at < EPOCH_S and record.epoch > 1:
            return
        self._epoch_at = now
        if record.validation:
            self.add(
                "info",
                Message(
                    "Epoch {epoch}: train {train}; validation {validation}",
                    epoch=record.epoch,
                    train=metrics_text(record.train),
                    validation=metrics_text(record.validation),
                ),
            )
        else:
            self.add(
                "info",
                Message("Epoch {epoch}: train {train}", epoch=record.epoch, train=metrics_text(record.train)),
            )

    def copy(self) -> None:
        """Puts the selected lines on the clipboard, or all that are shown."""
        chosen = [index.row() for index in self.table.selectionModel().selectedRows()]
        rows = sorted(chosen) or range(self.shown.rowCount())
        lines = [self.model.line(self.shown.mapToSource(self.shown.index(row, 0)).row()) for row in rows]
        QGuiApplication.clipboard().setText("\n".join(lines))
