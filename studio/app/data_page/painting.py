"""The small drawings in the tables of the page: histograms, bars of classes, how much a column says."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from studio import quantities
from studio.app import theme

FIGURE = Qt.ItemDataRole.UserRole + 1
"""the role under which a model gives one of the drawings below"""
NUMBER_WIDTH = 44


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many samples lie in each interval, or have each value."""

    bins: tuple[int, ...]
    category: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """How much a column says of the target: from -1 to 1 if `signed`, else from 0 to 1."""

    value: float
    signed: bool


@dataclass(frozen=True, slots=True)
class Share:
    """How many samples train and validate, beside the largest number there is."""

    train: int
    validation: int
    most: int


class FigureDelegate(QStyledItemDelegate):
    """Draws the figure that a model gives for a cell; any other cell as it is."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        figure = index.data(FIGURE)
        area = QRectF(option.rect).adjusted(8, 4, -8, -4)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        match figure:
            case Histogram():
                _histogram(painter, area, figure)
            case Relation():
                _relation(painter, area, figure)
            case Share():
                _share(painter, area, figure)
        painter.restore()


def _histogram(painter: QPainter, area: QRectF, figure: Histogram) -> None:
    if not figure.bins:
        return
    colors = theme.current()
    painter.setBrush(colors.color("accent", 0.75))
    step = min(area.width() / len(figure.bins), 14.0 if figure.category else area.width())
    gap = 2.0 if figure.category else min(1.0, step / 4)
    most = max(figure.bins)
    for place, number in enumerate(figure.bins):
        if number:
            height = max(1.0, area.height() * number / most)
            painter.drawRect(QRectF(area.left() + place * step, area.bottom() - height, step - gap, height))
    painter.setBrush(colors.color("line"))
    painter.drawRect(QRectF(area.left(), area.bottom(), area.width(), 1.0))


def _relation(painter: QPainter, area: QRectF, figure: Relation) -> None:
    colors = theme.current()
    room = area.adjusted(0, 0, -NUMBER_WIDTH, 0)
    middle = room.center().x() if figure.signed else room.left()
    reach = (room.width() / 2 if figure.signed else room.width()) * min(1.0, abs(figure.value))
    left = middle - reach if figure.value < 0 else middle
    painter.setBrush(colors.color("warning" if figure.value < 0 else "accent", 0.75))
    painter.drawRect(QRectF(left, area.center().y() - 4, max(1.0, reach), 8))
    painter.setPen(QPen(colors.color("line"), 1))
    painter.drawLine(QPointF(middle, area.top() + 1), QPointF(middle, area.bottom() - 1))
    _number(painter, area, f"{figure.value:+.2f}" if figure.signed else f"{figure.value:.2f}")


def _share(painter: QPainter, area: QRectF, figure: Share) -> None:
    colors = theme.current()
    room = area.adjusted(0, 0, -NUMBER_WIDTH, 0)
    trained = room.width() * figure.train / max(1, figure.most)
    validated = room.width() * figure.validation / max(1, figure.most)
    bar = QRectF(room.left(), area.center().y() - 4, max(1.0, trained), 8)
    painter.setBrush(colors.color("accent", 0.75))
    painter.drawRect(bar)
    painter.setBrush(colors.color("good", 0.75))
    painter.drawRect(QRectF(bar.right(), bar.top(), validated, 8))
    _number(painter, area, quantities.count(figure.train + figure.validation))


def _number(painter: QPainter, area: QRectF, text: str) -> None:
    painter.setPen(theme.current().color("second"))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(area, right, text)
