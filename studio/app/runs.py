"""The Runs panel: every run of the project with what came of it; to lay over the curves, export, open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.app import run_groups, theme
from studio.app.icons import icon
from studio.app.language import follow
from studio.app.named import named
from studio.app.queue_strip import QueueStrip
from studio.app.run_actions import RunActions
from studio.app.run_rows import FOLDER_ROLE, RUN, TAGS, RunItem
from studio.app.session import Session
from studio.app.tasks import Lane, Ticket
from studio.app.trainer import Trainer
from studio.app.verdict import VerdictView
from studio.words import Message, tr

if TYPE_CHECKING:
    from studio.training.runs import RunInfo

WAIT_MS = 1000
"""how long changes gather before the folder is read: epochs may follow each other in milliseconds"""
WATCH_MS = 2000
"""how often a run of another process is looked at"""


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
        self._infos: list[RunInfo] = []
        self._to_tick: Path | None = None
        self._stale = True
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self.refresh)
        self._elsewhere: list[Path] = []
        self._watch = QTimer(self, singleShot=True, interval=WATCH_MS)
        self._watch.timeout.connect(self._look_again)
        self._build()
        trainer.epoch_done.connect(self._changed)
        trainer.state_changed.connect(self._changed)
        session.path_changed.connect(self._changed)
        trainer.runs_moved.connect(self._changed)
        trainer.queue.changed.connect(self._fill)
        theme.notifier().changed.connect(self._fill)
        self._enable()
        follow(self, self.retranslate)

    def _build(self) -> None:
        self._none = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._none.setProperty("second", True)
        self._build_table()
        self.actions_of_runs = RunActions(
            self.table, self.chosen, self.compared, self._session, self._trainer
        )
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
        self.search = named(QLineEdit(), "runs_search")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(220)
        self.search.textChanged.connect(self._search_rows)
        self._where = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._where.setProperty("second", True)
        self._where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setContentsMargins(12, 6, 12, 4)
        row.addWidget(self._where, 1)
        row.addWidget(self.search)
        row.addWidget(self.folder_button)
        row.addWidget(self.export_button)
        listed = QWidget()
        column = QVBoxLayout(listed)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(QueueStrip(self._trainer.queue))
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

    def _build_table(self) -> None:
        self.table = named(QTreeWidget(), "runs_table")
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setStyleSheet("QTreeView::item { padding: 3px 0 }")
        self.table.setColumnCount(8)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.header().setResizeContentsPrecision(0)  # of a thousand rows, those in sight
        self.table.header().setStretchLastSection(True)
        self.table.sortByColumn(RUN, Qt.SortOrder.DescendingOrder)
        # the width by contents forgets the box for the tick
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.table.header().resizeSection(0, 190)
        self.table.itemSelectionChanged.connect(self._selected)
        self.table.itemChanged.connect(self._overlay)
        self.table.itemDoubleClicked.connect(lambda *_: self._open_folder())

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Runs"))
        self.table.setAccessibleName(tr("Runs of this project"))
        reached = [tr("Best"), tr("Test"), tr("Epochs"), tr("Duration")]
        self.table.setHeaderLabels([tr("Run"), tr("Status"), *reached, tr("Settings"), tr("Tags")])
        self.table.headerItem().setToolTip(0, tr("A tick lays the run over the curves"))
        self._none.setText(tr("No runs yet. Each training makes one; none is ever overwritten."))
        self.search.setPlaceholderText(tr("Search the runs"))
        self.search.setAccessibleName(tr("Search the runs"))
        self.search.setToolTip(tr("Words of the title, the note, the status, the settings, or a #tag"))
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
        self._lane.start(_read, self._session.path, tuple(self._elsewhere))

    def _take(self, infos: list[RunInfo]) -> None:
        grown = len(infos) != len(self._infos)
        self._infos = infos
        self._fill()
        if grown:
            self.count_changed.emit(len(infos))
        self._follow_others()

    def follow(self, folder: Path) -> None:
        """Lists a run that lies elsewhere, perhaps written by another machine, and shows its curves."""
        if folder not in self._elsewhere:
            self._elsewhere.append(folder)
        self._to_tick = folder
        self.refresh()

    def _follow_others(self) -> None:
        """Curves of runs that other processes write grow as long as they are in sight."""
        if self._to_tick is not None:
            for item in self._items():
                if item.data(0, FOLDER_ROLE) == self._to_tick:
                    item.setCheckState(0, Qt.CheckState.Checked)
                    self._to_tick = None
        if any(info.status == "running" for info in self._infos):
            self._watch.start()

    def _look_again(self) -> None:
        """Another process tells nobody here of its epochs."""
        if not self.isVisible():
            self._stale = True
            if not self.ticked():
                return
        ticked = set(self.ticked())
        if any(info.status == "running" and info.folder in ticked for info in self._infos):
            self.overlay_changed.emit(self.ticked())
        self.refresh()

    def _fail(self, error: Exception) -> None:
        self._session.notice.emit("error", Message("The runs could not be listed: {reason}", reason=error))

    # -- showing ---------------------------------------------------------------------------------

    def _fill(self) -> None:
        kept, ticked, unfolded = self.chosen(), set(self.ticked()), self._unfolded()
        with QSignalBlocker(self.table):
            self.table.setSortingEnabled(False)
            self.table.clear()
            rows = run_groups.rows(self._infos)
            self.table.setRootIsDecorated(any(isinstance(row, run_groups.GroupItem) for row in rows))
            items = [item for row in rows for item in run_groups.runs_of(row)]
            for item in items:
                item.setCheckState(0, _check(item.data(0, FOLDER_ROLE) in ticked))
            self.table.addTopLevelItems(rows)
            for row in rows:
                row.setExpanded(row.data(0, run_groups.GROUP_ROLE) in unfolded)
            for item in items:
                if item.data(0, FOLDER_ROLE) in kept:
                    item.setSelected(True)
            self.table.setSortingEnabled(True)
            self.table.setColumnHidden(TAGS, not any(info.labels.tags for info in self._infos))
            self._search_rows()
        self._stack.setCurrentIndex(1 if self._infos or self._trainer.queue.waiting else 0)
        if self._infos:
            self._where.setText(str(self._infos[0].folder.parent))
        self._enable()

    def _search_rows(self) -> None:
        """Hides the rows that the search does not find."""
        words = self.search.text().lower().split()
        for row in self._rows():
            items = run_groups.runs_of(row)
            for item in items:
                item.setHidden(not item.matches(words))
            row.setHidden(all(item.isHidden() for item in items))

    def _rows(self) -> list[QTreeWidgetItem]:
        items = (self.table.topLevelItem(i) for i in range(self.table.topLevelItemCount()))
        return [item for item in items if item is not None]

    def _items(self) -> list[RunItem]:
        return [item for row in self._rows() for item in run_groups.runs_of(row)]

    def _unfolded(self) -> set[str]:
        """The groups whose runs are in sight."""
        return {row.data(0, run_groups.GROUP_ROLE) for row in self._rows() if row.isExpanded()}

    def selected(self) -> Path | None:
        """The folder of the selected run, if it is one."""
        chosen = list(self.chosen())
        return chosen[0] if len(chosen) == 1 else None

    def chosen(self) -> dict[Path, RunInfo]:
        """The folders of the selected runs, with what is known of each."""
        folders = {item.data(0, FOLDER_ROLE) for item in self.table.selectedItems()}
        return {info.folder: info for info in self._infos if info.folder in folders}

    def compared(self) -> dict[Path, RunInfo]:
        """The selected runs; where that is one or none, with those that are laid over the curves."""
        chosen = self.chosen()
        if len(chosen) > 1:
            return chosen
        wanted = {*chosen, *self.ticked()}
        return {info.folder: info for info in self._infos if info.folder in wanted}

    def ticked(self) -> list[Path]:
        """The folders of the runs laid over the curves."""
        return [i.data(0, FOLDER_ROLE) for i in self._items() if i.checkState(0) == Qt.CheckState.Checked]

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


def _read(ticket: Ticket, path: Path | None, elsewhere: tuple[Path, ...]) -> list[RunInfo]:
    from studio.training.runs import list_runs, runs_folder

    others = [info for folder in elsewhere for info in list_runs(folder.parent) if info.folder == folder]
    return [*list_runs(runs_folder(path)), *others]
