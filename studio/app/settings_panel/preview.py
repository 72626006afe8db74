"""What the chosen data looks like: some samples, and how the classes are spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QHBoxLayout,
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
from studio.app.settings_panel.points import Point, PointsView
from studio.app.tasks import Ticket
from studio.words import tr

if TYPE_CHECKING:
    from torch import Tensor

    from studio.data.prepare import Prepared

IMAGES, ROWS, COLUMNS, POINTS = 40, 12, 14, 600
TINTS = (
    (1.0, 1.0, 1.0),
    (0.35, 0.7, 1.0),
    (1.0, 0.65, 0.2),
    (0.4, 0.9, 0.5),
    (0.95, 0.45, 0.8),
    (0.9, 0.9, 0.3),
)
"""what the pixels of a class are multiplied by, the first one being the background"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One sample as pixels: grey, or red, green, blue; one byte each, row by row."""

    width: int
    height: int
    color: bool
    pixels: bytes
    label: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Everything the panel shows, plain data made in a worker thread."""

    counts: tuple[int, int, int]
    classes: tuple[tuple[str, int], ...] = ()
    pictures: tuple[Picture, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    points: tuple[Point, ...] = ()
    target: str = ""
    """the name of what is predicted, where the file has one"""
    skipped: int = 0
    """faulty samples that were left out"""
    dropped: int = 0
    """samples that were left out as they were asked to"""


def read(ticket: Ticket, settings: Mapping[str, Any], base: Path | None, download: bool) -> Preview:
    """Reads the data and does the steps of preprocessing that `settings` lists. Raises DataError."""
    from studio.data.prepare import prepare

    ticket.check()
    prepared = prepare({**settings, "download": download}, base, watch=ticket.progress)
    ticket.check()
    reading = settings.get("reading")
    target = reading.get("target") if isinstance(reading, Mapping) else None
    return replace(
        _preview(prepared),
        target=str(target or ""),
        skipped=prepared.faults.count if prepared.faults else 0,
        dropped=prepared.dropped,
    )


def _preview(prepared: Prepared) -> Preview:
    import torch

    train = prepared.train
    counts = (len(train), len(prepared.validation), len(prepared.test))
    names = prepared.class_names if prepared.context.task != "dqn" else ()  # y are seeds, no actions
    classes: tuple[tuple[str, int], ...] = ()
    if prepared.context.task == "classification":
        numbers = torch.bincount(train.y.flatten(), minlength=len(names) or 1).tolist()
        classes = tuple((names[i] if i < len(names) else str(i), n) for i, n in enumerate(numbers))
    shape = prepared.context.whole.shape[1:]
    if len(shape) == 3 and shape[0] in (1, 3):
        x, y = train.inputs(slice(0, IMAGES)), train.y[:IMAGES]
        if prepared.context.task == "segmentation":
            x = _tinted(x, y)
        return Preview(counts, classes, _pictures(x, y, names))
    if shape == (2,) and classes:
        x, y = train.inputs(slice(0, POINTS)), train.y[:POINTS]
        points = tuple((float(a), float(b), int(c)) for (a, b), c in zip(x, y, strict=True))
        return Preview(counts, classes, points=points)
    if prepared.preprocessing.of_texts:
        return Preview(counts, classes, (), (tr("text"),), _texts(prepared))
    if len(shape) == 1:
        columns, rows = _table(train.inputs(slice(0, ROWS)), train.y, names, prepared.feature_names)
        return Preview(counts, classes, (), columns, rows)
    return Preview(counts, classes)


def _pictures(x: Tensor, y: Tensor, names: tuple[str, ...]) -> tuple[Picture, ...]:
    low, high = x.min(), x.max()
    bytes_ = ((x - low) / (high - low).clamp(min=1e-12) * 255).round().byte().movedim(1, -1).contiguous()
    return tuple(
        Picture(
            image.shape[1], image.shape[0], image.shape[2] == 3, image.numpy().tobytes(), _label(y[i], names)
        )
        for i, image in enumerate(bytes_)
    )


def _tinted(x: Tensor, y: Tensor) -> Tensor:
    """Images (N, C, H, W) in grey, each pixel of a class but the first in the colour of that class."""
    import torch

    x = x.mean(1, keepdim=True)
    x = (x - x.min()) / (x.max() - x.min()).clamp(min=1e-12)
    tints = torch.tensor(TINTS)[y % len(TINTS)].movedim(-1, 1)
    return x * tints


def _table(
    x: Tensor, y: Tensor, names: tuple[str, ...], features: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    width = min(x.shape[1], COLUMNS)
    heads = tuple(features[i] if i < len(features) else f"x{i}" for i in range(width))
    rows = tuple(
        (_label(y[i], names), *(quantities.significant(float(value)) for value in row[:width]))
        for i, row in enumerate(x)
    )
    return heads, rows


def _texts(prepared: Prepared) -> tuple[tuple[str, ...], ...]:
    """The first texts as the network reads them."""
    from studio.data.texts import words

    step, train = prepared.preprocessing.steps[0], prepared.train
    numbers = train.inputs(slice(0, ROWS)).tolist()
    labels = [_label(y, prepared.class_names) for y in train.y[:ROWS]]
    if prepared.context.task == "language":  # a text is its own target
        labels = [""] * len(labels)
    return tuple((label, words(step, row)) for label, row in zip(labels, numbers, strict=True))


def _label(value: Tensor, names: tuple[str, ...]) -> str:
    if value.dim() == 2:
        return ""  # a class for each pixel: what is there is seen
    if len(value) > 1 if value.dim() else False:
        return _several(value, names)
    number = value.flatten()[0].item()
    if isinstance(number, int):
        return names[number] if 0 <= number < len(names) else str(number)
    return quantities.significant(float(number))


def _several(values: Tensor, names: tuple[str, ...]) -> str:
    """Labels that are there, or numbers to predict."""
    if len(names) == len(values):
        return " ".join(name for name, there in zip(names, values, strict=True) if there) or "–"
    return "  ".join(quantities.significant(float(value)) for value in values)


class PreviewView(QWidget):
    """Samples on the left, the balance of the classes on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_preview")
        self._preview: Preview | None = None
        self.pictures = _Pictures()
        self.table = QTableWidget()
        self.table.setObjectName("data_rows")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(24)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.samples = QStackedWidget()
        self.samples.addWidget(self.pictures)
        self.samples.addWidget(self.table)
        self.points = PointsView()
        self.samples.addWidget(self.points)
        self.balance = _Balance()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        row.addWidget(self.samples, 1)
        row.addWidget(self.balance)
        theme.notifier().changed.connect(self.balance.update)
        theme.notifier().changed.connect(self.pictures.update)
        follow(self, self.retranslate)

    def retranslate(self) -> None:
        for view in (self.pictures, self.points):
            view.setAccessibleName(tr("Some samples with their classes"))
        self.table.setAccessibleName(tr("The first rows"))
        self.balance.setAccessibleName(tr("How many samples each class has"))
        if self._preview is not None:
            self._heads(self._preview)
        self.balance.update()

    def display(self, preview: Preview | None) -> None:
        """Shows `preview`; None empties the view."""
        self._preview = preview
        self.setVisible(preview is not None)
        if preview is None:
            return
        shown = self.table if preview.columns else self.points if preview.points else self.pictures
        self.samples.setCurrentWidget(shown)
        self.points.display(preview.points, tuple(name for name, _ in preview.classes))
        self.pictures.display(preview.pictures)
        self._rows(preview)
        self.balance.display(preview.classes)

    def _rows(self, preview: Preview) -> None:
        self.table.clear()
        self.table.setColumnCount(len(preview.columns) + 1 if preview.columns else 0)
        self.table.setRowCount(len(preview.rows))
        for r, row in enumerate(preview.rows):
            for c, text in enumerate(row):
                item = QTableWidgetItem(text)
                if c and preview.columns != (tr("text"),):
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(r, c, item)
        self._heads(preview)

    def _heads(self, preview: Preview) -> None:
        if preview.columns:
            first = preview.target or (tr("class") if preview.classes else tr("target"))
            if not any(row[0] for row in preview.rows):
                first = ""
            self.table.setHorizontalHeaderLabels([first, *preview.columns])


class _Pictures(QWidget):
    """Samples in a grid with their classes below them, as many as there is room for."""

    CELL_GAP, LABEL = 8, 16

    def __init__(self) -> None:
        super().__init__()
        self._images: list[tuple[QImage, str]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def display(self, pictures: tuple[Picture, ...]) -> None:
        self._images = [(image_of(picture), picture.label) for picture in pictures]
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._images:
            return
        painter = QPainter(self)
        colors = theme.current()
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(colors.color("second"))
        side = self._side()
        step_x, step_y = side + self.CELL_GAP, side + self.LABEL + self.CELL_GAP // 2
        columns = max(1, (self.width() + self.CELL_GAP) // step_x)
        rows = max(1, (self.height() + self.CELL_GAP // 2) // step_y)
        for place, (image, label) in enumerate(self._images[: columns * rows]):
            x, y = place % columns * step_x, place // columns * step_y
            painter.drawImage(QRectF(x, y, side, side), image)
            text = painter.fontMetrics().elidedText(
                label, Qt.TextElideMode.ElideRight, side + self.CELL_GAP - 2
            )
            area = QRectF(x - self.CELL_GAP / 2, y + side, side + self.CELL_GAP, self.LABEL)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _side(self) -> int:
        """The side of a picture: a whole multiple of its pixels where it is small, 56 at most."""
        width = max(1, self._images[0][0].width())
        return width * max(1, 56 // width) if width <= 56 else 56


class _Balance(QWidget):
    """A bar a class."""

    ROW, NAME, MOST = 18, 84, 12

    def __init__(self) -> None:
        super().__init__()
        self._classes: tuple[tuple[str, int], ...] = ()
        self.setFixedWidth(250)

    def display(self, classes: tuple[tuple[str, int], ...]) -> None:
        self._classes = classes
        self.setVisible(bool(classes))
        self.setToolTip("\n".join(f"{name}: {quantities.count(n)}" for name, n in classes))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(250, self.ROW * min(len(self._classes), self.MOST))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._classes:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = theme.current()
        font = QFont(self.font())
        font.setPixelSize(11)
        painter.setFont(font)
        most = max(1, max(n for _, n in self._classes))
        room = self.width() - self.NAME - 48
        shown = self._classes[: max(1, self.height() // self.ROW)]
        hidden = len(self._classes) - len(shown)
        if hidden:
            shown = shown[:-1]
        for place, (name, number) in enumerate(shown):
            top = place * self.ROW
            painter.setPen(colors.color("second"))
            text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, self.NAME - 8)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, self.NAME - 8, self.ROW), right, text)
            painter.setPen(QPen(Qt.PenStyle.NoPen))
            painter.setBrush(colors.color("accent", 0.75))
            painter.drawRoundedRect(
                QRectF(self.NAME, top + 4, max(2.0, room * number / most), self.ROW - 8), 3, 3
            )
            painter.setPen(colors.color("second"))
            at = QPointF(self.NAME + room * number / most + 6, top + self.ROW / 2 + 4)
            painter.drawText(at, quantities.count(number))
        if hidden:
            painter.drawText(
                QRectF(self.NAME, len(shown) * self.ROW, room, self.ROW),
                Qt.AlignmentFlag.AlignVCenter,
                tr("and {n} more classes", n=hidden + 1),
            )


def image_of(picture: Picture) -> QImage:
    kind = QImage.Format.Format_RGB888 if picture.color else QImage.Format.Format_Grayscale8
    stride = picture.width * (3 if picture.color else 1)
    return QImage(picture.pixels, picture.width, picture.height, stride, kind).copy()
