"""The Runs panel: every run of the project with what came of it; to lay over the curves, export, open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio import quantities
from studio.app import theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.metric_words import metrics_text
from studio.app.named import named
from studio.app.run_actions import RunActions
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.app.verdict import VerdictView
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.runs import RunInfo

WAIT_MS = 1000
"""how long changes gather before the folder is read: epochs may follow each other in milliseconds"""
FOLDER_ROLE = int(Qt.ItemDataRole.UserRole)
STATUS_COLORS = {
    "done": "good",
    "running": "accent",
    "stopped": "second",
    "failed": "error",
    "interrupted": "warning",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A run as the table shows it."""

    info: RunInfo
    epochs_done: int
    seconds: float


class RunsPanel(QWidget):
    """`overlay_changed(folders)` follows the ticks; `export_requested(folder)` asks for the dialog.

    `open_requested(path)` asks for the project of a run, as a copy.
    """

    overlay_changed = Signal(object)
    export_requested = Signal(object)
    open_requested = Signal(object)
    count_changed = Signal(int)

    def __init__(self, session: Session, trainer: Trainer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_panel")
        self.setAutoFillBackground(True)
        self._session, self._trainer = session, trainer
        self._rows: list[Row] = []
        self._stale = True
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self.refresh)
        self._build()
        trainer.epoch_done.connect(self._changed)
        trainer.state_changed.connect(self._changed)
        session.path_changed.connect(self._changed)
        trainer.runs_moved.connect(self._changed)
        theme.notifier().changed.connect(self._fill)
        self._enable()
        follow(self, self.retranslate)

    def _build(self) -> None:
        self._none = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("second", True)
        self.table = named(QTreeWidget(), "runs_table")
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setStyleSheet("QTreeView::item { padding: 3px 0 }")
        self.table.setColumnCount(7)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.header().setStretchLastSection(True)
        # the width by contents forgets the box for the tick
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.table.header().resizeSection(0, 190)
        self.table.itemSelectionChanged.connect(self._selected)
        self.table.itemChanged.connect(self._overlay)
        self.table.itemDoubleClicked.connect(lambda *_: self._open_folder())
        self.actions_of_runs = RunActions(self.table, self.chosen)
        self.actions_of_runs.changed.connect(self.refresh)
        self.actions_of_runs.told.connect(self._session.notice)
        self.actions_of_runs.open_requested.connect(self.open_requested)
        self.actions_of_runs.go_on_requested.connect(self._trainer.go_on)
        self.folder_button = named(QPushButton(), "run_folder_button")
        self.folder_button.setIcon(icon("open"))
        self.folder_button.clicked.connect(self._open_folder)
        self.export_button = named(QPushButton(), "run_export_button")
        self.export_button.setIcon(icon("export"))
        self.export_button.clicked.connect(self._export)
        self._where = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._where.setProperty("second", True)
        self._where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 4)
        row.addWidget(self._where, 1)
        row.addWidget(self.folder_button)
        row.addWidget(self.export_button)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        self.verdict = VerdictView()
        body = QSplitter(Qt.Orientation.Horizontal)
        body.setChildrenCollapsible(False)
        body.addWidget(self.table)
        body.addWidget(self.verdict)
        body.setStretchFactor(0, 1)
        self.table.setMinimumWidth(400)
        column.addWidget(body, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self._none)
        self._stack.addWidget(listed)

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Runs"))
        self.table.setAccessibleName(tr("Runs of this project"))
        self.table.setHeaderLabels(
            [tr("Run"), tr("Status"), tr("Best"), tr("Test"), tr("Epochs"), tr("Duration"), tr("Settings")]
        )
        self.table.headerItem().setToolTip(0, tr("A tick lays the run over the curves"))
        self._none.setText(tr("No runs yet. Each training makes one; none is ever overwritten."))
        self.folder_button.setText(tr("Open folder"))
        self.export_button.setText(tr("Export…"))
        self._fill()

    # -- reading ---------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.refresh()

    def _changed(self, _: object = None) -> None:
        self._stale = True
        if self.isVisible() and not self._wait.isActive():
            self._wait.start()

    def refresh(self) -> None:
        """Reads the runs anew."""
        self._stale = False
        self._lane.start(_read, self._session.path)

    def _take(self, rows: list[Row]) -> None:
        grown = len(rows) != len(self._rows)
        self._rows = rows
        self._fill()
        if grown:
            self.count_changed.emit(len(rows))

    def _fail(self, error: Exception) -> None:
        self._session.notice.emit("error", Message("The runs could not be listed: {reason}", reason=error))

    # -- showing ---------------------------------------------------------------------------------

    def _fill(self) -> None:
        kept, ticked = self.chosen(), set(self.ticked())
        with QSignalBlocker(self.table):
            self.table.clear()
            for row in reversed(self._rows):
                item = _item(row)
                item.setCheckState(0, _check(row.info.folder in ticked))
                self.table.addTopLevelItem(item)
                item.setSelected(row.info.folder in kept)
        self._stack.setCurrentIndex(1 if self._rows else 0)
        if self._rows:
            self._where.setText(str(self._rows[0].info.folder.parent))
        self._enable()

    def selected(self) -> Path | None:
        """The folder of the selected run, if it is one."""
        chosen = list(self.chosen())
        return chosen[0] if len(chosen) == 1 else None

    def chosen(self) -> dict[Path, RunInfo]:
        """The folders of the selected runs, with what is known of each."""
        folders = {item.data(0, FOLDER_ROLE) for item in self.table.selectedItems()}
        return {row.info.folder: row.info for row in self._rows if row.info.folder in folders}

    def ticked(self) -> list[Path]:
        """The folders of the runs laid over the curves."""
        items = [self.table.topLevelItem(i) for i in range(self.table.topLevelItemCount())]
        return [i.data(0, FOLDER_ROLE) for i in items if i and i.checkState(0) == Qt.CheckState.Checked]

    def _selected(self) -> None:
        self._enable()
        self.verdict.show_run(self.selected())

    def _enable(self) -> None:
        chosen = self.selected() is not None
        self.folder_button.setEnabled(chosen)
        self.export_button.setEnabled(chosen)

    def _overlay(self, item: QTreeWidgetItem, column: int) -> None:
        if column == 0:
            self.overlay_changed.emit(self.ticked())

    def _open_folder(self) -> None:
        if (folder := self.selected()) is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _export(self) -> None:
        if (folder := self.selected()) is not None:
            self.export_requested.emit(folder)


def _check(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked


def _item(row: Row) -> QTreeWidgetItem:
    info = row.info
    wanted = info.settings.get("epochs")
    epochs = f"{row.epochs_done}/{wanted}" if wanted else str(row.epochs_done)
    item = QTreeWidgetItem(
        [
            run_text(info),
            status_text(info.status),
            metrics_of_best(info),
            _metrics(info.test or {}),
            epochs,
            quantities.duration(row.seconds),
            _settings(info.settings),
        ]
    )
    item.setData(0, FOLDER_ROLE, info.folder)
    item.setToolTip(0, "\n".join(filter(None, (info.labels.note, when_text(info.started), str(info.folder)))))
    item.setForeground(1, theme.current().color(STATUS_COLORS.get(info.status, "second")))
    item.setForeground(6, theme.current().color("second"))
    item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
    return item


def status_text(status: str) -> str:
    known = {
        "done": tr("done"),
        "running": tr("running"),
        "stopped": tr("stopped"),
        "failed": tr("failed"),
        "interrupted": tr("interrupted"),
        "imported": tr("imported"),
    }
    return known.get(status, status)


def run_text(info: RunInfo) -> str:
    """What a run is called: by its title, else by its time."""
    title = info.labels.title or when_text(info.started) or info.id
    return f"★ {title}" if info.labels.star else title


def when_text(started: str) -> str:
    try:
        return datetime.fromisoformat(started).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return started


def metrics_of_best(info: RunInfo) -> str:
    """What the best epoch reached on validation data, or on training data where nothing validated."""
    best = info.best or {}
    return _metrics(best.get("validation") or best.get("train") or {})


def _metrics(values: object) -> str:
    """The metrics but the loss, which says little beside them; the loss where there is nothing else."""
    table = {k: float(v) for k, v in values.items() if v is not None} if isinstance(values, dict) else {}
    chosen = {name: value for name, value in table.items() if name != "loss"} or table
    return metrics_text(chosen, " · ")


def _settings(settings: object) -> str:
    table = settings if isinstance(settings, dict) else {}
    optimizer = table.get("optimizer") or {}
    parts = [f"{optimizer.get('type', '')} {optimizer.get('lr', '')}".strip()]
    if table.get("batch_size"):
        parts.append(tr("batch {n}", n=table["batch_size"]))
    return " · ".join(part for part in parts if part)


def _read(ticket: Ticket, path: Path | None) -> list[Row]:
    from studio.training.runs import list_runs, metrics_of, runs_folder

    rows = []
    for info in list_runs(runs_folder(path)):
        ticket.check()
        lines = metrics_of(info.folder)
        rows.append(Row(info, len(lines), sum(float(line.get("seconds") or 0) for line in lines)))
    return rows
