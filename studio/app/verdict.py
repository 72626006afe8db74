"""What a run achieved, whole: every metric with its interval, and which class was taken for which."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSizePolicy,
    QToolTip,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio import quantities
from studio.app import theme
from studio.app.language import follow
from studio.app.metric_words import metric_text, metric_title
from studio.app.named import named
from studio.app.tasks import Lane, Ticket
from studio.words import tr

if TYPE_CHECKING:
    from studio.training.appraisal import Verdict

PARTS = ("test", "validation")
OF_EACH = {
    "precision_macro": "precision",
    "recall_macro": "recall",
    "f1_macro": "f1",
    **{name: name for name in ("mae", "r2", "iou", "dice", "recognised")},
}
"""under which metric the figures of each class, label or column stand"""
WIDTH = 412
LABEL, LEAST, MOST = 84, 7, 44
"""room for the names of the classes, and the side of a cell of the matrix"""


@dataclass(frozen=True, slots=True)
class Found:
    """The verdicts of a run by part of the data, and the names of its classes."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    names: tuple[str, ...] = ()


class VerdictView(QWidget):
    """The verdict on one run; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("verdict_view")
        self._found = Found()
        self._folder: Path | None = None
        self._lane = Lane(self)
        self._lane.done.connect(self._take)
        self._lane.failed.connect(lambda _: self._take(Found()))
        self.part = named(QComboBox(), "verdict_part")
        self.part.currentIndexChanged.connect(self._fill)
        self.samples = QLabel()
        self.samples.setProperty("second", True)
        self.metrics = named(QTreeWidget(), "verdict_metrics")
        self.metrics.setRootIsDecorated(False)
        self.metrics.setUniformRowHeights(True)
        self.metrics.setColumnCount(3)
        self.metrics.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.metrics.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.metrics.setFixedWidth(WIDTH)
        self.matrix = ConfusionView()
        head = QHBoxLayout()
        head.addWidget(self.part)
        head.addWidget(self.samples, 1)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addLayout(head)
        left.addWidget(self.metrics, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 12, 4)
        row.setSpacing(12)
        row.addLayout(left)
        row.addWidget(self.matrix, 1)
        self.hide()
        theme.notifier().changed.connect(self._fill)
        follow(self, self.retranslate)

    def sizeHint(self) -> QSize:
        return QSize(WIDTH + (240 if self.matrix.isVisibleTo(self) else 0), 180)

    def show_run(self, folder: Path | None) -> None:
        """Reads the verdict of a run; None, or a run without one, hides the view."""
        self._folder = folder
        if folder is None:
            self._lane.cancel()
            self._take(Found())
        else:
            self._lane.start(_read, folder)

    def _take(self, found: Found) -> None:
        self._found = found
        self.setVisible(bool(found.verdicts))
        self.retranslate()

    def retranslate(self) -> None:
        self.setAccessibleName(tr("What the run achieved"))
        self.part.setAccessibleName(tr("Part of the data"))
        self.metrics.setAccessibleName(tr("Metrics of the run"))
        self.metrics.setHeaderLabels([tr("Metric"), tr("Value"), tr("95 % interval")])
        self.metrics.headerItem().setToolTip(
            2, tr("The middle 95 % of 1,000 test sets drawn again from this one: how sure the value is")
        )
        chosen = self.part.currentData()
        titles = {"test": tr("Test data"), "validation": tr("Validation data")}
        self.part.blockSignals(True)
        self.part.clear()
        for part in PARTS:
            if part in self._found.verdicts:
                self.part.addItem(titles[part], part)
        self.part.setCurrentIndex(max(0, self.part.findData(chosen)))
        self.part.blockSignals(False)
        self._fill()

    def _fill(self) -> None:
        verdict = self._found.verdicts.get(self.part.currentData())
        self.metrics.clear()
        self.matrix.display(verdict, self._found.names)
        if verdict is None:
            return
        self.samples.setText(tr("{n} samples", n=quantities.count(verdict.samples)))
        for name, value in verdict.metrics.items():
            span = verdict.intervals.get(name)
            ends = "" if span is None else " – ".join(metric_text(name, end) for end in span)
            item = QTreeWidgetItem([metric_title(name), metric_text(name, value), ends])
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setForeground(2, theme.current().color("second"))
            item.setToolTip(0, name)
            for place, each in enumerate(verdict.by_class.get(OF_EACH.get(name, ""), ())):
                item.addChild(self._of_class(name, place, each))
            self.metrics.addTopLevelItem(item)
        self.metrics.setRootIsDecorated(bool(verdict.by_class))

    def _of_class(self, metric: str, place: int, value: float | None) -> QTreeWidgetItem:
        """A metric of one class, label or column; none where there is nothing to measure."""
        names = self._found.names
        name = names[place] if place < len(names) else str(place + 1)
        item = QTreeWidgetItem([name, "–" if value is None else metric_text(metric, value)])
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column in range(2):
            item.setForeground(column, theme.current().color("second"))
        return item


class ConfusionView(QWidget):
    """A square for each pair of classes: rows what it is, columns what it was taken for, darker for more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("confusion_matrix")
        self._table: tuple[tuple[int, ...], ...] = ()
        self._names: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def display(self, verdict: Verdict | None, names: tuple[str, ...]) -> None:
        """Shows the matrix of a verdict; one without a matrix hides the view."""
        self._table = verdict.confusion if verdict is not None else ()
        self._names = tuple(names[i] if i < len(names) else str(i) for i in range(len(self._table)))
        self.setVisible(bool(self._table))
        self.setAccessibleName(tr("Confusion matrix"))
        self.setAccessibleDescription("; ".join(self._spoken()))
        self.update()

    def _spoken(self) -> list[str]:
        """The mistakes in words, the most frequent first: what a reader of the screen gets of the picture."""
        wrong = [
            (n, self._names[i], self._names[j])
            for i, row in enumerate(self._table)
            for j, n in enumerate(row)
            if i != j and n
        ]
        wrong.sort(key=lambda entry: -entry[0])
        return [tr("{n} × {true} taken for {said}", n=n, true=a, said=b) for n, a, b in wrong[:10]]

    def sizeHint(self) -> QSize:
        side = LABEL + MOST * len(self._table)
        return QSize(min(side, 520), min(side, 520))

    def cell(self) -> float:
        """The side of one square."""
        n = max(1, len(self._table))
        room = min(self.width() - LABEL - 4, self.height() - 40)
        return max(LEAST, min(MOST, room / n))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._table:
            return
        colors, cell, n = theme.current(), self.cell(), len(self._table)
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(int(max(8, min(12, cell * 0.5))))
        painter.setFont(font)
        middle, right = (
            Qt.AlignmentFlag.AlignCenter,
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
        )
        for i, row in enumerate(self._table):
            total = max(1, sum(row))
            for j, count in enumerate(row):
                place = QRectF(LABEL + j * cell, 34 + i * cell, cell - 1, cell - 1)
                color = colors.color("good" if i == j else "error")
                color.setAlphaF(0.06 + 0.8 * count / total if count else 0.04)
                painter.fillRect(place, color)
                if count and cell >= 16:
                    painter.setPen(colors.color("text"))
                    whole = quantities.count(count)
                    fits = painter.fontMetrics().horizontalAdvance(whole) < cell - 2
                    painter.drawText(place, middle, whole if fits else _short(count))
            if cell >= 11:
                painter.setPen(colors.color("second"))
                painter.drawText(QRectF(0, 34 + i * cell, LABEL - 6, cell), right, self._elided(i, LABEL - 6))
        painter.setPen(colors.color("second"))
        if cell >= 16:
            for j in range(n):
                painter.drawText(QRectF(LABEL + j * cell, 16, cell, 16), middle, self._elided(j, cell))
        painter.drawText(
            QRectF(LABEL, 0, max(n * cell, 160), 16), Qt.AlignmentFlag.AlignLeft, tr("taken for →")
        )
        painter.end()

    def _elided(self, place: int, room: float) -> str:
        metrics = self.fontMetrics()
        return metrics.elidedText(self._names[place], Qt.TextElideMode.ElideRight, int(room))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            text = self.told_at(event.pos())
            QToolTip.showText(event.globalPos(), text, self) if text else QToolTip.hideText()
            return True
        return super().event(event)

    def told_at(self, place: QPoint) -> str:
        """What the square at `place` says; empty beside the matrix."""
        cell = self.cell()
        j, i = int((place.x() - LABEL) // cell), int((place.y() - 34) // cell)
        if not (0 <= i < len(self._table) and 0 <= j < len(self._table)):
            return ""
        count, total = self._table[i][j], max(1, sum(self._table[i]))
        share = f"{100 * count / total:.1f} %"
        if i == j:
            return tr("{true}: {n} right, {share} of them", true=self._names[i], n=count, share=share)
        return (
            tr("{n} × {true} taken for {said}", n=count, true=self._names[i], said=self._names[j])
            + f" ({share})"
        )


def _short(count: int) -> str:
    return str(count) if count < 1000 else f"{count // 1000}k"


def _read(ticket: Ticket, folder: Path) -> Found:
    from studio.training.appraisal import Verdict
    from studio.training.runs import record_of

    record: dict[str, Any] = record_of(folder)
    ticket.check()
    tables = record.get("verdict") or {}
    verdicts = {part: Verdict.from_json(tables[part]) for part in PARTS if tables.get(part)}
    return Found(verdicts, tuple((record.get("data") or {}).get("class_names") or ()))
