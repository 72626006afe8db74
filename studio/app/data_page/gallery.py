"""Sample images in a grid with their labels below, as many rows as there are."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QListView, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.app import theme
from studio.insight.data_look.facts import Picture, Sample

SIDE, LABEL, GAP = 64, 18, 10
Index = QModelIndex | QPersistentModelIndex


class _Pictures(QAbstractListModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.samples: tuple[Sample, ...] = ()
        self._drawn: dict[int, QPixmap] = {}

    def display(self, samples: tuple[Sample, ...]) -> None:
        self.beginResetModel()
        self.samples, self._drawn = samples, {}
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.samples)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.samples[index.row()].label
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmap(index.row())
        return None

    def _pixmap(self, row: int) -> QPixmap | None:
        picture = self.samples[row].picture
        if picture is None:
            return None
        if row not in self._drawn:
            self._drawn[row] = QPixmap.fromImage(image(picture))
        return self._drawn[row]


class _Cells(QStyledItemDelegate):
    """A picture on whole multiples of its pixels, so that a small one stays sharp, and its label."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(SIDE + GAP, SIDE + LABEL + GAP // 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        cell: QRect = option.rect
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(pixmap, QPixmap):
            longest = max(pixmap.width(), pixmap.height(), 1)
            scale = SIDE // longest if longest <= SIDE else SIDE / longest
            width, height = round(pixmap.width() * scale), round(pixmap.height() * scale)
            left = cell.left() + (cell.width() - width) // 2
            painter.drawPixmap(QRect(left, cell.top() + (SIDE - height) // 2, width, height), pixmap)
        painter.setPen(theme.current().color("second"))
        area = QRect(cell.left(), cell.top() + SIDE, cell.width(), LABEL)
        label = painter.fontMetrics().elidedText(
            str(index.data() or ""), Qt.TextElideMode.ElideRight, area.width() - 2
        )
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, label)


class Gallery(QListView):
    """The pictures of `display`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("explore_gallery")
        self._pictures = _Pictures(self)
        self.setModel(self._pictures)
        self.setItemDelegate(_Cells(self))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QListView.SelectionMode.NoSelection)

    def display(self, samples: tuple[Sample, ...]) -> None:
        self._pictures.display(samples)


def image(picture: Picture) -> QImage:
    kind = QImage.Format.Format_RGB888 if picture.color else QImage.Format.Format_Grayscale8
    stride = picture.width * (3 if picture.color else 1)
    return QImage(picture.pixels, picture.width, picture.height, stride, kind).copy()
