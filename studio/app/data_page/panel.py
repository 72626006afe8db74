"""The Explore panel: what the data holds. It looks when it is seen, in another thread, and can be stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QItemSelectionModel, QSortFilterProxyModel, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio import quantities
from studio.app import theme
from studio.app.data_page.curves import CurvesView
from studio.app.data_page.findings import FindingsList
from studio.app.data_page.gallery import Gallery
from studio.app.data_page.models import SORT, ClassRows, ColumnRows, Rows, SampleRows
from studio.app.data_page.painting import FigureDelegate
from studio.app.language import follow
from studio.app.named import named
from studio.app.session import Session
from studio.app.settings_panel.fields import plain
from studio.app.tasks import Lane, Ticket
from studio.graph.document import Change
from studio.graph.model import ProjectData
from studio.graph.operations import SetSetting
from studio.insight.data_look.facts import Cure, Look
from studio.words import NetloomError, tr

WAIT_MS, ROW = 250, 26
WITH, WITHOUT = 270, 160
"""shares of the width for what is odd, and where nothing is"""
WIDTHS, CLASS_WIDTH = (124, 76, 104, 124, 88), 84
OF_TRAINING = ("objective", "class_weights", "sampler")
"""settings of the training that say whether a finding can be cured"""
ODDITIES, COLUMNS, SAMPLES, CURVES = "oddities", "columns", "samples", "curves"
NARROW = 720
"""pixels of width below which what is odd has a tab of its own, and classes are beside samples only"""


class ExplorePanel(QWidget):
    """Oddities at the left, columns or samples in the middle, classes at the right.

    `count_changed(n)`: how many warnings there are. `look_again(label, told)` asks that the file is looked
    at again with something told otherwise.
    """

    count_changed = Signal(int)
    look_again = Signal(object, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explore_panel")
        self.setAutoFillBackground(True)
        self._session = session
        self._seen: object = None
        self._look: Look | None = None
        self._error: Exception | None = None
        self._stopped = False
        self._share = 0.0
        self._wanted = ""
        self._narrow = False
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(self._fail)
        self._lane.progressed.connect(self._progress)
        self._wait = QTimer(self, singleShot=True, interval=WAIT_MS)
        self._wait.timeout.connect(self._look_now)
        self._build()
        session.opened.connect(self._forget)
        session.edited.connect(self._on_edit)
        session.analysed.connect(self._look_soon)
        session.path_changed.connect(self._look_soon)
        theme.notifier().changed.connect(self._say)
        follow(self, self.retranslate)

    # -- building --------------------------------------------------------------------------------

    def _build(self) -> None:
        self.status = named(QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True), "explore_status")
        self.views = named(QTabBar(), "explore_views")
        self.views.setDrawBase(False)
        self.views.setUsesScrollButtons(False)
        self.views.setElideMode(Qt.TextElideMode.ElideNone)
        self.views.currentChanged.connect(self._take_view)
        self.button = named(QPushButton(), "explore_button")
        self.button.clicked.connect(self._press)
        above = QHBoxLayout()
        above.setContentsMargins(16, 4, 16, 0)
        above.addWidget(self.status, 1)
        above.addWidget(self.button)
        above.addWidget(self.views)
        self.findings = FindingsList()
        self.findings.cure_chosen.connect(self._cure)
        self.columns = ColumnRows(self)
        self.classes = ClassRows(self)
        self.rows = SampleRows(self)
        self._column_table = self._table("explore_columns", self.columns, sortable=True)
        self._sample_table = self._table("explore_rows", self.rows)
        self._class_table = self._table("explore_classes", self.classes)
        self._class_table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._class_table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._class_table.selectionModel().selectionChanged.connect(lambda *_: self._show_samples())
        self._class_table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.gallery = Gallery()
        self.curves = CurvesView()
        self.pages = QStackedWidget()
        for page in (self._column_table, self._sample_table, self.gallery, self.curves):
            self.pages.addWidget(page)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        for widget, stretch in ((self.findings, 0), (self.pages, 1), (self._class_table, 0)):
            self.split.addWidget(widget)
            self.split.setStretchFactor(self.split.count() - 1, stretch)
        self.split.setSizes([WITH, 640, 190])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(above)
        column.addWidget(self.split, 1)

    def _table(self, name: str, model: Rows, sortable: bool = False) -> QTableView:
        table = named(QTableView(), name)
        shown: Any = model
        if sortable:
            shown = QSortFilterProxyModel(self)
            shown.setSourceModel(model)
            shown.setSortRole(SORT)
        table.setModel(shown)
        table.setItemDelegate(FigureDelegate(table))
        table.setSortingEnabled(sortable)
        if sortable:
            table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW)
        table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        return table

    def retranslate(self) -> None:
        self.setAccessibleName(tr("Explore"))
        self.views.setAccessibleName(tr("What is shown of the data"))
        self._column_table.setAccessibleName(tr("The columns of the data"))
        self._sample_table.setAccessibleName(tr("Samples to train on"))
        self.gallery.setAccessibleName(tr("Samples to train on"))
        self.curves.setAccessibleName(tr("The data over time"))
        self._class_table.setAccessibleName(tr("How many samples each class has"))
        self.findings.retranslate()
        self._forget()

    # -- following the document ------------------------------------------------------------------

    def _key(self) -> object:
        project = self._session.document.data()
        unseen = ("download", "augmentation")
        data = {key: value for key, value in plain(project.data).items() if key not in unseen}
        training = {k: plain(project.training).get(k) for k in OF_TRAINING}
        return repr((data, training)), self._session.path and self._session.path.parent

    def _on_edit(self, change: Change) -> None:
        if any(isinstance(o, SetSetting) and o.path[0] in ("data", "training") for o in change.operations):
            self._look_soon()

    def _forget(self) -> None:
        self._seen = None
        self._look_soon()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look_soon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        if narrow != self._narrow:
            self._narrow = narrow
            self._offer_views()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._lane.busy:
            self._seen = None
        self._lane.cancel()

    def _look_soon(self, *_: object) -> None:
        if not self.isVisible():
            return
        if self._key() != self._seen:
            self.findings.set_waiting(True)
            self._wait.start()
        self._say()

    def _look_now(self) -> None:
        if not self._session.engine_ready or not self.isVisible() or self._key() == self._seen:
            return
        self._start()

    # -- looking ---------------------------------------------------------------------------------

    def _start(self) -> None:
        self._seen, self._error, self._stopped, self._share = self._key(), None, False, 0.0
        project = self._session.document.data()
        if not project.data.get("source"):
            self._lane.cancel()
            self._show(None)
            return
        path = self._session.path
        self._lane.start(_look, project, path.parent if path else None)
        self._say()

    def _press(self) -> None:
        """Stops looking, or begins again."""
        if self._lane.busy:
            self._lane.cancel()
            self._stopped = True
            self._say()
        else:
            self._start()

    def _progress(self, share: float, _: str) -> None:
        self._share = share
        self._say()

    def _take(self, found: Look) -> None:
        self._show(found)

    def _fail(self, error: Exception) -> None:
        self._error = error
        self._show(None)

    def _cure(self, cure: Cure) -> None:
        """Applies a cure as one step, unless the project is another one by now."""
        if self._key() != self._seen:
            return
        if cure.told is not None:
            self.look_again.emit(cure.label, cure.told)
            return
        with self._session.edit(cure.label) as edit:
            for path, value in cure.settings:
                edit.set(path, value)

    # -- what is shown ---------------------------------------------------------------------------

    def _show(self, found: Look | None) -> None:
        self._look = found
        self.findings.display(found.findings if found is not None else None)
        wide = found is not None and bool(found.findings)
        self.split.setSizes([WITH if wide else WITHOUT, 640, 190])
        self.columns.display(found.columns if found is not None else ())
        classes = found.classes if found is not None else ()
        self.classes.display((None, *classes) if classes else ())
        self._fit_columns()
        self._offer_views()
        self._show_samples()
        warnings = sum(f.severity == "warning" for f in found.findings) if found is not None else 0
        self.count_changed.emit(warnings)
        self._say()

    def _fit_columns(self) -> None:
        for column, width in enumerate(WIDTHS):
            self._column_table.setColumnWidth(column, width)
        self._column_table.horizontalHeader().setStretchLastSection(True)
        self._class_table.setColumnWidth(0, CLASS_WIDTH)
        self._class_table.horizontalHeader().setStretchLastSection(True)
        if self.classes.entries:
            first = self.classes.index(0, 0)
            flags = QItemSelectionModel.SelectionFlag
            self._class_table.selectionModel().select(first, flags.ClearAndSelect | flags.Rows)

    def _offer_views(self) -> None:
        """The tabs of what there is to see, the one chosen before in front."""
        found = self._look
        titles = {
            COLUMNS: tr("Columns"),
            SAMPLES: tr("Samples"),
            CURVES: tr("Over time"),
            ODDITIES: tr("Odd"),
        }
        offered = []
        if found is not None:
            some = {COLUMNS: found.columns, SAMPLES: found.samples, CURVES: found.curves}
            order = (CURVES, COLUMNS, SAMPLES) if found.heads or found.curves else (SAMPLES, COLUMNS)
            offered = [name for name in order if some[name]]
            offered += [ODDITIES] if self._narrow and found.findings else []
        self.views.blockSignals(True)
        while self.views.count():
            self.views.removeTab(0)
        for name in offered:
            self.views.setTabData(self.views.addTab(titles[name]), name)
        if self._wanted in offered:
            self.views.setCurrentIndex(offered.index(self._wanted))
        self.views.blockSignals(False)
        self.views.setVisible(len(offered) > 1)
        self._show_view()

    def _take_view(self) -> None:
        self._wanted = self._view()
        self._show_view()

    def _view(self) -> str:
        return str(self.views.tabData(self.views.currentIndex()) or "")

    def _show_view(self) -> None:
        found, view = self._look, self._view()
        if found is None:
            return
        pictures = any(sample.picture is not None for sample in found.samples)
        samples = self.gallery if pictures else self._sample_table
        shown = {COLUMNS: self._column_table, CURVES: self.curves}.get(view, samples)
        self.pages.setCurrentWidget(shown)
        self.findings.setVisible(not self._narrow or view == ODDITIES)
        self.pages.setVisible(not self._narrow or view != ODDITIES)
        beside = not self._narrow or view == SAMPLES
        self._class_table.setVisible(bool(found.classes) and beside)
        if found.curves:
            self.curves.display(found.curves, found.counts[0] / max(1, found.counts[0] + found.counts[1]))

    def _show_samples(self) -> None:
        """Those of the chosen class, or all."""
        found = self._look
        chosen = self._class_table.selectionModel().selectedRows()
        entry = self.classes.entries[chosen[0].row()] if chosen else None
        samples = found.samples if found is not None else ()
        shown = tuple(s for s in samples if entry is None or s.label == entry.name)
        if found is not None:
            fallback = "" if found.task == "language" else tr("target")
            self.rows.target = found.target or (tr("class") if found.classes else fallback)
            self.rows.names = found.heads
        self.rows.display(shown)
        self.gallery.display(shown)
        if found is not None and not found.heads:
            self._sample_table.horizontalHeader().setStretchLastSection(True)
        if entry is not None and self._view() == COLUMNS and found is not None and found.samples:
            self._choose_view(SAMPLES)

    def _choose_view(self, view: str) -> None:
        names = [self.views.tabData(i) for i in range(self.views.count())]
        if view in names:
            self.views.setCurrentIndex(names.index(view))

    def _say(self) -> None:
        text, color = self._words()
        self.status.setText(text)
        self.status.setStyleSheet(f"color: {color}")
        waits = self._lane.busy or self._stopped
        self.button.setVisible(waits)
        self.button.setText(tr("Stop") if self._lane.busy else tr("Look again"))
        self.split.setVisible(self._look is not None)
        self.views.setVisible(self._look is not None and self.views.count() > 1)

    def _words(self) -> tuple[str, str]:
        second = theme.current().second
        if not self._session.document.data().data.get("source"):
            return tr("Choose data in the Data panel; then what it holds is shown here."), second
        if not self._session.engine_ready:
            return tr("PyTorch is still loading; then the data is shown here."), second
        if self._lane.busy:
            return tr("Looking at the data… {share}", share=f"{self._share:.0%}"), second
        if self._stopped:
            return tr("Stopped before everything was looked at."), second
        if self._error is not None:
            return _error_text(self._error), theme.current().ink("error").name()
        return (_facts(self._look) if self._look is not None else ""), second


def _look(ticket: Ticket, project: ProjectData, base: Path | None) -> Look:
    from studio.insight.data_look.look import look

    return look(project, base, lambda share: ticket.progress(share))


def _facts(found: Look) -> str:
    train, validation, test = (quantities.count(n) for n in found.counts)
    parts = [
        tr(
            "{train} to train · {validation} to validate · {test} to test",
            train=train,
            validation=validation,
            test=test,
        ),
    ]
    if len(found.shape) == 1:
        parts.append(tr("{n} columns", n=found.shape[0]))
    elif found.shape:
        parts.append("×".join(map(str, found.shape)))
    if found.target:
        parts.append(tr("predicted: {target}", target=found.target))
    if found.looked < found.of:
        looked, of = quantities.count(found.looked), quantities.count(found.of)
        parts.append(tr("{looked} of {of} samples were looked at", looked=looked, of=of))
    parts.append(tr("no label of the test split is looked at"))
    return " · ".join(parts)


def _error_text(error: Exception) -> str:
    return str(error) if isinstance(error, NetloomError) else f"{type(error).__name__}: {error}"
