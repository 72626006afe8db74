"""What augmentation makes of some samples: images in two rows, numbers and texts in a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import (
    QHeaderView,
    QSizePolicy,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from studio import quantities
from studio.app import theme
from studio.app.language import follow
from studio.app.settings_panel.preview import Picture, image_of
from studio.app.tasks import Ticket
from studio.words import tr

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.augmentation.samples import Samples

COUNT, ROWS, COLUMNS = 12, 8, 8
SIDE, GAP, HEAD = 52, 6, 50
LEAST, SMALLEST = 8, 20
"""images that are shown at least, and the least side that they shrink to for it"""
POINTS = 200
"""of a curve"""

Curve = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """Samples before and after, plain data made in a worker thread. `kept` is for the next look."""

    kept: object
    before: tuple[Picture, ...] = ()
    after: tuple[Picture, ...] = ()
    curves: tuple[tuple[Curve, Curve], ...] = ()
    columns: tuple[str, ...] = ()
    cells: tuple[tuple[tuple[str, bool], ...], ...] = ()
    """texts, and whether they changed"""


def look(ticket: Ticket, section: Mapping[str, Any], base: Path | None, draw: int, kept: object) -> Changed:
    """Some samples before and after; the data are read again only where they are others. Raises DataError."""
    from studio.data.augmentation import samples

    others = repr({key: value for key, value in section.items() if key != "augmentation"}), base
    if not isinstance(kept, tuple) or kept[0] != others:
        kept = (others, samples.some({**section, "download": False}, base))
    ticket.check()
    known: samples.Samples = kept[1]
    before, after = known.drawn(section, draw, COUNT)
    ticket.check()
    if samples.are_images(known):
        return Changed(kept, _pictures(before), _pictures(after))
    if not before.is_floating_point():
        return Changed(kept, columns=(tr("before"), tr("after")), cells=_texts(known, before, after))
    if before.dim() == 3:
        return Changed(kept, curves=_curves(known, before, after))
    return Changed(kept, columns=_names(known, before), cells=_numbers(before, after))


def _pictures(x: Tensor) -> tuple[Picture, ...]:
    x = x if x.shape[1] in (1, 3) else x[:, :1]
    bytes_ = (x.clamp(0, 1) * 255).round().byte().movedim(1, -1).contiguous()
    return tuple(Picture(i.shape[1], i.shape[0], i.shape[2] == 3, i.numpy().tobytes(), "") for i in bytes_)


def _curves(known: Samples, before: Tensor, after: Tensor) -> tuple[tuple[Curve, Curve], ...]:
    """The first column of each series."""
    axis = known.info.stored.axis
    both = (x.movedim(axis, 1)[:, 0, :POINTS].tolist() for x in (before, after))
    return tuple((tuple(one), tuple(other)) for one, other in zip(*both, strict=True))


def _names(known: Samples, x: Tensor) -> tuple[str, ...]:
    width = min(x.shape[1], COLUMNS)
    return tuple(known.names[i] if i < len(known.names) else f"x{i}" for i in range(width))


def _numbers(before: Tensor, after: Tensor) -> tuple[tuple[tuple[str, bool], ...], ...]:
    def cell(one: float, other: float) -> tuple[str, bool]:
        if one == other:
            return quantities.significant(one), False
        return f"{quantities.significant(one)} → {quantities.significant(other)}", True

    pairs = zip(before[:ROWS].tolist(), after[:ROWS].tolist(), strict=True)
    return tuple(tuple(map(cell, one[:COLUMNS], other[:COLUMNS])) for one, other in pairs)


def _texts(known: Samples, before: Tensor, after: Tensor) -> tuple[tuple[tuple[str, bool], ...], ...]:
    from studio.data.texts import words

    step = known.fitted.steps[0]
    said = [[words(step, row) for row in x[:ROWS].tolist()] for x in (before, after)]
    return tuple(((one, False), (other, one != other)) for one, other in zip(*said, strict=True))


class ChangedView(QStackedWidget):
    """Shows what `look` found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_preview")
        self.strip = _Strip()
        self.table = QTableWidget()
        self.table.setObjectName("augmentation_rows")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.addWidget(self.strip)
        self.addWidget(self.table)
        self._found: Changed | None = None
        theme.notifier().changed.connect(self._redraw)
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        self.strip.setAccessibleName(tr("Samples before and after augmentation"))
        self.table.setAccessibleName(tr("Samples before and after augmentation"))
        self.strip.update()

    def _redraw(self) -> None:
        self.display(self._found)

    def display(self, found: Changed | None) -> None:
        """Shows `found`; None empties the view."""
        self._found = found
        shown = self.table if found is not None and found.cells else self.strip
        self.setCurrentWidget(shown)
        self.strip.display(found)
        self._fill(found)
        self.setFixedHeight(shown.sizeHint().height() if shown is self.strip else self._table_height())

    def _fill(self, found: Changed | None) -> None:
        table = self.table
        table.clear()
        table.setRowCount(len(found.cells) if found else 0)
        table.setColumnCount(len(found.columns) if found else 0)
        if found is None:
            return
        table.setHorizontalHeaderLabels(list(found.columns))
        texts = len(found.columns) == 2 and found.columns == (tr("before"), tr("after"))
        stretch, fit = QHeaderView.ResizeMode.Stretch, QHeaderView.ResizeMode.ResizeToContents
        table.horizontalHeader().setSectionResizeMode(stretch if texts else fit)
        accent = QColor(theme.current().color("accent"))
        for r, row in enumerate(found.cells):
            for c, (text, changed) in enumerate(row):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if changed:
                    item.setForeground(accent)
                table.setItem(r, c, item)

    def _table_height(self) -> int:
        return self.table.horizontalHeader().sizeHint().height() + 24 * self.table.rowCount() + 4


class _Strip(QWidget):
    """Two rows of images, or a row of curves, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Changed | None = None
        self._images: list[list[QImage]] = [[], []]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def display(self, found: Changed | None) -> None:
        self._found = found
        self._images = [[image_of(p) for p in row] for row in ((found.before, found.after) if found else ())]
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = 2 if self._found is None or self._found.before else 1
        return QSize(HEAD + 8 * (SIDE + GAP), rows * (SIDE + GAP))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._found is None:
            return
        painter = QPainter(self)
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(theme.current().color("second"))
        if self._found.curves:
            self._paint_curves(painter)
            return
        side = self._side()
        for row, (title, images) in enumerate(zip((tr("before"), tr("after")), self._images, strict=False)):
            top = row * (side + GAP)
            middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
            painter.drawText(QRectF(0, top, HEAD - 4, side), middle, title)
            for place, image in enumerate(images[: self._room(side)]):
                painter.drawImage(QRectF(HEAD + place * (side + GAP), top, side, side), image)

    def _side(self) -> int:
        """The side of an image, so that LEAST of them have room."""
        return max(SMALLEST, min(SIDE, (self.width() - HEAD + GAP) // LEAST - GAP))

    def _room(self, side: int) -> int:
        return max(1, (self.width() - HEAD + GAP) // (side + GAP))

    def _paint_curves(self, painter: QPainter) -> None:
        """Each series before, thin, and after, in the colour of what is new."""
        assert self._found is not None
        colors, wide = theme.current(), 2 * SIDE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawText(QRectF(0, 0, HEAD - 4, SIDE / 2), tr("before"))
        painter.setPen(colors.color("accent"))
        painter.drawText(QRectF(0, SIDE / 2, HEAD - 4, SIDE / 2), tr("after"))
        for place, pair in enumerate(self._found.curves[: self._room(wide)]):
            values = [value for curve in pair for value in curve]
            low, span = min(values), (max(values) - min(values)) or 1.0
            for curve, name in zip(pair, ("second", "accent"), strict=True):
                painter.setPen(QPen(colors.color(name), 1))
                left, step = HEAD + place * (wide + GAP), wide / max(1, len(curve) - 1)
                points = QPolygonF()
                for i, value in enumerate(curve):
                    points.append(QPointF(left + i * step, 2 + (SIDE - 4) * (1 - (value - low) / span)))
                painter.drawPolyline(points)
